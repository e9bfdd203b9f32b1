//! What is asked of a strategy, and what it answers.

use std::collections::BTreeMap;
use std::fmt;

use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

use crate::verdict::write_spacing;
use crate::{CandidateId, Pool, Reason, SliceVerdict, Verdict};

/// How many slices are wanted, and the seed of strategies that draw.
///
/// ```
/// use qunet_select::Request;
///
/// let request = Request::new(5, 7);
/// assert_eq!((request.count, request.seed), (5, 7));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The most slices to pick.
    pub count: usize,
    /// Seeds strategies that draw.
    pub seed: u64,
}

impl Request {
    /// At most `count` slices, drawn with this seed.
    #[must_use]
    pub fn new(count: usize, seed: u64) -> Self {
        Self { count, seed }
    }
}

/// What a strategy decided: one verdict for every candidate of the pool.
///
/// ```
/// use qunet_select::{Pool, Random, Request, Strategy, Verdict};
///
/// let selection = Random {}.select(&Pool::of_stack(4)?, &Request::new(1, 0))?;
/// assert_eq!((selection.picks().len(), selection.verdicts.len()), (1, 4));
/// let left = selection.verdicts.iter().filter(|it| it.verdict == Verdict::NotReached);
/// assert_eq!(left.count(), 3);
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Name of the strategy.
    pub strategy: String,
    /// The seed it was given.
    pub seed: u64,
    /// Slices asked for.
    pub asked: usize,
    /// What its thresholds resolved to; empty for a strategy without thresholds.
    #[serde(default)]
    pub thresholds: Thresholds,
    /// One per candidate, by stack and slice.
    pub verdicts: Vec<SliceVerdict>,
}

/// The numbers that relative thresholds resolved to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Limits of image quality, one per stack.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub image_quality: Vec<QualityLimits>,
    /// q0 of the heads' agreement: a fixed one, or the Q of the first slice that is not below.
    /// `None` where all slices are below, or there is no elbow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality_threshold: Option<f64>,
}

/// The limits of image quality on one stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QualityLimits {
    /// Limit of blurriness; `None` where no slice has a finite one.
    pub blurriness: Option<f64>,
    /// Limit of inverse PSNR; `None` where no slice has one.
    pub inverse_psnr: Option<f64>,
    /// The common scale of both limits, which are multiplied by it already, that lets as many
    /// slices pass as wanted; `None` where the limits stand as they were set, or no scale lets a
    /// slice pass.
    pub scale: Option<f64>,
    /// Distance within which slices counted as near duplicates; `None` where none was needed.
    pub epsilon: Option<f64>,
}

/// A picked slice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pick<'a> {
    /// 1-based rank; 1 was picked first.
    pub rank: usize,
    /// Which slice.
    pub id: CandidateId,
    /// Distance along z to the nearest slice of its stack that was annotated or picked before;
    /// `None` where there was none.
    pub spacing: Option<f64>,
    /// Why.
    pub reason: &'a Reason,
}

impl Selection {
    /// Ranks places of the pool (see [`Pool::ids`]) in the order given, and measures how far each
    /// is along z from the slices that were there before.
    ///
    /// A place that is annotated, comes twice or lies beyond `request.count` is left out, so that
    /// no strategy overspends. Annotated slices are [`Verdict::Annotated`], all others
    /// [`Verdict::NotReached`]; [`Selection::with_verdicts`] says more about them.
    #[must_use]
    pub fn new(
        strategy: &str,
        pool: &Pool,
        request: &Request,
        picks: impl IntoIterator<Item = (usize, Reason)>,
    ) -> Self {
        let left = |&annotated: &bool| {
            if annotated { Verdict::Annotated } else { Verdict::NotReached }
        };
        let mut verdicts: Vec<Verdict> = pool.annotated().iter().map(left).collect();
        let mut taken = Taken::annotated(pool, pool.positions());
        let mut rank = 0;
        for (place, reason) in picks {
            if rank == request.count {
                break;
            }
            if verdicts.get(place) == Some(&Verdict::NotReached) {
                rank += 1;
                let spacing = taken.nearest(place).map(|(distance, _)| distance);
                verdicts[place] = Verdict::Picked { rank, spacing, reason };
                taken.take(place);
            }
        }
        let verdict = |(&id, verdict)| SliceVerdict { id, verdict };
        Self {
            strategy: strategy.to_owned(),
            seed: request.seed,
            asked: request.count,
            thresholds: Thresholds::default(),
            verdicts: pool.ids().iter().zip(verdicts).map(verdict).collect(),
        }
    }

    /// Says why places of the pool are left; picked and annotated slices keep their verdict.
    #[must_use]
    pub fn with_verdicts(mut self, verdicts: impl IntoIterator<Item = (usize, Verdict)>) -> Self {
        for (place, verdict) in verdicts {
            let slice = self.verdicts.get_mut(place);
            if let Some(slice) = slice.filter(|slice| slice.verdict == Verdict::NotReached) {
                slice.verdict = verdict;
            }
        }
        self
    }

    /// The picked slices in order of rank.
    #[must_use]
    pub fn picks(&self) -> Vec<Pick<'_>> {
        let mut picks: Vec<Pick<'_>> = self.verdicts.iter().filter_map(picked).collect();
        picks.sort_unstable_by_key(|pick| pick.rank);
        picks
    }

    /// The picked slices in order of rank.
    #[must_use]
    pub fn ids(&self) -> Vec<CandidateId> {
        self.picks().iter().map(|pick| pick.id).collect()
    }

    /// The picked slices of one stack in order of rank.
    #[must_use]
    pub fn slices(&self, stack: usize) -> Vec<SliceId> {
        let picks = self.picks();
        picks.iter().filter(|pick| pick.id.stack == stack).map(|pick| pick.id.slice).collect()
    }

    /// The verdicts on the slices of one stack, by slice.
    pub fn verdicts_of(&self, stack: usize) -> impl Iterator<Item = &SliceVerdict> {
        self.verdicts.iter().filter(move |slice| slice.id.stack == stack)
    }
}

fn picked(slice: &SliceVerdict) -> Option<Pick<'_>> {
    match &slice.verdict {
        Verdict::Picked { rank, spacing, reason } => {
            Some(Pick { rank: *rank, id: slice.id, spacing: *spacing, reason })
        }
        _ => None,
    }
}

impl fmt::Display for Pick<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}: {}", self.rank, self.id, self.reason)?;
        write_spacing(f, self.spacing)
    }
}

/// The slices of each stack that are annotated or picked, sorted along z.
#[derive(Clone, Default)]
pub(crate) struct Taken<'a> {
    ids: &'a [CandidateId],
    positions: &'a [f64],
    stacks: BTreeMap<usize, Vec<(f64, SliceId)>>,
}

impl<'a> Taken<'a> {
    /// The annotated slices of the pool; each candidate stands at one of the positions.
    pub(crate) fn annotated(pool: &'a Pool, positions: &'a [f64]) -> Self {
        let mut stacks: BTreeMap<usize, Vec<(f64, SliceId)>> = BTreeMap::new();
        for place in pool.places().filter(|&place| pool.annotated()[place]) {
            let CandidateId { stack, slice } = pool.ids()[place];
            stacks.entry(stack).or_default().push((positions[place], slice));
        }
        // Sorted once: to insert one by one would take the square of their number.
        stacks.values_mut().for_each(|taken| taken.sort_by(|a, b| a.0.total_cmp(&b.0)));
        Self { ids: pool.ids(), positions, stacks }
    }

    pub(crate) fn take(&mut self, place: usize) {
        let (CandidateId { stack, slice }, position) = (self.ids[place], self.positions[place]);
        let taken = self.stacks.entry(stack).or_default();
        let at = taken.partition_point(|&(other, _)| other < position);
        taken.insert(at, (position, slice));
    }

    /// Distance to the nearest taken slice of the same stack, and which it is; of two the lower
    /// number.
    pub(crate) fn nearest(&self, place: usize) -> Option<(f64, SliceId)> {
        let position = self.positions[place];
        let taken = self.stacks.get(&self.ids[place].stack)?;
        let at = taken.partition_point(|&(other, _)| other < position);
        let around = taken[at.saturating_sub(1)..(at + 1).min(taken.len())].iter();
        around
            .map(|&(other, slice)| ((other - position).abs(), slice))
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
    }
}
