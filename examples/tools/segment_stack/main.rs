//! Both steps of QU-net++ on a stack, from pixels to a page one can look at.

mod arguments;

use std::fs;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, bail};
use clap::Parser;
use qunet::campaign::{
    self, CampaignReport, Event, Narrator, Observer, ProgressBars, RecordedLabels, run_rounds,
    run_two_steps,
};
use qunet::select::StrategyConfig;
use qunet::stack::phantom::CtPhantom;
use qunet::stack::{LabelMap, Stack};
use signal_hook::consts::{SIGINT, SIGTERM};

use arguments::Arguments;

fn main() -> ExitCode {
    let _ = qunet::model::keep_freed_memory();
    match run(&Arguments::parse(), &mut io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            let interrupted = matches!(error.downcast_ref(), Some(campaign::Error::Interrupted));
            if interrupted { ExitCode::from(130) } else { ExitCode::FAILURE }
        }
    }
}

fn run(arguments: &Arguments, out: &mut impl Write) -> anyhow::Result<()> {
    qunet_examples::end_with_reader()?;
    let config = arguments.config();
    config.check()?;
    let (stack, truth) = input(arguments)?;
    // Fails now where nothing can be written, not after the training.
    let folder = &arguments.out;
    fs::create_dir_all(folder)
        .and_then(|()| tempfile::tempfile_in(folder))
        .with_context(|| format!("cannot write results to {}", folder.display()))?;
    let [slices, height, width] = stack.shape();
    writeln!(out, "{}: {slices} slices of {height} x {width} pixels", stack.name())?;

    let stop = interrupt()?;
    let mut annotator = RecordedLabels::new(&truth);
    let mut narrator = Narrator::new(io::stdout());
    let observer = &mut stoppable(&mut narrator, &stop);
    let outcome = run_two_steps(&stack, &config, &mut annotator, observer)?;
    let mut report = CampaignReport::new(&outcome).truth(&[&truth]);
    if !arguments.no_comparison {
        let baselines = [
            ("random", StrategyConfig::Random {}),
            ("evenly spaced", StrategyConfig::EvenlySpaced {}),
        ];
        for (name, strategy) in baselines {
            writeln!(out, "For comparison: as many {name} slices, annotated at once")?;
            let (config, mut bars) = (config.single_round(strategy), ProgressBars::default());
            let observer = &mut stoppable(&mut bars, &stop);
            let other = run_rounds(&[&stack], &config, &mut annotator, observer)?;
            report = report.beside(name, &other)?;
        }
    }
    writeln!(out, "{}", report.scores()?)?;
    outcome.write(folder)?;
    writeln!(out, "Report: {}", report.write(folder)?.display())?;
    Ok(())
}

/// An observer that ends the run after the epoch or batch at hand, once the flag is up.
fn stoppable<'a>(
    inner: &'a mut dyn Observer<Event>,
    stop: &'a AtomicBool,
) -> impl FnMut(&Event) -> ControlFlow<()> + 'a {
    move |event| {
        inner.notify(event)?;
        match stop.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}

/// The stack and the labels that stand in for its annotator: files, or a phantom.
fn input(arguments: &Arguments) -> anyhow::Result<(Stack, LabelMap)> {
    let Some(path) = &arguments.stack else {
        let phantom = CtPhantom { seed: arguments.seed, ..CtPhantom::default() }.generate()?;
        return Ok((phantom.stack, phantom.truth));
    };
    let (images, masks) = subfolders(path);
    let Some(labels) = arguments.labels.clone().or(masks) else {
        bail!(
            "--stack needs --labels, which stand in for the annotator; to choose slices without \
             labels, run the example select_initial"
        );
    };
    let mut stack = Stack::open(images)?;
    if let Some(roi) = &arguments.roi {
        stack = arguments.other_voxels.with_roi(stack, roi)?;
    }
    let truth = arguments.other_voxels.open(labels, &stack, &arguments.values)?;
    Ok((stack, truth))
}

/// The slices of a folder that keeps images and masks apart, and the masks if it has them; any
/// other path as it is.
fn subfolders(stack: &Path) -> (PathBuf, Option<PathBuf>) {
    let images = stack.join("images");
    if !images.is_dir() {
        return (stack.to_owned(), None);
    }
    let masks = ["masks", "labels"].map(|name| stack.join(name));
    (images, masks.into_iter().find(|folder| folder.is_dir()))
}

/// The flag that Ctrl-C raises, to stop after the epoch or batch at hand; the second one stops at
/// once, without clearing up under LibTorch, which is still at work.
fn interrupt() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))?;
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}
