use ndarray::Array1;
use ndarray_stats::Quantile1dExt;
use ndarray_stats::interpolate::Linear;
use noisy_float::types::{N64, n64};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::require;

/// Where a metric's limit lies; a slice passes when its value is strictly below.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Threshold {
    /// So many times the stack's mean; the paper's "below average" is 1.
    MeanScale(f64),
    /// The value below which this share of the slices lies, in (0, 1].
    Quantile(f64),
    /// This value.
    Value(f64),
}

impl Threshold {
    pub(crate) fn check(self, field: &'static str) -> Result<(), Error> {
        match self {
            Self::MeanScale(scale) => {
                let holds = scale > 0.0 && scale.is_finite();
                require(holds, field, scale, "a scale of the mean must be positive")
            }
            Self::Quantile(share) => {
                let holds = share > 0.0 && share <= 1.0;
                require(holds, field, share, "a quantile must lie in (0, 1]")
            }
            Self::Value(value) => {
                require(value.is_finite(), field, value, "a limit must be finite")
            }
        }
    }

    /// The limit for these values (all finite), whatever their order; `None` where there are none.
    ///
    /// The mean is not `ndarray`'s, whose sum depends on the order of the values.
    pub(crate) fn limit(self, values: &[f64]) -> Option<f64> {
        match self {
            _ if values.is_empty() => None,
            Self::MeanScale(scale) => {
                let mut sorted = values.to_vec();
                sorted.par_sort_unstable_by(f64::total_cmp);
                let (lowest, highest) = (*sorted.first()?, *sorted.last()?);
                // Rounding must not put the mean of equal values above them.
                let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
                Some(scale * mean.clamp(lowest, highest))
            }
            Self::Value(value) => Some(value),
            Self::Quantile(share) => {
                let mut values: Array1<N64> = values.iter().map(|&value| n64(value)).collect();
                values.quantile_mut(n64(share), &Linear).ok().map(N64::raw)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_by_hand() {
        let values = [1.0, 2.0, 3.0, 6.0];
        assert_eq!(Threshold::MeanScale(1.0).limit(&values), Some(3.0));
        assert_eq!(Threshold::MeanScale(0.5).limit(&values), Some(1.5));
        // numpy.quantile([1, 2, 3, 6], 0.5) = 2.5; 0.9 gives 5.1.
        assert_eq!(Threshold::Quantile(0.5).limit(&values), Some(2.5));
        assert!((Threshold::Quantile(0.9).limit(&values).unwrap() - 5.1).abs() < 1e-12);
        assert_eq!(Threshold::Value(0.7).limit(&values), Some(0.7));
        assert_eq!(Threshold::MeanScale(1.0).limit(&[]), None);
    }
}
