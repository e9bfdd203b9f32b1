//! How good a segmentation is on slices that nobody drew.

use std::collections::BTreeSet;

use ndarray::{Array3, Axis};
use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, Evaluation};
use qunet_select::CandidateId;
use qunet_stack::{LabelMap, SliceId};
use serde::{Deserialize, Serialize};

/// Scores over some slices of all stacks of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Score {
    /// Mean Dice; slices without lesion and without anything found are left out.
    pub(crate) mean: Option<f64>,
    /// Mean Dice of the slices with lesion.
    pub(crate) lesion: Option<f64>,
    /// Dice of all pixels together.
    pub(crate) pooled: Option<f64>,
    /// Slices without lesion on which something is found.
    pub(crate) false_healthy: usize,
}

/// Scores the slices for which `wanted` holds.
pub(crate) fn score(
    labels: &[Array3<u8>],
    truths: &[LabelMap],
    wanted: impl Fn(CandidateId) -> bool,
) -> anyhow::Result<Score> {
    let mut counts = Vec::new();
    for (stack, (labels, truth)) in labels.iter().zip(truths).enumerate() {
        for slice in (0..labels.len_of(Axis(0))).map(SliceId) {
            if wanted(CandidateId { stack, slice }) {
                let found = labels.index_axis(Axis(0), slice.0).mapv(|label| label > 0);
                let found = ConfusionCounts::from_masks(&found, &truth.mask(slice)?)?;
                counts.push((counts.len(), found));
            }
        }
    }
    let evaluation = Evaluation::new(counts, EmptyPolicy::Undefined);
    Ok(Score {
        mean: evaluation.over_slices.dice.mean,
        lesion: evaluation.over_lesion_slices().dice.mean,
        pooled: evaluation.pooled.dice,
        false_healthy: evaluation.false_healthy().0,
    })
}

/// The longest run of neighbouring slices among those drawn.
pub(crate) fn longest_run(drawn: &BTreeSet<CandidateId>) -> usize {
    let (mut longest, mut run) = (0, 0);
    let mut before: Option<CandidateId> = None;
    for &id in drawn {
        let follows = before
            .is_some_and(|before| before.stack == id.stack && before.slice.0 + 1 == id.slice.0);
        run = if follows { run + 1 } else { 1 };
        longest = longest.max(run);
        before = Some(id);
    }
    longest
}
