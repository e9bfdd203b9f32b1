//! S0, the slices to annotate first: `limits` judges slices by the thresholds, `walk` goes through
//! those that pass, `epsilon` finds the distance between near duplicates.

mod epsilon;
mod limits;
mod walk;

use qunet_quality::QualityRecord;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::epsilon::smallest_epsilon;
use self::limits::{Candidate, Standard};
use self::walk::{Bounds, Walk};
use super::{Needs, Strategy};
use crate::error::require;
use crate::selection::Taken;
use crate::{Column, Error, Pool, QualityLimits, Reason, Request, Selection, Threshold, Verdict};

/// Step 1 of QU-net++ (section II-B): the slices S0 to annotate first, from image quality alone.
///
/// Candidates are sharper than the limit of blurriness **and** less noisy than the limit of inverse
/// PSNR, both strictly. They are gone through best quality first: one that resembles a slice taken
/// before, lies too near it along z, or is over the quota of its stack is left, and so are all after
/// `request.count`. Quality orders by B / limit(B) + P / limit(P), lower = better, ties by stack and
/// slice. Annotated slices count as taken, except for the quota. The seed is not used.
///
/// ```
/// use qunet_quality::QualityRecord;
/// use qunet_select::{ImageQuality, Pool, Request, Strategy};
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
/// // Slice 1 is a near duplicate of slice 0, slice 2 is blurred, slice 3 has the lowest contrast.
/// let records =
///     [record(0, 50.0, 0.3), record(1, 50.0, 0.31), record(2, 5.0, 0.6), record(3, 50.0, 0.9)];
/// let pool = Pool::of_stack(4)?.with_quality(0, &records)?;
/// let s0 = ImageQuality::paper().select(&pool, &Request::new(1, 0))?;
/// assert_eq!(s0.slices(0), [SliceId(0)]);
/// assert!(s0.verdicts[2].verdict.to_string().starts_with("blurred"));
///
/// // The default loosens the thresholds until as many pass as asked for.
/// let three = ImageQuality::default().select(&pool, &Request::new(3, 0))?;
/// assert_eq!(three.slices(0), [SliceId(0), SliceId(3), SliceId(1)]);
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImageQuality {
    /// A slice must be less blurred than this.
    pub blurriness: Threshold,
    /// A slice's inverse PSNR must be below this.
    pub inverse_psnr: Threshold,
    /// Share of the slices, of those with all metrics, that is to pass both thresholds, in (0, 1]:
    /// both limits are multiplied by one common scale, the smallest at which at least this share
    /// passes ([`QualityLimits::scale`](crate::QualityLimits::scale)). The paper isolates 0.1 to 0.2
    /// (section II-B). `None` leaves the limits as they are.
    pub wanted_fraction: Option<f64>,
    /// How near duplicates are found.
    pub near_duplicates: NearDuplicates,
    /// How far apart along z the slices taken from one stack are at least; `None` = any distance.
    pub gap: Option<Gap>,
    /// The most slices to take from one stack; `None` = any number.
    pub quota: Option<usize>,
    /// Over what means, quantiles and the wanted fraction are taken where there are several stacks.
    pub scope: Scope,
    /// Whether rules give way until as many slices are picked as asked for: first both limits are
    /// scaled further, then near duplicates come in, then slices within the gap, each time the best
    /// quality first. Slices without all metrics never come in, and a quota holds.
    pub fill_up: bool,
}

/// How near duplicates in the (CoV, mean) plane of the region of interest are found; only slices of
/// one stack are near duplicates, and both axes are scaled to [0, 1] over the [`Scope`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NearDuplicates {
    /// Every slice is kept.
    Keep,
    /// A slice within this distance of a kept one is dropped.
    Epsilon(f64),
    /// The smallest distance that leaves at most as many slices as asked for, found by bisection.
    SmallestEpsilon,
}

/// A distance along z that slices of one stack must keep from each other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Gap {
    /// In slice numbers: 3 allows slices 4 and 7.
    Slices(usize),
    /// In millimetres; the pool must hold the positions of every slice in millimetres
    /// ([`Pool::with_positions`]).
    Millimetres(f64),
}

/// What thresholds and axes are taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scope {
    /// Each stack by itself: a slice is compared with the others of its stack.
    #[default]
    PerStack,
    /// All stacks together: a stack of poor quality may end up without a slice.
    AllStacks,
}

impl Default for ImageQuality {
    /// As the paper, but no ordinary stack is refused: a fifth of the slices passes, no two picks
    /// are neighbours, and both give way until as many slices are picked as asked for.
    fn default() -> Self {
        Self {
            wanted_fraction: Some(0.2),
            gap: Some(Gap::Slices(2)),
            fill_up: true,
            ..Self::paper()
        }
    }
}

impl ImageQuality {
    /// The paper's settings (section II-B), which asks for fewer than 10 slices: both metrics below their mean,
    /// the smallest distance between near duplicates that leaves as many as asked for. The smallest
    /// distance is our reading, the paper's is lost in print.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            blurriness: Threshold::MeanScale(1.0),
            inverse_psnr: Threshold::MeanScale(1.0),
            wanted_fraction: None,
            near_duplicates: NearDuplicates::SmallestEpsilon,
            gap: None,
            quota: None,
            scope: Scope::PerStack,
            fill_up: false,
        }
    }

    /// As the author's notebook has it, where that differs from the paper: percentiles in the place
    /// of means, and no near duplicates removed. The notebook prints the 20th and 80th percentile of
    /// the variance of the Laplacian and the 10th and 90th of the PSNR over 100 slices, and says to
    /// take 5 to 10 slices that are high in both; read here as sharper than the 80th (blurriness
    /// below its 20th) and above the 90th (inverse PSNR below its 10th).
    ///
    /// Three differences remain. The notebook's PSNR in decibels falls as the mean square of
    /// I - median(I) grows, while inverse PSNR is its variance over max(I); on slices scaled to
    /// [0, 1] one by one, with a median of size 20, they order slices alike but for the squared mean
    /// of that difference. It picks by eye among the slices that pass, where this orders by quality.
    /// And it prefers a high CoV of the annotated region, which is not known before annotation.
    #[must_use]
    pub fn notebook() -> Self {
        Self {
            blurriness: Threshold::Quantile(0.2),
            inverse_psnr: Threshold::Quantile(0.1),
            near_duplicates: NearDuplicates::Keep,
            ..Self::paper()
        }
    }

    /// Of each stack, what its slices are judged by.
    fn standards(&self, pool: &Pool, records: &[Option<QualityRecord>]) -> Vec<Standard> {
        let mut stacks: Vec<Vec<&QualityRecord>> = vec![Vec::new(); pool.stacks()];
        for (id, record) in pool.ids().iter().zip(records) {
            stacks[id.stack].extend(record);
        }
        match self.scope {
            Scope::PerStack => stacks.iter().map(|it| Standard::new(it, self)).collect(),
            Scope::AllStacks => vec![Standard::new(&stacks.concat(), self); stacks.len()],
        }
    }

    /// Where each slice stands along z, in the unit of the gap.
    fn positions(&self, pool: &Pool) -> Result<Vec<f64>, Error> {
        let Some(Gap::Millimetres(_)) = self.gap else {
            return Ok(pool.ids().iter().map(|id| id.slice.0 as f64).collect());
        };
        match pool.ids().iter().find(|id| !pool.has_positions(id.stack)) {
            Some(id) => Err(Error::NoPositions { stack: id.stack }),
            None => Ok(pool.positions().to_vec()),
        }
    }

    fn epsilon(&self, passing: &[Candidate], bounds: &Bounds<'_>) -> Option<f64> {
        match self.near_duplicates {
            NearDuplicates::Keep => None,
            NearDuplicates::Epsilon(epsilon) => Some(epsilon),
            NearDuplicates::SmallestEpsilon => smallest_epsilon(passing, bounds),
        }
    }

    /// Loosens the limits until all that are picked pass.
    fn loosen(&self, standards: &mut [Standard], picks: &[(Candidate, usize)]) {
        for (candidate, _) in picks {
            match self.scope {
                Scope::PerStack => standards[candidate.id.stack].loosen(candidate.from),
                Scope::AllStacks => standards.iter_mut().for_each(|it| it.loosen(candidate.from)),
            }
        }
    }
}

impl Strategy for ImageQuality {
    fn name(&self) -> &str {
        "image_quality"
    }

    fn needs(&self) -> Needs {
        Needs::columns([Column::Quality])
    }

    fn check(&self) -> Result<(), Error> {
        self.blurriness.check("blurriness")?;
        self.inverse_psnr.check("inverse_psnr")?;
        if let Some(share) = self.wanted_fraction {
            let holds = share > 0.0 && share <= 1.0;
            require(holds, "wanted_fraction", share, "a share of the slices lies in (0, 1]")?;
        }
        if let NearDuplicates::Epsilon(epsilon) = self.near_duplicates {
            let holds = epsilon >= 0.0 && epsilon.is_finite();
            require(holds, "near_duplicates", epsilon, "a distance is not negative")?;
        }
        if let Some(gap) = self.gap.map(Gap::length) {
            require(gap > 0.0 && gap.is_finite(), "gap", gap, "a gap must be positive")?;
        }
        require(self.quota != Some(0), "quota", 0, "it must be at least 1")
    }

    fn select(&self, pool: &Pool, request: &Request) -> Result<Selection, Error> {
        self.check()?;
        let records = pool.quality(self.name())?;
        require_records(pool, records)?;
        let positions = self.positions(pool)?;
        let mut standards = self.standards(pool, records);
        let Sorted { passing, failing, annotated, unfit } = Sorted::new(pool, records, &standards);
        let bounds = Bounds {
            count: request.count,
            quota: self.quota.unwrap_or(usize::MAX),
            gap: self.gap.map(Gap::length),
            stacks: pool.stacks(),
            expected: request.count.min(passing.len()),
            taken: Taken::annotated(pool, &positions),
            annotated,
        };
        let epsilon = self.epsilon(&passing, &bounds);
        let mut round = Round::new(Walk::new(&bounds, epsilon));
        passing.into_iter().for_each(|candidate| round.judge(candidate));
        let mut further = failing.into_iter();
        if self.fill_up {
            round.fill(&mut further);
            self.loosen(&mut standards, &round.picks);
        }
        round.left.extend(further.map(|candidate| (candidate, 0, Verdict::NotReached)));
        let mut selection = Selection::new(self.name(), pool, request, round.reasons(&standards))
            .with_verdicts(unfit)
            .with_verdicts(round.verdicts(&standards));
        let limits = standards.iter().map(|it| QualityLimits { epsilon, ..it.limits });
        selection.thresholds.image_quality = limits.collect();
        Ok(selection)
    }
}

impl Gap {
    /// How long it is, in its own unit.
    fn length(self) -> f64 {
        match self {
            Self::Slices(slices) => slices as f64,
            Self::Millimetres(length) => length,
        }
    }
}

/// Refuses a pool in which a whole stack was not scored.
fn require_records(pool: &Pool, records: &[Option<QualityRecord>]) -> Result<(), Error> {
    let mut scored = vec![false; pool.stacks()];
    for (id, record) in pool.ids().iter().zip(records) {
        scored[id.stack] |= record.is_some();
    }
    match pool.ids().iter().find(|id| !scored[id.stack]) {
        Some(id) => Err(Error::NoRecords { stack: id.stack }),
        None => Ok(()),
    }
}

/// The slices of the pool, sorted by the thresholds.
#[derive(Default)]
struct Sorted {
    /// Those that pass, best quality first.
    passing: Vec<Candidate>,
    /// Those that fail a threshold, by the scale from which on they would pass.
    failing: Vec<Candidate>,
    annotated: Vec<Candidate>,
    /// Those without all metrics.
    unfit: Vec<(usize, Verdict)>,
}

impl Sorted {
    fn new(pool: &Pool, records: &[Option<QualityRecord>], standards: &[Standard]) -> Self {
        let mut sorted = Self::default();
        for (place, (&id, record)) in pool.ids().iter().zip(records).enumerate() {
            let standard = &standards[id.stack];
            let candidate = record.as_ref().map(|record| standard.candidate(place, id, record));
            match candidate {
                None => {
                    let undefined = Verdict::Undefined { column: Column::Quality };
                    sorted.unfit.push((place, undefined));
                }
                Some(Err(reason)) => sorted.unfit.push((place, Verdict::Degenerate { reason })),
                Some(Ok(it)) if pool.annotated()[place] => sorted.annotated.push(it),
                Some(Ok(it)) if standard.failure(&it).is_none() => sorted.passing.push(it),
                Some(Ok(it)) => sorted.failing.push(it),
            }
        }
        let by = |key: fn(&Candidate) -> f64| {
            move |a: &Candidate, b: &Candidate| key(a).total_cmp(&key(b)).then(a.id.cmp(&b.id))
        };
        sorted.passing.par_sort_unstable_by(by(|it| it.quality));
        sorted.failing.par_sort_unstable_by(by(|it| it.from));
        sorted
    }
}

/// A walk, and what became of the candidates judged, each with its place by quality.
struct Round<'a> {
    walk: Walk<'a>,
    judged: usize,
    picks: Vec<(Candidate, usize)>,
    left: Vec<(Candidate, usize, Verdict)>,
}

impl<'a> Round<'a> {
    fn new(walk: Walk<'a>) -> Self {
        Self { walk, judged: 0, picks: Vec::new(), left: Vec::new() }
    }

    fn judge(&mut self, candidate: Candidate) {
        self.judged += 1;
        match self.walk.judge(&candidate) {
            Ok(()) => self.picks.push((candidate, self.judged)),
            Err(verdict) => self.left.push((candidate, self.judged, verdict)),
        }
    }

    /// Lets one rule after the other give way until as many slices are taken as asked for: the
    /// thresholds, near duplicates, the gap.
    fn fill(&mut self, failing: &mut impl Iterator<Item = Candidate>) {
        while !self.walk.is_full()
            && let Some(candidate) = failing.next()
        {
            self.judge(candidate);
        }
        self.walk.epsilon = None;
        self.judge_again();
        self.walk.gap = None;
        self.judge_again();
    }

    /// Judges those that are left once more, until as many are taken as asked for.
    fn judge_again(&mut self) {
        for (candidate, place, verdict) in std::mem::take(&mut self.left) {
            let again =
                if self.walk.is_full() { Err(verdict) } else { self.walk.judge(&candidate) };
            match again {
                Ok(()) => self.picks.push((candidate, place)),
                Err(verdict) => self.left.push((candidate, place, verdict)),
            }
        }
    }

    /// The places picked, with their quality by the final limits.
    fn reasons(&self, standards: &[Standard]) -> impl Iterator<Item = (usize, Reason)> {
        self.picks.iter().map(|(candidate, place)| {
            let Candidate { id, blurriness, inverse_psnr, .. } = *candidate;
            let quality = standards[id.stack].quality(blurriness, inverse_psnr);
            let place = *place;
            let reason = Reason::ImageQuality { quality, place, blurriness, inverse_psnr };
            (candidate.place, reason)
        })
    }

    /// The places left. A slice that was refused as the rules gave way may still fail a threshold.
    fn verdicts(&self, standards: &[Standard]) -> impl Iterator<Item = (usize, Verdict)> {
        self.left.iter().map(|(candidate, _, verdict)| {
            let failure = standards[candidate.id.stack].failure(candidate);
            (candidate.place, failure.unwrap_or_else(|| verdict.clone()))
        })
    }
}
