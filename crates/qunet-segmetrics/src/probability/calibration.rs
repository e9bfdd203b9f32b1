//! What probabilities announce beside what is true.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::ScoredPixels;
use crate::sums::sum_of_fields;

/// How far probabilities are from the frequencies they announce; in [0, 1], lower = better.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationError {
    /// ECE: mean over the pixels of |mean probability - fraction true| of their bin.
    pub expected: f64,
    /// MCE: the largest of these over the bins that hold a pixel.
    pub maximum: f64,
}

/// The pixels of a range of probabilities: a point of a reliability diagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Number of pixels.
    pub pixels: u64,
    /// Number of true ones.
    pub positives: u64,
    /// Sum of the probabilities.
    pub probability_sum: f64,
}

impl CalibrationBin {
    /// What the probabilities announce, in [0, 1]; `None` without a pixel.
    #[must_use]
    pub fn mean_probability(&self) -> Option<f64> {
        (self.pixels > 0).then(|| self.probability_sum / self.pixels as f64)
    }

    /// The fraction of true pixels, in [0, 1]; `None` without a pixel.
    #[must_use]
    pub fn frequency(&self) -> Option<f64> {
        (self.pixels > 0).then(|| self.positives as f64 / self.pixels as f64)
    }

    /// |mean probability - fraction true|, in [0, 1], lower = better; `None` without a pixel.
    #[must_use]
    pub fn gap(&self) -> Option<f64> {
        Some((self.mean_probability()? - self.frequency()?).abs())
    }

    pub(super) fn observe(&mut self, probability: f64, actual: bool) {
        self.pixels += 1;
        self.positives += u64::from(actual);
        self.probability_sum += probability;
    }
}

sum_of_fields! { CalibrationBin { pixels, positives, probability_sum } }

impl CalibrationError {
    /// The error of the bins of a reliability diagram; `None` without a pixel.
    ///
    /// # Example
    /// ```
    /// use qunet_segmetrics::{CalibrationBin, CalibrationError};
    ///
    /// let low = CalibrationBin { pixels: 3, positives: 0, probability_sum: 0.75 };
    /// let high = CalibrationBin { pixels: 1, positives: 1, probability_sum: 0.5 };
    /// let error = CalibrationError::from_bins(&[low, high]).expect("there are pixels");
    /// assert_eq!((error.expected, error.maximum), (0.75 * 0.25 + 0.25 * 0.5, 0.5));
    /// ```
    #[must_use]
    pub fn from_bins(bins: &[CalibrationBin]) -> Option<Self> {
        let pixels: u64 = bins.iter().map(|bin| bin.pixels).sum();
        let mut error = Self { expected: 0.0, maximum: 0.0 };
        for (gap, bin) in bins.iter().filter_map(|bin| Some((bin.gap()?, bin))) {
            error.expected += gap * bin.pixels as f64 / pixels as f64;
            error.maximum = error.maximum.max(gap);
        }
        (pixels > 0).then_some(error)
    }
}

/// Which of `bins` of equal width, (low, high] and the first with 0, holds a probability.
pub(super) fn bin(probability: f32, bins: NonZeroUsize) -> usize {
    ((f64::from(probability) * bins.get() as f64).ceil() as usize).saturating_sub(1)
}

impl ScoredPixels {
    /// Brier score: mean of (probability - truth)², in [0, 1], lower = better; `None` without a
    /// pixel.
    #[must_use]
    pub fn brier(&self) -> Option<f64> {
        self.mean(|p, actual| (p - f64::from(u8::from(actual))).powi(2))
    }

    /// Log loss: mean of -ln of the probability given to the truth, in nats, lower = better;
    /// `None` without a pixel.
    ///
    /// As in scikit-learn a probability is held in [eps, 1 - eps] of `f64`, so that it is finite.
    #[must_use]
    pub fn log_loss(&self) -> Option<f64> {
        self.mean(|p, actual| {
            let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
            -(if actual { p } else { 1.0 - p }).ln()
        })
    }

    /// The reliability diagram of the foreground over `bins` of equal width, (low, high] and the
    /// first with 0. 10 or 15 bins are usual.
    ///
    /// # Example
    /// ```
    /// use ndarray::array;
    /// use qunet_segmetrics::ScoredPixels;
    ///
    /// let (probability, truth) = (array![0.0, 0.5, 0.75, 1.0], array![false, false, true, true]);
    /// let pixels = ScoredPixels::new(&probability, &truth, None)?;
    /// let diagram = pixels.calibration_bins(2.try_into().expect("not 0"));
    /// assert_eq!(diagram[0].mean_probability(), Some(0.25));
    /// assert_eq!((diagram[1].pixels, diagram[1].frequency()), (2, Some(1.0)));
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    #[must_use]
    pub fn calibration_bins(&self, bins: NonZeroUsize) -> Vec<CalibrationBin> {
        let mut diagram = vec![CalibrationBin::default(); bins.get()];
        for &(p, actual) in &self.sorted {
            diagram[bin(p, bins)].observe(f64::from(p), actual);
        }
        diagram
    }

    /// Calibration error of the foreground over the [`calibration_bins`](Self::calibration_bins);
    /// `None` without a pixel.
    #[must_use]
    pub fn calibration_error(&self, bins: NonZeroUsize) -> Option<CalibrationError> {
        CalibrationError::from_bins(&self.calibration_bins(bins))
    }
}
