use ndarray::{ArrayRef, Dimension};

use super::input::{Pair, check_percent, check_tolerance, with_pair};
use super::region::{BoundingBox, Volume};
use super::transform::nearest;
use super::{BoundaryOptions, Quantile};
use crate::{EmptyPolicy, Result};

/// The distances between the surface pixels of a prediction and a truth, in the units of the
/// spacing; every metric of them is read from here.
///
/// | surfaces | distances (HD, HDp, ASSD, MASD) | surface Dice |
/// |---|---|---|
/// | both empty | `None` | what the policy says |
/// | one empty | `None` | 0 |
/// | neither | finite, lower = better | in [0, 1], higher = better |
///
/// | mask | surface pixels, background beyond | surface pixels, foreground beyond |
/// |---|---|---|
/// | one pixel of 3 x 3, at a corner or the centre | 1 | 1 |
/// | a full 1 x 5 row | 5 | none |
/// | a full 3 x 3 image | 8 | none |
/// | the left 2 columns of 4 x 4 | 8 | 4 |
///
/// ```
/// use ndarray::array;
/// use qunet_segmetrics::{BoundaryOptions, EmptyPolicy, SurfaceDistances};
///
/// let prediction = array![[true, false, false, false]];
/// let truth = array![[false, false, true, true]];
/// let distances =
///     SurfaceDistances::between(&prediction, &truth, &[1.0, 0.5], BoundaryOptions::default())?;
/// assert_eq!(distances.hausdorff(), Some(1.5));
/// assert_eq!(distances.assd(), Some((1.0 + 1.0 + 1.5) / 3.0));
/// assert_eq!(distances.masd(), Some((1.0 + 1.25) / 2.0));
/// assert_eq!(distances.surface_dice(1.0, EmptyPolicy::Undefined)?, Some(2.0 / 3.0));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SurfaceDistances {
    from_prediction: Vec<f64>,
    from_truth: Vec<f64>,
    prediction_points: usize,
    truth_points: usize,
    quantile: Quantile,
}

impl SurfaceDistances {
    /// Between two masks of one to three axes; `spacing` has one length per axis, in array order.
    ///
    /// # Errors
    /// [`crate::Error::ShapeMismatch`]; [`crate::Error::Dimensions`] for no or more than three axes;
    /// [`crate::Error::Spacing`] unless there is one length from 1e-100 to 1e100 for each axis.
    pub fn between<D: Dimension>(
        prediction: &ArrayRef<bool, D>,
        truth: &ArrayRef<bool, D>,
        spacing: &[f64],
        options: BoundaryOptions,
    ) -> Result<Self> {
        with_pair(prediction, truth, spacing, |pair| Self::of(&pair, options))
    }

    fn of(pair: &Pair<'_>, options: BoundaryOptions) -> Self {
        let surface = |mask: &Volume<'_>| {
            pair.bounds.map_or_else(Vec::new, |bounds| mask.surface(bounds, options))
        };
        let (prediction, truth) = (surface(&pair.prediction), surface(&pair.truth));
        let size = pair.bounds.map_or([0; 3], BoundingBox::size);
        let mut distances = Self {
            from_prediction: Vec::new(),
            from_truth: Vec::new(),
            prediction_points: prediction.len(),
            truth_points: truth.len(),
            quantile: options.quantile,
        };
        if !prediction.is_empty() && !truth.is_empty() {
            distances.from_prediction = sorted(nearest(&prediction, &truth, size, pair.lengths));
            distances.from_truth = sorted(nearest(&truth, &prediction, size, pair.lengths));
        }
        distances
    }

    /// From each surface pixel of the prediction to the truth's surface, ascending.
    #[must_use]
    pub fn from_prediction(&self) -> &[f64] {
        &self.from_prediction
    }

    /// From each surface pixel of the truth to the prediction's surface, ascending.
    #[must_use]
    pub fn from_truth(&self) -> &[f64] {
        &self.from_truth
    }

    /// Hausdorff distance: the largest distance of either direction.
    #[must_use]
    pub fn hausdorff(&self) -> Option<f64> {
        Some(self.from_prediction.last()?.max(*self.from_truth.last()?))
    }

    /// HDp as in MONAI: the larger of the two directed percentiles, `percent` in [0, 100].
    ///
    /// # Errors
    /// [`crate::Error::Percentile`] outside [0, 100].
    pub fn hausdorff_max_directed(&self, percent: f64) -> Result<Option<f64>> {
        check_percent(percent)?;
        let directed = |sorted| percentile(sorted, percent, self.quantile);
        let pair = directed(&self.from_prediction).zip(directed(&self.from_truth));
        Ok(pair.map(|(a, b)| a.max(b)))
    }

    /// HDp as in medpy: the percentile of the distances of both directions together.
    ///
    /// # Errors
    /// [`crate::Error::Percentile`] outside [0, 100].
    pub fn hausdorff_pooled(&self, percent: f64) -> Result<Option<f64>> {
        check_percent(percent)?;
        let pooled = sorted([self.from_prediction(), self.from_truth()].concat());
        Ok(percentile(&pooled, percent, self.quantile))
    }

    /// Average symmetric surface distance: the mean over the distances of both directions together.
    #[must_use]
    pub fn assd(&self) -> Option<f64> {
        let count = self.from_prediction.len() + self.from_truth.len();
        let sum = self.from_prediction.iter().sum::<f64>() + self.from_truth.iter().sum::<f64>();
        (count > 0).then(|| sum / count as f64)
    }

    /// Mean average surface distance: the mean of the two directed means.
    #[must_use]
    pub fn masd(&self) -> Option<f64> {
        Some((mean(&self.from_prediction)? + mean(&self.from_truth)?) / 2.0)
    }

    /// Surface Dice (NSD) by pixels: the part of both surfaces within `tolerance` of the other.
    ///
    /// # Errors
    /// [`crate::Error::Tolerance`] unless it is finite and not negative.
    pub fn surface_dice(&self, tolerance: f64, policy: EmptyPolicy) -> Result<Option<f64>> {
        check_tolerance(tolerance)?;
        let within = |sorted: &[f64]| sorted.partition_point(|&d| d <= tolerance) as u64;
        let hits = within(&self.from_prediction) + within(&self.from_truth);
        Ok(policy.ratio(hits, (self.prediction_points + self.truth_points) as u64))
    }
}

fn sorted(mut distances: Vec<f64>) -> Vec<f64> {
    distances.sort_unstable_by(f64::total_cmp);
    distances
}

fn mean(distances: &[f64]) -> Option<f64> {
    (!distances.is_empty()).then(|| distances.iter().sum::<f64>() / distances.len() as f64)
}

fn percentile(sorted: &[f64], percent: f64, quantile: Quantile) -> Option<f64> {
    let position = percent / 100.0 * sorted.len().checked_sub(1)? as f64;
    let low = sorted[position.floor() as usize];
    let high = sorted[position.ceil() as usize];
    Some(match quantile {
        Quantile::Linear => low + (high - low) * position.fract(),
        Quantile::Lower => low,
        Quantile::Higher => high,
    })
}
