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

impl Score {
    /// Of these slices together.
    pub(crate) fn of(counts: impl Iterator<Item = ConfusionCounts>) -> Self {
        let evaluation = Evaluation::new(counts.enumerate(), EmptyPolicy::Undefined);
        Self {
            mean: evaluation.over_slices.dice.mean,
            lesion: evaluation.over_lesion_slices().dice.mean,
            pooled: evaluation.pooled.dice,
            false_healthy: evaluation.false_healthy().0,
        }
    }
}

/// What was found of the slices of a stack that are not drawn, beside the truth.
pub(crate) fn counts(
    stack: usize,
    labels: &Array3<u8>,
    truth: &LabelMap,
    drawn: &BTreeSet<CandidateId>,
) -> anyhow::Result<Vec<(CandidateId, ConfusionCounts)>> {
    let all = (0..labels.len_of(Axis(0))).map(|slice| CandidateId { stack, slice: SliceId(slice) });
    let count = |id: CandidateId| {
        let found = labels.index_axis(Axis(0), id.slice.0).mapv(|label| label > 0);
        Ok((id, ConfusionCounts::from_masks(&found, &truth.mask(id.slice)?)?))
    };
    all.filter(|id| !drawn.contains(id)).map(count).collect()
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
