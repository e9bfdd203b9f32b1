//! Probability maps beside the truth, without and over thresholds.

mod calibration;
mod histogram;
mod ranking;

use ndarray::{ArrayRef, Dimension};

pub use self::{
    calibration::{CalibrationBin, CalibrationError},
    histogram::ProbabilityHistogram,
    ranking::ThresholdCounts,
};
use crate::{Result, arrays::for_each_row};

/// The probabilities of the pixels of a map beside the truth, from low to high probability.
///
/// ```
/// use ndarray::array;
/// use qunet_segmetrics::ScoredPixels;
///
/// let pixels = ScoredPixels::new(&array![0.25, 0.5, 0.75], &array![false, true, true], None)?;
/// assert_eq!(pixels.roc_auc(), Some(1.0));
/// assert_eq!(pixels.brier(), Some((0.0625 + 0.25 + 0.0625) / 3.0));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredPixels {
    sorted: Vec<(f32, bool)>,
}

impl ScoredPixels {
    /// The pixels of `probability` in [0, 1], of any dimension and stride, where `region` is true
    /// (`None` = everywhere).
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) where the shapes differ, [`Error::NotAProbability`](crate::Error::NotAProbability)
    /// for the first value in the region that is NaN or outside [0, 1].
    pub fn new<D: Dimension>(
        probability: &ArrayRef<f32, D>,
        truth: &ArrayRef<bool, D>,
        region: Option<&ArrayRef<bool, D>>,
    ) -> Result<Self> {
        let mut sorted = Vec::new();
        for_each_row(probability, truth, region, |p, t, inside| {
            let pixels = p.iter().copied().zip(t.iter().copied()).zip(inside);
            sorted.extend(pixels.filter(|&(_, &inside)| inside).map(|(pixel, _)| pixel));
        })?;
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        Ok(Self { sorted })
    }

    /// Mean of a loss of (probability, truth); `None` without a pixel.
    fn mean(&self, loss: impl Fn(f64, bool) -> f64) -> Option<f64> {
        let sum: f64 = self.sorted.iter().map(|&(p, actual)| loss(f64::from(p), actual)).sum();
        (!self.sorted.is_empty()).then(|| sum / self.sorted.len() as f64)
    }
}
