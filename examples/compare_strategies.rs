//! Strategies at equal budget: each runs a campaign of its own on the same stack, with every seed.
//!
//! `cargo run --release -p qunet-examples --example compare_strategies -- --stack ct.nii.gz --truth lesions.nii.gz`

use clap::Parser;
use qunet::campaign::Silent;
use qunet::prelude::*;
use qunet::segmetrics::Bootstrap;
use qunet::select::Column;
use qunet::stack::phantom::CtPhantom;

/// Dice on the slices that a strategy did not ask for.
#[derive(Parser)]
struct Arguments {
    /// Image stack; default: a CT phantom.
    #[arg(long, value_name = "FILE|DIR", requires = "truth")]
    stack: Option<std::path::PathBuf>,
    /// Its lesions, which stand in for the annotator.
    #[arg(long, value_name = "FILE|DIR", requires = "stack")]
    truth: Option<std::path::PathBuf>,
    /// Strategies of all rounds but the first, which goes by image quality; default: all.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    strategies: Vec<StrategyConfig>,
    /// Seeds of each strategy.
    #[arg(long, value_name = "N", default_value_t = 3)]
    seeds: u64,
    /// Epochs of the first training; later ones take half as many.
    #[arg(long, value_name = "N", default_value_t = 30)]
    epochs: usize,
    /// Side of the slices in the network, a multiple of 16.
    #[arg(long, value_name = "PIXELS", default_value_t = 96)]
    size: usize,
    #[command(flatten)]
    values: qunet_examples::MaskValues,
    #[command(flatten)]
    other_voxels: qunet_examples::OtherVoxels,
}

fn main() -> anyhow::Result<()> {
    let _ = qunet::model::keep_freed_memory();
    qunet_examples::end_with_reader()?;
    let Arguments { stack, truth, strategies, seeds, epochs, size, values, other_voxels } =
        Arguments::parse();
    let phantom = CtPhantom::default().generate()?;
    let stack = stack.map_or(Ok(phantom.stack), Stack::open)?;
    let truth = truth.map_or(Ok(phantom.truth), |path| other_voxels.open(path, &stack, &values))?;
    let strategies = if strategies.is_empty() { StrategyConfig::every() } else { strategies };
    for later in strategies {
        let mut dice = Vec::new();
        for seed in 0..seeds {
            let mut config = CampaignConfig { later: later.clone(), seed, ..Default::default() };
            let samples = later.needs().contains(&Column::Bald);
            (config.input.size, config.prediction.monte_carlo) =
                (size, if samples { 8 } else { 0 });
            (config.train.epochs, config.fine_tune.epochs) = (epochs, epochs.div_ceil(2));
            let annotator = &mut RecordedLabels::new(&truth);
            let campaign = run_rounds(&[&stack], &config, annotator, &mut Silent)?;
            dice.push(CampaignReport::new(&campaign).truth(&[&truth]).scores()?.dice());
        }
        let mean = Bootstrap::default().mean(dice)?;
        let mean = mean.map(|it| format!("{:.3} [{:.3}, {:.3}]", it.estimate, it.low, it.high));
        println!("{:<20} mean Dice {}", later.name(), mean.as_deref().unwrap_or("undefined"));
    }
    Ok(())
}
