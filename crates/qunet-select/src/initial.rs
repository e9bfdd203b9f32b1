use qunet_quality::QualityRecord;
use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::duplicates::{Candidate, epsilon_for, thin};
use crate::error::{require, require_distinct};
use crate::threshold::Threshold;
use crate::verdict::{Degenerate, SliceVerdict, Verdict};

/// Settings of [`InitialSelection`]; the defaults are the paper's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InitialParams {
    /// A slice must be less blurred than this.
    pub blurriness: Threshold,
    /// A slice's inverse PSNR must be below this.
    pub inverse_psnr: Threshold,
    /// How look-alikes are found.
    pub near_duplicates: NearDuplicates,
    /// The most slices to take, best quality first.
    pub max_slices: usize,
}

/// How look-alikes in the (CoV, mean) plane of the region of interest are found; both axes are
/// scaled to [0, 1] over the stack.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NearDuplicates {
    /// Every slice is kept.
    Keep,
    /// A slice within this distance of a kept one is dropped.
    Epsilon(f64),
    /// The smallest distance that leaves at most `max_slices`.
    SmallestEpsilon,
}

impl Default for InitialParams {
    fn default() -> Self {
        Self {
            blurriness: Threshold::MeanScale(1.0),
            inverse_psnr: Threshold::MeanScale(1.0),
            near_duplicates: NearDuplicates::SmallestEpsilon,
            max_slices: 10,
        }
    }
}

impl InitialParams {
    /// Sets the limit of blurriness.
    #[must_use]
    pub fn blurriness(self, blurriness: Threshold) -> Self {
        Self { blurriness, ..self }
    }

    /// Sets the limit of inverse PSNR.
    #[must_use]
    pub fn inverse_psnr(self, inverse_psnr: Threshold) -> Self {
        Self { inverse_psnr, ..self }
    }

    /// Sets how look-alikes are found.
    #[must_use]
    pub fn near_duplicates(self, near_duplicates: NearDuplicates) -> Self {
        Self { near_duplicates, ..self }
    }

    /// Sets the most slices to take.
    #[must_use]
    pub fn max_slices(self, max_slices: usize) -> Self {
        Self { max_slices, ..self }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(self) -> Result<InitialSelection, Error> {
        self.blurriness.check("blurriness")?;
        self.inverse_psnr.check("inverse_psnr")?;
        if let NearDuplicates::Epsilon(epsilon) = self.near_duplicates {
            let holds = epsilon >= 0.0 && epsilon.is_finite();
            require(holds, "near_duplicates", epsilon, "a distance is not negative")?;
        }
        let cap = self.max_slices;
        require(cap > 0, "max_slices", cap as f64, "it must be at least 1")?;
        Ok(InitialSelection { params: self })
    }

    /// Checks and selects in one go.
    ///
    /// # Errors
    /// As [`InitialParams::check`] and [`InitialSelection::select`].
    pub fn select(self, records: &[QualityRecord]) -> Result<InitialSet, Error> {
        self.check()?.select(records)
    }
}

/// Step 1 of QU-net++ (section II-B): the slices S0 to annotate first, from image quality alone.
///
/// Candidates are sharper than the limit of blurriness **and** less noisy than the limit of
/// inverse PSNR, both strictly. Look-alikes of a better candidate are dropped, and the best
/// `max_slices` remain. Quality orders by B / limit(B) + P / limit(P), lower = better, ties by
/// slice number.
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

/// The limits that the thresholds came to on one stack.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Limit of blurriness; `None` where no slice has a finite one.
    pub blurriness: Option<f64>,
    /// Limit of inverse PSNR; `None` where no slice has one.
    pub inverse_psnr: Option<f64>,
    /// Distance within which slices counted as look-alikes; `None` where none was needed.
    pub epsilon: Option<f64>,
}

/// The initial set S0, and for every slice why it was taken or left.
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
        let mut ranked: Vec<(usize, SliceId)> = self
            .verdicts
            .iter()
            .filter_map(|slice| match slice.verdict {
                Verdict::Kept { rank } => Some((rank, slice.id)),
                _ => None,
            })
            .collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, id)| id).collect()
    }
}

impl InitialSelection {
    /// The paper's settings, to be changed and checked.
    #[must_use]
    pub fn params() -> InitialParams {
        InitialParams::default()
    }

    /// Selects S0 from one record per slice, in any order.
    ///
    /// # Errors
    /// [`Error::NoSlices`] without records, [`Error::Duplicate`] where a slice comes twice.
    pub fn select(&self, records: &[QualityRecord]) -> Result<InitialSet, Error> {
        if records.is_empty() {
            return Err(Error::NoSlices);
        }
        require_distinct(records.iter().map(|record| record.id))?;
        let mut limits = self.limits(records);
        let mut verdicts = Vec::with_capacity(records.len());
        let mut passed = Vec::new();
        for record in records {
            match judge(record, &limits) {
                Ok(quality) => passed.push((quality, record)),
                Err(verdict) => verdicts.push(SliceVerdict { id: record.id, verdict }),
            }
        }
        passed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.id.cmp(&b.1.id)));
        let candidates = on_unit_plane(records, passed.iter().map(|(_, record)| *record));
        limits.epsilon = match self.params.near_duplicates {
            NearDuplicates::Keep => None,
            NearDuplicates::Epsilon(epsilon) => Some(epsilon),
            NearDuplicates::SmallestEpsilon => epsilon_for(&candidates, self.params.max_slices),
        };
        verdicts.extend(self.rank(&candidates, limits.epsilon));
        verdicts.sort_by_key(|slice| slice.id);
        Ok(InitialSet { params: self.params, limits, verdicts })
    }

    /// Infinite and undefined values never enter a mean or a quantile.
    fn limits(&self, records: &[QualityRecord]) -> Limits {
        let blurriness: Vec<f64> =
            records.iter().map(QualityRecord::blurriness).filter(|b| b.is_finite()).collect();
        let inverse_psnr: Vec<f64> =
            records.iter().filter_map(|record| record.inverse_psnr).collect();
        Limits {
            blurriness: self.params.blurriness.limit(&blurriness),
            inverse_psnr: self.params.inverse_psnr.limit(&inverse_psnr),
            epsilon: None,
        }
    }

    /// Verdicts on the slices that passed the thresholds, given best quality first.
    fn rank(&self, candidates: &[Candidate], epsilon: Option<f64>) -> Vec<SliceVerdict> {
        let fates = match epsilon {
            Some(epsilon) => thin(candidates, epsilon),
            None => vec![None; candidates.len()],
        };
        let cap = self.params.max_slices;
        let mut rank = 0;
        let verdict = |(candidate, fate): (&Candidate, Option<(SliceId, f64)>)| {
            let verdict = match fate {
                Some((of, distance)) => Verdict::NearDuplicate { of, distance },
                None if rank == cap => Verdict::OverCap { cap },
                None => {
                    rank += 1;
                    Verdict::Kept { rank }
                }
            };
            SliceVerdict { id: candidate.id, verdict }
        };
        candidates.iter().zip(fates).map(verdict).collect()
    }
}

/// The quality of a slice that passes the thresholds (lower = better), or why it does not.
fn judge(record: &QualityRecord, limits: &Limits) -> Result<f64, Verdict> {
    let degenerate = |reason| Err(Verdict::Degenerate { reason });
    let blurriness = record.blurriness();
    let (Some(blur_limit), true) = (limits.blurriness, blurriness.is_finite()) else {
        return degenerate(Degenerate::Constant);
    };
    let (Some(psnr_limit), Some(inverse_psnr)) = (limits.inverse_psnr, record.inverse_psnr) else {
        return degenerate(Degenerate::NoSignal);
    };
    if record.roi_mean.is_none() || record.roi_cov.is_none() {
        return degenerate(Degenerate::EmptyRegion);
    }
    if blurriness >= blur_limit {
        return Err(Verdict::Blurred { blurriness, limit: blur_limit });
    }
    if inverse_psnr >= psnr_limit {
        return Err(Verdict::LowContrast { inverse_psnr, limit: psnr_limit });
    }
    Ok(blurriness / blur_limit + inverse_psnr / psnr_limit)
}

/// Places candidates in the (CoV, mean) plane, each axis scaled to [0, 1] over all records.
fn on_unit_plane<'a>(
    records: &[QualityRecord],
    candidates: impl Iterator<Item = &'a QualityRecord>,
) -> Vec<Candidate> {
    let covs = Span::of(records.iter().filter_map(|record| record.roi_cov));
    let means = Span::of(records.iter().filter_map(|record| record.roi_mean));
    candidates
        .map(|record| Candidate {
            id: record.id,
            cov: covs.place(record.roi_cov),
            mean: means.place(record.roi_mean),
        })
        .collect()
}

/// The range of an axis.
struct Span {
    low: f64,
    high: f64,
}

impl Span {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let start = Self { low: f64::INFINITY, high: f64::NEG_INFINITY };
        values.fold(start, |span, value| Self {
            low: span.low.min(value),
            high: span.high.max(value),
        })
    }

    /// 0 where all values are equal.
    fn place(&self, value: Option<f64>) -> f64 {
        let width = self.high - self.low;
        match value {
            Some(value) if width > 0.0 => (value - self.low) / width,
            _ => 0.0,
        }
    }
}
