use ndarray::{Array3, Axis};
use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, Evaluation};
use qunet_stack::{LabelMap, SliceId, Stack};

use crate::Error;
use crate::annotator::Annotator;
use crate::config::TwoStepConfig;
use crate::event::{Observer, Stage};
use crate::learner::Learner;

/// The same network trained on other slices, for comparison.
#[derive(Debug)]
pub struct Baseline {
    /// The slices it was trained on.
    pub ids: Vec<SliceId>,
    /// Its segmentation, as in [`Outcome::labels`](crate::Outcome::labels).
    pub labels: Array3<u8>,
}

/// Trains a fresh network on the given slices alone, with the steps of both trainings of
/// [`run_two_steps`](crate::run_two_steps), and segments the rest: what the same effort gives with slices chosen some
/// other way.
///
/// # Errors
/// As [`run_two_steps`](crate::run_two_steps).
pub fn run_baseline(
    stack: &Stack,
    config: &TwoStepConfig,
    ids: &[SliceId],
    annotator: &mut dyn Annotator,
    observer: &mut dyn Observer,
) -> Result<Baseline, Error> {
    config.check()?;
    let mut learner = Learner::new(stack, config)?;
    learner.annotate(ids, Stage::Baseline, annotator, observer)?;
    learner.fit(&config.train, Stage::Baseline, observer)?;
    learner.fit(&config.fine_tune, Stage::Baseline, observer)?;
    Ok(Baseline { ids: ids.to_vec(), labels: learner.segment(observer)? })
}

/// Compares a segmentation with the truth on the given slices.
///
/// # Errors
/// [`Error::Stack`] for a slice past the end, [`Error::Metrics`] where the shapes differ.
pub fn evaluate(
    labels: &Array3<u8>,
    truth: &LabelMap,
    ids: &[SliceId],
) -> Result<Evaluation, Error> {
    let mut counts = Vec::with_capacity(ids.len());
    for &id in ids {
        let truth = truth.mask(id)?;
        let prediction = labels.index_axis(Axis(0), id.0).mapv(|label| label > 0);
        counts.push((id.0, ConfusionCounts::from_masks(&prediction, &truth)?));
    }
    Ok(Evaluation::new(counts, EmptyPolicy::Undefined))
}
