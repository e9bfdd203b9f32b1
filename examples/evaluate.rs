//! How good a segmentation is on the slices that nobody annotated; needs no LibTorch.
//!
//! `cargo run -p qunet-examples --no-default-features --example evaluate -- --help`

use std::path::PathBuf;

use clap::Parser;
use ndarray::{Array3, s};
use qunet::prelude::*;
use qunet::segmetrics::{Bootstrap, OverlapMetric};
use qunet::stack::phantom::CtPhantom;

/// Scores a segmentation against the truth: mean over slices with its 95 % interval, and pooled.
#[derive(Parser)]
struct Arguments {
    /// Image stack; default: a CT phantom whose lesions are moved a little.
    #[arg(long, value_name = "FILE|DIR", requires_all = ["prediction", "truth"])]
    stack: Option<PathBuf>,
    /// The segmentation.
    #[arg(long, value_name = "FILE|DIR", requires = "stack")]
    prediction: Option<PathBuf>,
    /// The truth.
    #[arg(long, value_name = "FILE|DIR", requires = "stack")]
    truth: Option<PathBuf>,
    /// Slices to leave out, since their truth was seen in training.
    #[arg(long, value_name = "SLICE,...", value_delimiter = ',')]
    annotated: Vec<SliceId>,
    #[command(flatten)]
    values: qunet_examples::MaskValues,
    #[command(flatten)]
    other_voxels: qunet_examples::OtherVoxels,
}

fn main() -> anyhow::Result<()> {
    qunet_examples::end_with_reader()?;
    let Arguments { stack, prediction, truth, annotated, values, other_voxels } =
        Arguments::parse();
    let (prediction, truth) = match (stack, prediction, truth) {
        (Some(stack), Some(prediction), Some(truth)) => {
            let stack = Stack::open(stack)?;
            let open = |path, values| other_voxels.open(path, &stack, values);
            (open(prediction, &values)?, open(truth, &values.of_truth())?)
        }
        _ => {
            let phantom = CtPhantom::default().generate()?;
            let known = phantom.truth.labels();
            let mut moved = Array3::zeros(known.dim());
            moved.slice_mut(s![.., 2.., ..]).assign(&known.slice(s![.., ..-2, ..]));
            (LabelMap::new(moved, "moved", &phantom.stack)?, phantom.truth)
        }
    };
    let mut counts = Vec::new();
    for id in (0..truth.labels().dim().0).map(SliceId).filter(|id| !annotated.contains(id)) {
        counts.push((id.0, ConfusionCounts::from_masks(&prediction.mask(id)?, &truth.mask(id)?)?));
    }
    let evaluation = Evaluation::new(counts, EmptyPolicy::Undefined);
    for metric in OverlapMetric::ALL {
        let values = evaluation.slices.iter().map(|slice| *slice.scores.get(metric));
        let mean = Bootstrap::default().mean(values)?;
        let mean = mean.map(|it| format!("{:.3} [{:.3}, {:.3}]", it.estimate, it.low, it.high));
        let pooled = evaluation.pooled.get(metric).map(|it| format!("{it:.3}"));
        let [mean, pooled] = [mean, pooled].map(|it| it.unwrap_or("undefined".to_owned()));
        println!("{metric}: mean over slices {mean}, pooled over pixels {pooled}");
    }
    Ok(())
}
