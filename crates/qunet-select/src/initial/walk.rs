//! One way through the candidates, best quality first: who is taken, and why others are not.

use std::collections::BTreeSet;

use qunet_stack::SliceId;

use super::candidates::Candidate;
use super::grid::Grid;
use super::{Gap, Verdict};

/// What bounds the slices taken besides look-alikes.
pub(super) struct Bounds {
    /// The most slices in all.
    pub(super) cap: usize,
    /// The most slices of one stack.
    pub(super) quota: usize,
    pub(super) gap: Option<Gap>,
    /// About how many slices will be taken.
    pub(super) expected: usize,
    /// Of each stack, how far apart slices that follow each other are, in the unit of the gap.
    pub(super) steps: Vec<f64>,
}

/// The slices taken so far.
pub(super) struct Walk<'a> {
    bounds: &'a Bounds,
    epsilon: Option<f64>,
    kept: usize,
    grid: Grid,
    along: Vec<BTreeSet<SliceId>>,
    /// As long as epsilon is below this, the same slices are no look-alikes.
    pub(super) below: f64,
    /// As long as epsilon is at or above this, the same slices are look-alikes.
    pub(super) from: f64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(bounds: &'a Bounds, epsilon: Option<f64>) -> Self {
        let stacks = bounds.steps.len();
        Self {
            bounds,
            epsilon,
            kept: 0,
            grid: Grid::new(epsilon.unwrap_or(1.0), stacks, bounds.expected),
            along: vec![BTreeSet::new(); stacks],
            below: f64::INFINITY,
            from: 0.0,
        }
    }

    /// Goes on to the next candidate.
    pub(super) fn judge(&mut self, candidate: &Candidate) -> Verdict {
        let nearest = self.epsilon.and_then(|_| self.grid.nearest(candidate));
        if let (Some((distance, of)), Some(epsilon)) = (nearest, self.epsilon)
            && distance <= epsilon
        {
            self.from = self.from.max(distance);
            return Verdict::NearDuplicate { of, distance };
        }
        let distance = nearest.map_or(f64::INFINITY, |(distance, _)| distance);
        self.below = self.below.min(distance).min(self.grid.reach());
        if let Some(refused) = self.refused(candidate) {
            return refused;
        }
        self.kept += 1;
        if self.epsilon.is_some() {
            self.grid.keep(candidate);
        }
        self.along[candidate.id.stack].insert(candidate.id.slice);
        Verdict::Kept { rank: self.kept }
    }

    /// Why a candidate that is no look-alike is not taken.
    fn refused(&self, candidate: &Candidate) -> Option<Verdict> {
        let Bounds { cap, quota, .. } = *self.bounds;
        if let Some((of, distance)) = self.too_near(candidate) {
            return Some(Verdict::TooNear { of, distance });
        }
        if self.along[candidate.id.stack].len() >= quota {
            return Some(Verdict::OverQuota { quota });
        }
        (self.kept >= cap).then_some(Verdict::OverCap { cap })
    }

    /// The nearest slice taken from the same stack, where it is closer than the gap; of two the
    /// lower number.
    fn too_near(&self, candidate: &Candidate) -> Option<(SliceId, f64)> {
        let (stack, slice) = (candidate.id.stack, candidate.id.slice);
        // Half a billionth less, so that rounding does not refuse a slice exactly at the gap.
        let gap = self.bounds.gap?.length() * (1.0 - 5e-10);
        let (step, taken) = (self.bounds.steps[stack], &self.along[stack]);
        let neighbours =
            taken.range(..slice).next_back().into_iter().chain(taken.range(slice..).next());
        neighbours
            .map(|other| (*other, other.0.abs_diff(slice.0) as f64 * step))
            .filter(|(_, distance)| *distance < gap)
            .min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)))
    }
}
