//! Step 2 alone: which slices a trained network has not learnt, ranked by a strategy of one's choice.
//!
//! `cargo run -p qunet-examples --example query -- --model trained/model.safetensors --stack ct.nii.gz`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use ndarray::Axis;
use qunet::model::PredictConfig;
use qunet::model::Sizing;
use qunet::prelude::*;
use qunet::select::{Pool, StrategyConfig, Uncertainty};
use qunet::stack::phantom::CtPhantom;

/// Asks a trained network which slices to annotate next.
#[derive(Parser)]
struct Arguments {
    /// Weights that the example `train` wrote.
    #[arg(long, value_name = "FILE", default_value = "trained/model.safetensors")]
    model: PathBuf,
    /// Image stack; default: a CT phantom.
    #[arg(long, value_name = "FILE|DIR")]
    stack: Option<PathBuf>,
    /// Slices that are annotated already.
    #[arg(long, value_name = "SLICE,...", value_delimiter = ',')]
    annotated: Vec<SliceId>,
    /// How many slices to ask for.
    #[arg(long, value_name = "N", default_value_t = 5)]
    count: usize,
    /// The strategy as in configuration files: its name, or JSON with its settings.
    #[arg(long, value_name = "NAME|JSON", default_value = "disagreement", value_parser = strategy)]
    strategy: StrategyConfig,
    /// Side at which the network was trained.
    #[arg(long, value_name = "PIXELS", default_value_t = 96)]
    size: usize,
    /// Seeds strategies that draw.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where the selection goes as JSON.
    #[arg(long, value_name = "FILE.json")]
    json: Option<PathBuf>,
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
    let stack = match &arguments.stack {
        None => CtPhantom { seed: 1, ..CtPhantom::default() }.generate()?.stack,
        Some(path) => Stack::open(path)?,
    };
    let network = UnetPlusPlus::open(&arguments.model, Device::cuda_if_available())?;
    let sizing = Sizing::Resize { height: arguments.size, width: arguments.size };
    let predictor =
        Predictor::with(&network, PredictConfig { sizing, ..PredictConfig::default() })?;

    let ids: Vec<SliceId> = stack.ids().collect();
    let mut images = Vec::with_capacity(ids.len());
    for &id in &ids {
        images.push(stack.scaled_slice(id, &Scaling::StackMinMax)?);
    }
    let mut heads = DisagreementSelection::params().start()?;
    let mut uncertainty = Vec::with_capacity(ids.len());
    for found in predictor.stream(ids.iter().copied().zip(images.iter().cloned())) {
        let (id, maps) = found?;
        let (level3, level4) = maps.level(3).zip(maps.level(4)).context("no heads L3 and L4")?;
        heads.observe(id, level3, level4)?;
        uncertainty.push(Uncertainty::of_maps(id, &[level4.view().insert_axis(Axis(0))])?);
    }
    let agreement = heads.finish().records;
    let records = score_stack(&stack, &Scaling::StackMinMax, &QualityParams::default())?;
    let pool = Pool::of_stack(stack.slices())?
        .with_annotated(arguments.annotated.iter().copied())?
        .with_quality(0, &records)?
        .with_agreement(agreement.iter().map(|record| (0, record)))?
        .with_uncertainty(&uncertainty)?
        .with_features(&predictor.features(&images)?)?;
    let selection = arguments.strategy.select(&pool, arguments.count, arguments.seed)?;
    println!("{} asks for {} slices:", selection.strategy, selection.picks.len());
    for pick in &selection.picks {
        println!("  {pick}");
    }
    if let Some(path) = &arguments.json {
        qunet::stack::write_file(path, &serde_json::to_vec_pretty(&selection)?)?;
        println!("selection: {}", path.display());
    }
    Ok(())
}

fn strategy(text: &str) -> Result<StrategyConfig, serde_json::Error> {
    let json = if text.starts_with('{') { text } else { &format!(r#"{{"strategy": "{text}"}}"#) };
    serde_json::from_str(json)
}
