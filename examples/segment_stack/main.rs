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
    self, Event, Narrator, Observer, RecordedLabels, RunReport, run_baseline, run_two_steps,
};
use qunet::stack::phantom::CtPhantom;
use qunet::stack::{LabelMap, SliceId, Stack};
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
    let mut narrator = Narrator::new(io::stdout());
    let mut observer = |event: &Event<'_>| {
        narrator.event(event)?;
        if stop.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let mut annotator = RecordedLabels::new(&truth);
    let outcome = run_two_steps(&stack, &config, &mut annotator, &mut observer)?;
    let ids: Vec<SliceId> = stack.ids().collect();
    let chosen = qunet::select::random(&ids, outcome.annotated().len(), config.seed);
    let random = match arguments.no_comparison {
        true => None,
        false => Some(run_baseline(&stack, &config, &chosen, &mut annotator, &mut observer)?),
    };

    let report = RunReport::new(&stack, &config, &outcome).truth(&truth);
    let report = random.iter().fold(report, |report, it| report.beside("random", it));
    writeln!(out, "{}", report.scores()?)?;
    outcome.write(folder, &stack, &config)?;
    writeln!(out, "Report: {}", report.write(folder)?.display())?;
    Ok(())
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
        stack = stack.with_roi(roi)?;
    }
    let truth = LabelMap::open_binary(labels, &stack)?;
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
