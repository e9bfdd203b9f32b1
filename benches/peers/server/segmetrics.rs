//! The segmentation metrics by the name that a request gives them.

use anyhow::{Context, bail};
use ndarray::{ArrayD, ArrayRef, Axis, Dimension};
use qunet_segmetrics::{
    BoundaryOptions, ConfusionCounts, Connectivity, EmptyPolicy, Objects, OverlapMetric,
    SurfaceDistances, SurfaceElementDistances,
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
    /// The connected components of one mask, as an array of their numbers; the value is their count.
    LabelObjects,
}

/// How surface distances are summarised.
#[derive(Deserialize)]
pub(crate) struct Distances {
    definition: Definition,
    /// One length per axis.
    spacing: Vec<f64>,
    /// Of the NSD.
    tolerance: f64,
}

/// What a surface is made of, and how HD95 is read from its two directions.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Definition {
    /// Pixels; the percentile of both directions together.
    Pooled,
    /// Pixels; the larger of the two directed percentiles.
    MaxDirected,
    /// Elements between pixels, weighted by their size; the mean of the two directed means for ASSD.
    Elements,
}

/// Times a kernel on what it takes.
pub(crate) fn run(run: &Run, kernel: &Kernel, arrays: &[&Array]) -> anyhow::Result<Answer> {
    match kernel {
        Kernel::OverlapScores => {
            let (prediction, truth) = pair(arrays)?;
            let counts = || ConfusionCounts::from_masks(prediction, truth);
            time(run, || counts().map(five_metrics), |scores| scores.to_vec())
        }
        Kernel::SurfaceDistances(how) => {
            let (prediction, truth) = pair(arrays)?;
            time(run, || distances(prediction, truth, how), |found| found.to_vec())
        }
        Kernel::SliceDistances(how) => {
            let (prediction, truth) = pair(arrays)?;
            let all = || slice_distances(prediction, truth, how);
            time(run, all, |slices| slices.concat())
        }
        Kernel::LabelObjects => {
            let [mask] = arrays else { bail!("objects are found in one mask") };
            label_objects(run, mask.mask()?)
        }
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
    let Distances { definition, spacing, tolerance } = how;
    let policy = EmptyPolicy::Undefined;
    if let Definition::Elements = definition {
        let found = SurfaceElementDistances::between(prediction, truth, spacing)?;
        let surface_dice = found.surface_dice(*tolerance, policy)?;
        return Ok([found.robust_hausdorff(95.0)?, found.masd(), surface_dice]);
    }
    let options = BoundaryOptions::default();
    let found = SurfaceDistances::between(prediction, truth, spacing, options)?;
    let hd95 = match definition {
        Definition::Pooled => found.hausdorff_pooled(95.0),
        _ => found.hausdorff_max_directed(95.0),
    };
    Ok([hd95?, found.assd(), found.surface_dice(*tolerance, policy)?])
}

fn slice_distances(
    prediction: &ArrayD<bool>,
    truth: &ArrayD<bool>,
    how: &Distances,
) -> qunet_segmetrics::Result<Vec<[Option<f64>; 3]>> {
    let slices = prediction.axis_iter(Axis(0)).zip(truth.axis_iter(Axis(0)));
    slices.map(|(prediction, truth)| distances(&prediction, &truth, how)).collect()
}

fn label_objects(run: &Run, mask: &ArrayD<bool>) -> anyhow::Result<Answer> {
    let label = || {
        let objects = Objects::from_mask(mask, Connectivity::Full)?;
        anyhow::Ok((objects.labels(), objects.count()))
    };
    time(run, label, |(_, count)| vec![Some(*count as f64)])
}
