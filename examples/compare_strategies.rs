//! Strategies at equal budget: each runs a campaign of its own on the same stack, with every seed.
//!
//! `cargo run --release -p qunet-examples --example compare_strategies -- --stack ct.nii.gz --truth lesions.nii.gz`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use qunet::campaign::{Campaign, CampaignConfig, Masks, Next, Silent, StackSource, evaluate};
use qunet::prelude::*;
use qunet::segmetrics::Bootstrap;
use qunet::select::StrategyConfig;
use qunet::stack::phantom::CtPhantom;

/// Dice on the slices that a strategy did not ask for, and what their annotation cost.
#[derive(Parser)]
struct Arguments {
    /// Image stack; default: a CT phantom.
    #[arg(long, value_name = "FILE|DIR", requires = "truth")]
    stack: Option<PathBuf>,
    /// Its lesions, which stand in for the annotator.
    #[arg(long, value_name = "FILE|DIR", requires = "stack")]
    truth: Option<PathBuf>,
    /// Names of strategies; default: all. The first slices are chosen by quality.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    strategies: Vec<String>,
    /// Share of the slices that may be annotated.
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    budget: f64,
    /// Seeds of each strategy.
    #[arg(long, value_name = "N", default_value_t = 3)]
    seeds: u64,
    /// Epochs of the first training; later ones take half as many.
    #[arg(long, value_name = "N", default_value_t = 30)]
    epochs: usize,
    /// Side of the slices in the network, a multiple of 16.
    #[arg(long, value_name = "PIXELS", default_value_t = 96)]
    size: usize,
}

fn main() -> ExitCode {
    let _ = qunet::model::keep_freed_memory();
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (image, truth) = match (&arguments.stack, &arguments.truth) {
        (Some(image), Some(truth)) => (image.clone(), truth.clone()),
        _ => phantom(folder.path())?,
    };
    println!("strategy            mean Dice on the slices it left [95 % over seeds]   foreground");
    for strategy in StrategyConfig::every() {
        let name = strategy.strategy().name().to_owned();
        if !arguments.strategies.is_empty() && !arguments.strategies.contains(&name) {
            continue;
        }
        let (mut dice, mut foreground) = (Vec::new(), 0);
        for seed in 0..arguments.seeds {
            let mut config = CampaignConfig { strategy: strategy.clone(), ..Default::default() };
            config.monte_carlo = if name.contains("bald") { 8 } else { 0 };
            (config.steps.budget, config.steps.size) = (arguments.budget, arguments.size);
            config.steps.train.epochs = arguments.epochs;
            config.steps.fine_tune.epochs = arguments.epochs.div_ceil(2);
            let campaign = folder.path().join(format!("{name}-{seed}"));
            let (score, pixels) = campaign_of(&campaign, &config.with_seed(seed), &image, &truth)?;
            dice.push(score);
            foreground += pixels / arguments.seeds;
        }
        let interval = Bootstrap::default().mean(dice.iter().copied())?;
        let interval = interval.map_or("undefined".to_owned(), |found| {
            format!("{:.3} [{:.3}, {:.3}]", found.estimate, found.low, found.high)
        });
        println!("{name:<20}{interval:<44}{foreground:>10} pixels");
    }
    Ok(())
}

/// Mean Dice on the slices that were not annotated, and foreground that was.
fn campaign_of(
    folder: &Path,
    config: &CampaignConfig,
    image: &Path,
    truth: &Path,
) -> anyhow::Result<(Option<f64>, u64)> {
    let source = StackSource::new(image).named("stack");
    let mut campaign = Campaign::create(folder, config, &[source])?;
    let masks = Masks::default().stack("stack", truth).accept_empty(true).binary(true);
    while let Next::Annotate { .. } = campaign.go(&mut Silent)? {
        campaign.ingest(&masks)?;
    }
    let record = &campaign.manifest().stacks[0];
    let stack = campaign.open_stack(record)?;
    let labels = LabelMap::open_binary(folder.join("segmentations/stack.nii.gz"), &stack)?;
    let truth = LabelMap::open_binary(truth, &stack)?;
    let evaluation = evaluate(labels.labels(), &truth, &record.open_slices())?;
    Ok((evaluation.over_slices.dice.mean, record.foreground))
}

fn phantom(folder: &Path) -> anyhow::Result<(PathBuf, PathBuf)> {
    let phantom = CtPhantom::default().generate()?;
    let paths = (folder.join("phantom.nii.gz"), folder.join("truth.nii.gz"));
    phantom.stack.write(&paths.0)?;
    phantom.stack.write_labels(&paths.1, phantom.truth.labels())?;
    Ok(paths)
}
