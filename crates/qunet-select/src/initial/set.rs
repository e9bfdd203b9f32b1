use qunet_quality::QualityRecord;
use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

use super::{InitialParams, Limits, SliceVerdict, Verdict};
use crate::CandidateId;

/// The quality records of one stack.
///
/// ```
/// use qunet_select::StackRecords;
///
/// let stack = StackRecords::new(&[]).spacing(1.5);
/// assert_eq!(stack.slice_spacing, Some(1.5));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct StackRecords<'a> {
    /// One record per slice, in any order.
    pub records: &'a [QualityRecord],
    /// Distance between slices that follow each other, in millimetres; needed for
    /// [`Gap::Millimetres`](crate::Gap::Millimetres).
    pub slice_spacing: Option<f64>,
}

impl<'a> StackRecords<'a> {
    /// Records of a stack whose spacing is not needed.
    #[must_use]
    pub fn new(records: &'a [QualityRecord]) -> Self {
        Self { records, slice_spacing: None }
    }

    /// Sets the distance between slices, in millimetres.
    #[must_use]
    pub fn spacing(self, millimetres: f64) -> Self {
        Self { slice_spacing: Some(millimetres), ..self }
    }
}

/// The initial set S0 of one stack, and for every slice why it was taken or left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InitialSet {
    /// What was asked for.
    pub params: InitialParams,
    /// What the thresholds came to.
    pub limits: Limits,
    /// One per slice, by slice number.
    pub verdicts: Vec<SliceVerdict>,
}

impl InitialSet {
    /// The slices of S0, best quality first.
    #[must_use]
    pub fn ids(&self) -> Vec<SliceId> {
        let mut ranked: Vec<(usize, SliceId)> = self.ranked().collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, id)| id).collect()
    }

    fn ranked(&self) -> impl Iterator<Item = (usize, SliceId)> {
        self.verdicts.iter().filter_map(|slice| match slice.verdict {
            Verdict::Kept { rank } => Some((rank, slice.id)),
            _ => None,
        })
    }
}

/// The initial sets of several stacks; quality ranks count through all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InitialSets {
    /// One per stack, in the order given.
    pub stacks: Vec<InitialSet>,
}

impl InitialSets {
    /// The slices taken from all stacks, best quality first.
    #[must_use]
    pub fn ids(&self) -> Vec<CandidateId> {
        let of_stack = |(stack, set): (usize, &InitialSet)| {
            let place = move |(rank, slice)| (rank, CandidateId { stack, slice });
            set.ranked().map(place).collect::<Vec<_>>()
        };
        let mut ranked: Vec<_> = self.stacks.iter().enumerate().flat_map(of_stack).collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, id)| id).collect()
    }
}
