//! The segmentation metrics by the name that a request gives them.

use anyhow::{Context, bail};
use ndarray::{ArrayD, ArrayRef, Axis, Dimension};
use qunet_segmetrics::{
    BoundaryOptions, ConfusionCounts, EmptyPolicy, OverlapMetric, SurfaceDistances,
};
use serde::Deserialize;

use crate::arrays::Array;
use crate::request::{Answer, Run};
use crate::timing::time;

/// What can be timed.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kernel {
    /// Precision, recall, Jaccard, Dice and accuracy of two masks.
    OverlapScores,
    /// HD95, ASSD and NSD of two masks.
    SurfaceDistances(Distances),
    /// The same of each pair of slices.
    SliceDistances(Distances),
}

/// How surface distances are summarised.
#[derive(Deserialize)]
pub(crate) struct Distances {
    hd95: Hd95,
    /// One length per axis.
    spacing: Vec<f64>,
    /// Of the NSD.
    tolerance: f64,
}

/// Which definition of HD95.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Hd95 {
    Pooled,
    MaxDirected,
}

/// Times a kernel on what it takes.
pub(crate) fn run(run: &Run, kernel: &Kernel, arrays: &[&Array]) -> anyhow::Result<Answer> {
    let (prediction, truth) = pair(arrays)?;
    match kernel {
        Kernel::OverlapScores => {
            let counts = || ConfusionCounts::from_masks(prediction, truth);
            time(run, || counts().map(five_metrics), |scores| scores.to_vec())
        }
        Kernel::SurfaceDistances(how) => {
            time(run, || distances(prediction, truth, how), |found| found.to_vec())
        }
        Kernel::SliceDistances(how) => time(
            run,
            || {
                let slices = prediction.axis_iter(Axis(0)).zip(truth.axis_iter(Axis(0)));
                slices.map(|(prediction, truth)| distances(&prediction, &truth, how)).collect()
            },
            |slices: &Vec<[Option<f64>; 3]>| slices.concat(),
        ),
    }
}

fn pair<'a>(arrays: &[&'a Array]) -> anyhow::Result<(&'a ArrayD<bool>, &'a ArrayD<bool>)> {
    let [prediction, truth] = arrays else {
        bail!("a kernel of segmentation metrics takes a prediction and a truth");
    };
    Ok((prediction.mask().context("prediction")?, truth.mask().context("truth")?))
}

fn five_metrics(counts: ConfusionCounts) -> [Option<f64>; 5] {
    OverlapMetric::ALL.map(|metric| metric.of(&counts, EmptyPolicy::Undefined))
}

fn distances<D: Dimension>(
    prediction: &ArrayRef<bool, D>,
    truth: &ArrayRef<bool, D>,
    how: &Distances,
) -> qunet_segmetrics::Result<[Option<f64>; 3]> {
    let options = BoundaryOptions::default();
    let found = SurfaceDistances::between(prediction, truth, &how.spacing, options)?;
    let hd95 = match how.hd95 {
        Hd95::Pooled => found.hausdorff_pooled(95.0),
        Hd95::MaxDirected => found.hausdorff_max_directed(95.0),
    };
    Ok([hd95?, found.assd(), found.surface_dice(how.tolerance, EmptyPolicy::Undefined)?])
}
