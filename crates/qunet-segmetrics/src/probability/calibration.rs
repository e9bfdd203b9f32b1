use std::num::NonZeroUsize;

use super::ScoredPixels;

/// How far probabilities are from the frequencies they announce; in [0, 1], lower = better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibrationError {
    /// ECE: mean over the pixels of |mean probability - fraction true| of their bin.
    pub expected: f64,
    /// MCE: the largest of these over the bins that hold a pixel.
    pub maximum: f64,
}

impl ScoredPixels {
    /// Brier score: mean of (probability - truth)^2, in [0, 1], lower = better; `None` without a
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

    /// Calibration error of the foreground over `bins` of equal width, (low, high] and the first
    /// with 0; `None` without a pixel. 10 or 15 bins are usual.
    #[must_use]
    pub fn calibration_error(&self, bins: NonZeroUsize) -> Option<CalibrationError> {
        let bin = |p: f32| ((f64::from(p) * bins.get() as f64).ceil() as usize).saturating_sub(1);
        let mut error = CalibrationError { expected: 0.0, maximum: 0.0 };
        // The pixels are sorted, so those of a bin lie side by side.
        for members in self.sorted.chunk_by(|a, b| bin(a.0) == bin(b.0)) {
            let excess: f64 =
                members.iter().map(|&(p, t)| f64::from(p) - f64::from(u8::from(t))).sum();
            error.expected += excess.abs() / self.sorted.len() as f64;
            error.maximum = error.maximum.max(excess.abs() / members.len() as f64);
        }
        (!self.sorted.is_empty()).then_some(error)
    }
}
