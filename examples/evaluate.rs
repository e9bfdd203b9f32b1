//! How good a segmentation is on the slices that nobody annotated; needs no LibTorch.
//!
//! `cargo run -p qunet-examples --no-default-features --example evaluate -- --stack ct.nii.gz --prediction
//! segmentation.nii.gz --truth lesions.nii.gz --annotated 3,9,17`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use ndarray::{Array3, s};
use qunet::prelude::*;
use qunet::report::{OverlayRow, best_median_worst, overlay_figure};
use qunet::segmetrics::{Bootstrap, OverlapMetric};
use qunet::stack::phantom::CtPhantom;

/// Scores a segmentation against the truth, mean over slices and pooled, with intervals.
#[derive(Parser)]
struct Arguments {
    /// Image stack; default: a CT phantom whose lesions are moved a little.
    #[arg(long, value_name = "FILE|DIR", requires = "prediction", requires = "truth")]
    stack: Option<PathBuf>,
    /// The segmentation; every value above 0 is lesion.
    #[arg(long, value_name = "FILE|DIR", requires = "stack")]
    prediction: Option<PathBuf>,
    /// The truth; every value above 0 is lesion.
    #[arg(long, value_name = "FILE|DIR", requires = "stack")]
    truth: Option<PathBuf>,
    /// Slices to leave out, for their truth was seen in training.
    #[arg(long, value_name = "SLICE,...", value_delimiter = ',')]
    annotated: Vec<SliceId>,
    /// Picture of the best, the median and the worst slice.
    #[arg(long, value_name = "FILE.svg")]
    picture: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), qunet::Error> {
    let (stack, prediction, truth) = input(arguments)?;
    let rest: Vec<SliceId> = stack.ids().filter(|id| !arguments.annotated.contains(id)).collect();
    let mut counts = Vec::with_capacity(rest.len());
    for &id in &rest {
        let masks = (prediction.mask(id)?, truth.mask(id)?);
        counts.push((id.0, ConfusionCounts::from_masks(&masks.0, &masks.1)?));
    }
    let evaluation = Evaluation::new(counts, EmptyPolicy::Undefined);
    println!("{} slices nobody annotated, of {}", rest.len(), stack.slices());
    println!("metric         mean over slices [95 %]      pooled   undefined slices");
    for metric in OverlapMetric::ALL {
        let (name, summary) = (metric.to_string(), evaluation.over_slices.get(metric));
        let undefined = summary.undefined;
        let values = evaluation.slices.iter().map(|slice| *slice.scores.get(metric));
        let interval = match Bootstrap::default().mean(values)? {
            Some(interval) => format!("[{:.3}, {:.3}]", interval.low, interval.high),
            None => "-".to_owned(),
        };
        let show = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
        let (mean, pooled) = (show(summary.mean), show(*evaluation.pooled.get(metric)));
        println!("{name:<14} {mean:>6} {interval:<20} {pooled:>6}   {undefined}");
    }
    match &arguments.picture {
        Some(path) => draw(path, &stack, &prediction, &truth, &evaluation),
        None => Ok(()),
    }
}

fn input(arguments: &Arguments) -> Result<(Stack, LabelMap, LabelMap), qunet::Error> {
    if let (Some(stack), Some(prediction), Some(truth)) =
        (&arguments.stack, &arguments.prediction, &arguments.truth)
    {
        let stack = Stack::open(stack)?;
        let prediction = LabelMap::open_binary(prediction, &stack)?;
        let truth = LabelMap::open_binary(truth, &stack)?;
        return Ok((stack, prediction, truth));
    }
    let phantom = CtPhantom::default().generate()?;
    let truth = phantom.truth.labels();
    let mut moved = Array3::zeros(truth.dim());
    moved.slice_mut(s![.., 2.., 1..]).assign(&truth.slice(s![.., ..-2, ..-1]));
    let moved = LabelMap::new(moved, "moved", &phantom.stack)?;
    Ok((phantom.stack, moved, phantom.truth))
}

fn draw(
    path: &PathBuf,
    stack: &Stack,
    prediction: &LabelMap,
    truth: &LabelMap,
    evaluation: &Evaluation,
) -> Result<(), qunet::Error> {
    let dice: Vec<_> =
        evaluation.slices.iter().map(|it| (SliceId(it.slice), it.scores.dice)).collect();
    let mut cases = Vec::new();
    for case in best_median_worst(&dice) {
        let image = stack.scaled_slice(case.id, &Scaling::StackMinMax)?;
        cases.push((image, prediction.mask(case.id)?, truth.mask(case.id)?, case));
    }
    let rows: Vec<OverlayRow<'_>> = cases
        .iter()
        .map(|(image, prediction, truth, case)| OverlayRow {
            id: case.id,
            label: case.label.to_owned(),
            image,
            truth,
            prediction,
            dice: Some(case.dice),
        })
        .collect();
    Ok(overlay_figure(&rows)?.write_to(path)?)
}
