use ndarray::{ArrayRef, Dimension};

use super::region::{Volume, extent};
use super::transform::nearest;
use super::{BoundaryOptions, Quantile};
use crate::{EmptyPolicy, Error, Result};

/// The distances between the surface pixels of a prediction and a truth, in the units of the
/// spacing; every metric of them is read from here.
///
/// | surfaces | distances (HD, HDp, ASSD, MASD) | surface Dice |
/// |---|---|---|
/// | both empty | `None` | what the policy says |
/// | one empty | `None` | 0 |
/// | neither | finite, lower = better | in [0, 1], higher = better |
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
    /// [`Error::ShapeMismatch`]; [`Error::Dimensions`] for no or more than three axes;
    /// [`Error::Spacing`] unless there is one positive finite length for each axis.
    pub fn between<D: Dimension>(
        prediction: &ArrayRef<bool, D>,
        truth: &ArrayRef<bool, D>,
        spacing: &[f64],
        options: BoundaryOptions,
    ) -> Result<Self> {
        let lengths = check(prediction, truth, spacing)?;
        let (extent, ndim) = (extent(prediction), prediction.ndim());
        let (prediction, truth) = (prediction.as_standard_layout(), truth.as_standard_layout());
        let volume = |pixels| Volume { pixels, extent, ndim };
        let prediction = volume(prediction.as_slice().unwrap_or_default());
        let truth = volume(truth.as_slice().unwrap_or_default());
        let boxes = [prediction.bounding_box(), truth.bounding_box()];
        let (prediction, truth, size) = match boxes.into_iter().flatten().reduce(|a, b| a.union(b))
        {
            None => (Vec::new(), Vec::new(), [0; 3]),
            Some(joint) => {
                let surface = |mask: &Volume<'_>| mask.surface(joint, options);
                (surface(&prediction), surface(&truth), joint.size())
            }
        };
        let mut distances = Self {
            from_prediction: Vec::new(),
            from_truth: Vec::new(),
            prediction_points: prediction.len(),
            truth_points: truth.len(),
            quantile: options.quantile,
        };
        if !prediction.is_empty() && !truth.is_empty() {
            distances.from_prediction = sorted(nearest(&prediction, &truth, size, lengths));
            distances.from_truth = sorted(nearest(&truth, &prediction, size, lengths));
        }
        Ok(distances)
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
    /// [`Error::Percentile`] outside [0, 100].
    pub fn hausdorff_max_directed(&self, percent: f64) -> Result<Option<f64>> {
        check_percent(percent)?;
        let directed = |sorted| percentile(sorted, percent, self.quantile);
        let pair = directed(&self.from_prediction).zip(directed(&self.from_truth));
        Ok(pair.map(|(a, b)| a.max(b)))
    }

    /// HDp as in medpy: the percentile of the distances of both directions together.
    ///
    /// # Errors
    /// [`Error::Percentile`] outside [0, 100].
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
    /// [`Error::Tolerance`] unless it is finite and not negative.
    pub fn surface_dice(&self, tolerance: f64, policy: EmptyPolicy) -> Result<Option<f64>> {
        if !(tolerance.is_finite() && tolerance >= 0.0) {
            return Err(Error::Tolerance { value: tolerance });
        }
        let within = |sorted: &[f64]| sorted.partition_point(|&d| d <= tolerance) as u64;
        let hits = within(&self.from_prediction) + within(&self.from_truth);
        Ok(policy.ratio(hits, (self.prediction_points + self.truth_points) as u64))
    }
}

fn check<D: Dimension>(
    prediction: &ArrayRef<bool, D>,
    truth: &ArrayRef<bool, D>,
    spacing: &[f64],
) -> Result<[f64; 3]> {
    if prediction.shape() != truth.shape() {
        return Err(Error::ShapeMismatch {
            name: "truth",
            expected: prediction.shape().to_vec(),
            found: truth.shape().to_vec(),
        });
    }
    let ndim = prediction.ndim();
    if !(1..=3).contains(&ndim) {
        return Err(Error::Dimensions { found: ndim });
    }
    if spacing.len() != ndim || !spacing.iter().all(|&s| s.is_finite() && s > 0.0) {
        return Err(Error::Spacing { axes: ndim, found: spacing.to_vec() });
    }
    let mut lengths = [1.0; 3];
    lengths[3 - ndim..].copy_from_slice(spacing);
    Ok(lengths)
}

fn check_percent(percent: f64) -> Result<()> {
    let valid = (0.0..=100.0).contains(&percent);
    if valid { Ok(()) } else { Err(Error::Percentile { value: percent }) }
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
