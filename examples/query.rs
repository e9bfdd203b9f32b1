//! Step 2 alone: which slices a trained network has not learnt, by any strategy.
//!
//! `cargo run -p qunet-examples --example query -- --model trained/model.safetensors --stack ct.nii.gz`

use clap::Parser;
use ndarray::Axis;
use qunet::prelude::*;
use qunet::select::{AgreementParams, AgreementRecord, Maps, Uncertainty};
use qunet::stack::phantom::CtPhantom;

/// Asks a trained network which slices to annotate next.
#[derive(Parser)]
struct Arguments {
    /// Weights that the example `train` wrote.
    #[arg(long, value_name = "FILE", default_value = "trained/model.safetensors")]
    model: std::path::PathBuf,
    /// Image stack; default: a CT phantom.
    #[arg(long, value_name = "FILE|DIR")]
    stack: Option<std::path::PathBuf>,
    /// Slices that are annotated already.
    #[arg(long, value_name = "SLICE,...", value_delimiter = ',')]
    annotated: Vec<SliceId>,
    /// How many slices to ask for.
    #[arg(long, value_name = "N", default_value_t = 5)]
    count: usize,
    /// Name of a strategy; an unknown one lists them all.
    #[arg(long, value_name = "NAME", default_value = "head_disagreement")]
    strategy: StrategyConfig,
    /// Side at which the network was trained.
    #[arg(long, value_name = "PIXELS", default_value_t = 96)]
    size: usize,
}

fn main() -> anyhow::Result<()> {
    let _ = qunet::model::keep_freed_memory();
    qunet_examples::end_with_reader()?;
    let Arguments { model, stack, annotated, count, strategy, size } = Arguments::parse();
    let phantom = CtPhantom { seed: 1, ..CtPhantom::default() };
    let stack = stack.map_or_else(|| Ok(phantom.generate()?.stack), Stack::open)?;
    let image = |id| stack.scaled_slice(id, &Scaling::StackMinMax);
    let images = stack.ids().map(image).collect::<Result<Vec<_>, _>>()?;
    let network = Network::open(model, Device::cuda_if_available())?;
    let predictor = Predictor::new(&network, (size, size), 4)?;
    let (mut agreement, mut uncertainty) = (Vec::new(), Vec::new());
    for (id, maps) in stack.ids().zip(predictor.heads(&images)?) {
        let [level3, level4] = maps.last_two()?.map(|head| head.foreground.view());
        uncertainty.push(Uncertainty::from_maps(id, &[level4.insert_axis(Axis(0))])?);
        let (maps, params) = (Maps::Pair { level3, level4 }, AgreementParams::default());
        agreement.push(AgreementRecord::from_maps(id, &maps, 0.5, &params)?);
    }
    let pool = Pool::of_stack(stack.slices())?
        .with_annotated(annotated)?
        .with_quality(0, &score_stack(&stack, &Scaling::StackMinMax, &QualityParams::default())?)?
        .with_agreement(&agreement)?
        .with_uncertainty(&uncertainty)?
        .with_features(&predictor.features(&images)?)?;
    strategy.select(&pool, &Request::new(count, 0))?.picks().iter().for_each(|it| println!("{it}"));
    Ok(())
}
