//! Step 1: the slices to annotate first.

mod candidates;
mod check;
mod epsilon;
mod grid;
mod limits;
mod params;
mod set;
mod verdict;
mod walk;

use qunet_quality::QualityRecord;
use rayon::prelude::*;

use self::candidates::{Candidate, Plane};
use self::check::check;
use self::epsilon::smallest_epsilon;
pub use self::limits::Limits;
pub use self::params::{Gap, InitialParams, NearDuplicates, Scope};
pub use self::set::{InitialSet, InitialSets, StackRecords};
pub use self::verdict::{Degenerate, SliceVerdict, Verdict};
use self::walk::{Bounds, Walk};
use crate::{CandidateId, Error};

/// Step 1 of QU-net++ (section II-B): the slices S0 to annotate first, from image quality alone.
///
/// Candidates are sharper than the limit of blurriness **and** less noisy than the limit of
/// inverse PSNR, both strictly. They are gone through best quality first: one that looks like a
/// slice taken before, lies too near it along z, or is over the quota of its stack is left, and so
/// are all after `max_slices`. Quality orders by B / limit(B) + P / limit(P), lower = better, ties
/// by stack and slice number.
///
/// ```
/// use qunet_quality::QualityRecord;
/// use qunet_select::InitialSelection;
/// use qunet_stack::SliceId;
///
/// let record = |id, variance_of_laplacian, roi_mean| QualityRecord {
///     id: SliceId(id),
///     variance_of_laplacian,
///     inverse_psnr: Some(0.01 + 0.001 * id as f64),
///     roi_pixels: 100,
///     roi_mean: Some(roi_mean),
///     roi_cov: Some(0.2),
///     further: Default::default(),
/// };
/// // Slice 1 is a look-alike of slice 0, slice 2 is blurred, slice 3 has the lowest contrast.
/// let records = [record(0, 50.0, 0.3), record(1, 50.0, 0.31), record(2, 5.0, 0.6), record(3, 50.0, 0.9)];
/// let s0 = InitialSelection::params().max_slices(1).select(&records)?;
/// assert_eq!(s0.ids(), [SliceId(0)]);
/// assert!(s0.verdicts[2].verdict.to_string().starts_with("blurred"));
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InitialSelection {
    params: InitialParams,
}

impl InitialSelection {
    /// The paper's settings, to be changed and checked.
    #[must_use]
    pub fn params() -> InitialParams {
        InitialParams::paper()
    }

    /// Selects S0 from one record per slice of one stack, in any order.
    ///
    /// # Errors
    /// [`Error::NoSlices`] without records, [`Error::Duplicate`] where a slice comes twice,
    /// [`Error::Record`] for a metric that no slice can have, [`Error::NoSpacing`] where the gap is
    /// in millimetres, which [`InitialSelection::select_stacks`] can tell.
    pub fn select(&self, records: &[QualityRecord]) -> Result<InitialSet, Error> {
        match self.select_stacks(&[StackRecords::new(records)]) {
            Ok(sets) => sets.stacks.into_iter().next().ok_or(Error::NoSlices),
            Err(Error::Repeated { candidate, .. }) => {
                Err(Error::Duplicate { slice: candidate.slice })
            }
            Err(error) => Err(error),
        }
    }

    /// Selects S0 from several stacks at once: one order of quality, one cap and one distance
    /// between look-alikes for all of them, each stack with its quota.
    ///
    /// # Errors
    /// [`Error::NoSlices`] without stacks, [`Error::NoRecords`] for a stack without records beside
    /// others, [`Error::Repeated`] where a slice of a stack comes twice, [`Error::Record`] for a
    /// metric that no slice can have, [`Error::NoSpacing`] for a stack without spacing where the
    /// gap is in millimetres, [`Error::Parameter`] for a spacing that is not positive.
    ///
    /// ```
    /// use qunet_quality::QualityRecord;
    /// use qunet_select::{InitialParams, NearDuplicates, StackRecords, Threshold};
    /// use qunet_stack::SliceId;
    ///
    /// let record = |id| QualityRecord {
    ///     id: SliceId(id),
    ///     variance_of_laplacian: 10.0 - id as f64,
    ///     inverse_psnr: Some(0.01),
    ///     roi_pixels: 100,
    ///     roi_mean: Some(0.3),
    ///     roi_cov: Some(0.2),
    ///     further: Default::default(),
    /// };
    /// let (first, second) = ([record(0), record(1), record(2)], [record(4), record(5)]);
    /// let stacks = [StackRecords::new(&first), StackRecords::new(&second)];
    /// let params = InitialParams::paper()
    ///     .blurriness(Threshold::Value(1.0))
    ///     .inverse_psnr(Threshold::Value(1.0))
    ///     .near_duplicates(NearDuplicates::Keep);
    /// // The sharpest two of each stack would be 0 and 1 of the first, 4 and 5 of the second.
    /// let taken = params.quota(2).max_slices(3).select_stacks(&stacks)?;
    /// let names: Vec<String> = taken.ids().iter().map(ToString::to_string).collect();
    /// assert_eq!(names, ["slice 0 of stack 0", "slice 1 of stack 0", "slice 4 of stack 1"]);
    /// assert_eq!(taken.stacks[0].verdicts[2].verdict.to_string(), "over the quota of 2 of its stack");
    /// # Ok::<(), qunet_select::Error>(())
    /// ```
    pub fn select_stacks(&self, stacks: &[StackRecords<'_>]) -> Result<InitialSets, Error> {
        check(stacks)?;
        let steps = self.steps(stacks)?;
        let (mut sets, mut candidates) = self.judge(stacks);
        candidates
            .par_sort_unstable_by(|a, b| a.quality.total_cmp(&b.quality).then(a.id.cmp(&b.id)));
        let bounds = self.bounds(steps, candidates.len());
        let epsilon = match self.params.near_duplicates {
            NearDuplicates::Keep => None,
            NearDuplicates::Epsilon(epsilon) => Some(epsilon),
            NearDuplicates::SmallestEpsilon => smallest_epsilon(&candidates, &bounds),
        };
        let mut walk = Walk::new(&bounds, epsilon);
        for candidate in &candidates {
            let CandidateId { stack, slice: id } = candidate.id;
            sets[stack].verdicts.push(SliceVerdict { id, verdict: walk.judge(candidate) });
        }
        for set in &mut sets {
            set.limits.epsilon = epsilon;
            set.verdicts.par_sort_unstable_by_key(|slice| slice.id);
        }
        Ok(InitialSets { stacks: sets })
    }

    /// Sets with the verdicts on the slices that fail the thresholds, and all other slices.
    fn judge(&self, stacks: &[StackRecords<'_>]) -> (Vec<InitialSet>, Vec<Candidate>) {
        let mut candidates = Vec::new();
        let judge =
            |(stack, (it, (limits, plane))): (usize, (&StackRecords<'_>, (Limits, Plane)))| {
                let mut verdicts = Vec::with_capacity(it.records.len());
                for record in it.records {
                    match Candidate::of(record, stack, &limits, &plane) {
                        Ok(candidate) => candidates.push(candidate),
                        Err(verdict) => verdicts.push(SliceVerdict { id: record.id, verdict }),
                    }
                }
                InitialSet { params: self.params, limits, verdicts }
            };
        let sets = stacks.iter().zip(self.scales(stacks)).enumerate().map(judge).collect();
        (sets, candidates)
    }

    /// Of each stack, the limits it is judged by and the plane its look-alikes are found in.
    fn scales(&self, stacks: &[StackRecords<'_>]) -> Vec<(Limits, Plane)> {
        let over =
            |records: &[&QualityRecord]| (Limits::of(records, &self.params), Plane::of(records));
        match self.params.scope {
            Scope::PerStack => {
                stacks.iter().map(|it| over(&it.records.iter().collect::<Vec<_>>())).collect()
            }
            Scope::AllStacks => {
                let all: Vec<_> = stacks.iter().flat_map(|it| it.records).collect();
                vec![over(&all); stacks.len()]
            }
        }
    }

    fn bounds(&self, steps: Vec<f64>, candidates: usize) -> Bounds {
        let InitialParams { max_slices: cap, quota, gap, .. } = self.params;
        let quota = quota.unwrap_or(usize::MAX);
        Bounds { cap, quota, gap, steps, expected: cap.min(candidates) }
    }

    /// Of each stack, how far apart slices that follow each other are, in the unit of the gap.
    fn steps(&self, stacks: &[StackRecords<'_>]) -> Result<Vec<f64>, Error> {
        let step = |(stack, it): (usize, &StackRecords<'_>)| match self.params.gap {
            Some(Gap::Millimetres(_)) => it.slice_spacing.ok_or(Error::NoSpacing { stack }),
            _ => Ok(1.0),
        };
        stacks.iter().enumerate().map(step).collect()
    }
}
