use qunet_quality::QualityRecord;
use serde::{Deserialize, Serialize};

use super::{InitialSelection, InitialSet, InitialSets, StackRecords};
use crate::error::require;
use crate::{Error, Threshold};

/// Settings of [`InitialSelection`]; the defaults are the paper's.
///
/// ```
/// use qunet_select::{Gap, InitialParams};
///
/// // 15 % of the slices pass the thresholds, and those taken lie 5 mm apart or more.
/// let params = InitialParams::paper().wanted_fraction(0.15).gap(Gap::Millimetres(5.0));
/// assert!(params.check().is_ok());
/// assert!(params.wanted_fraction(1.5).check().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InitialParams {
    /// A slice must be less blurred than this.
    pub blurriness: Threshold,
    /// A slice's inverse PSNR must be below this.
    pub inverse_psnr: Threshold,
    /// Share of the slices, of those with all metrics, that is to pass both thresholds, in (0, 1]:
    /// both limits are multiplied by one common scale, the smallest at which at least this share
    /// passes ([`Limits::scale`](crate::Limits::scale)). The paper isolates 0.1 to 0.2 (section
    /// II-B). `None` leaves the limits as they are.
    pub wanted_fraction: Option<f64>,
    /// How look-alikes are found.
    pub near_duplicates: NearDuplicates,
    /// How far apart along z the slices taken from one stack are at least; `None` = any distance.
    pub gap: Option<Gap>,
    /// The most slices to take from one stack; `None` = any number.
    pub quota: Option<usize>,
    /// The most slices to take in all, best quality first.
    pub max_slices: usize,
    /// Over what means, quantiles and the wanted fraction are taken where there are several stacks.
    pub scope: Scope,
}

/// How look-alikes in the (CoV, mean) plane of the region of interest are found; only slices of one
/// stack are look-alikes, and both axes are scaled to [0, 1] over the [`Scope`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NearDuplicates {
    /// Every slice is kept.
    Keep,
    /// A slice within this distance of a kept one is dropped.
    Epsilon(f64),
    /// The smallest distance that leaves at most `max_slices`, found by bisection.
    SmallestEpsilon,
}

/// A distance along z that slices of one stack must keep from each other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Gap {
    /// In slice numbers: 3 allows slices 4 and 7.
    Slices(usize),
    /// In millimetres; every stack must come with its spacing
    /// ([`StackRecords::spacing`](crate::StackRecords::spacing)).
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
    /// All stacks together: a stack of poor quality may come out empty.
    AllStacks,
}

impl Default for InitialParams {
    fn default() -> Self {
        Self::paper()
    }
}

impl InitialParams {
    /// The paper's settings (section II-B): both metrics below their mean, the smallest distance
    /// between look-alikes that leaves at most 10 slices. The smallest distance is our reading, the
    /// paper's is lost in print.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            blurriness: Threshold::MeanScale(1.0),
            inverse_psnr: Threshold::MeanScale(1.0),
            wanted_fraction: None,
            near_duplicates: NearDuplicates::SmallestEpsilon,
            gap: None,
            quota: None,
            max_slices: 10,
            scope: Scope::PerStack,
        }
    }

    /// As the author's notebook has it, where that differs from the paper: percentiles in the place
    /// of means, and no look-alikes removed. The notebook prints the 20th and 80th percentile of the
    /// variance of the Laplacian and the 10th and 90th of the PSNR over 100 slices, and says to take
    /// 5 to 10 slices that are high in both; read here as sharper than the 80th (blurriness below
    /// its 20th) and above the 90th (inverse PSNR below its 10th).
    ///
    /// Three differences remain. The notebook's PSNR in decibels falls as the mean square of
    /// I - median(I) grows, while inverse PSNR is its variance over max(I); on slices scaled to
    /// [0, 1] one by one, with a median of size 20, they order slices alike but for the squared mean
    /// of that difference. It picks by eye among the slices that pass, where this goes by quality.
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

    /// Sets the share of the slices that is to pass both thresholds.
    #[must_use]
    pub fn wanted_fraction(self, share: f64) -> Self {
        Self { wanted_fraction: Some(share), ..self }
    }

    /// Sets how look-alikes are found.
    #[must_use]
    pub fn near_duplicates(self, near_duplicates: NearDuplicates) -> Self {
        Self { near_duplicates, ..self }
    }

    /// Sets how far apart along z the slices taken from one stack are at least.
    #[must_use]
    pub fn gap(self, gap: Gap) -> Self {
        Self { gap: Some(gap), ..self }
    }

    /// Sets the most slices to take from one stack.
    #[must_use]
    pub fn quota(self, quota: usize) -> Self {
        Self { quota: Some(quota), ..self }
    }

    /// Sets the most slices to take in all.
    #[must_use]
    pub fn max_slices(self, max_slices: usize) -> Self {
        Self { max_slices, ..self }
    }

    /// Sets over what thresholds and axes are taken.
    #[must_use]
    pub fn scope(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(self) -> Result<InitialSelection, Error> {
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
        if let Some(gap) = self.gap {
            let gap = gap.length();
            require(gap > 0.0 && gap.is_finite(), "gap", gap, "a gap must be positive")?;
        }
        let counts = [("quota", self.quota), ("max_slices", Some(self.max_slices))];
        for (field, count) in counts {
            require(count != Some(0), field, 0.0, "it must be at least 1")?;
        }
        Ok(InitialSelection { params: self })
    }

    /// Checks and selects from one stack in one go.
    ///
    /// # Errors
    /// As [`InitialParams::check`] and [`InitialSelection::select`].
    pub fn select(self, records: &[QualityRecord]) -> Result<InitialSet, Error> {
        self.check()?.select(records)
    }

    /// Checks and selects from several stacks in one go.
    ///
    /// # Errors
    /// As [`InitialParams::check`] and [`InitialSelection::select_stacks`].
    pub fn select_stacks(self, stacks: &[StackRecords<'_>]) -> Result<InitialSets, Error> {
        self.check()?.select_stacks(stacks)
    }
}

impl Gap {
    /// How long it is, in its own unit.
    pub(super) fn length(self) -> f64 {
        match self {
            Self::Slices(slices) => slices as f64,
            Self::Millimetres(length) => length,
        }
    }
}
