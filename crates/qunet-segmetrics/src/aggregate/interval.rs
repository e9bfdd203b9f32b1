//! Intervals from the statistics of resamples.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use super::summary::quantile;

/// How an interval follows from the statistics of the resamples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalMethod {
    /// Their quantiles.
    Percentile,
    /// Their quantiles, shifted for bias and skewness (bias-corrected and accelerated; Efron 1987).
    ///
    /// The correction has a pole, which strong skewness and a level near 1 reach: from there on the
    /// end of the interval is the extreme of the resamples. Statistics without one case each that
    /// are all equal mean no acceleration.
    #[default]
    Bca,
}

/// A confidence interval of a statistic.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The statistic of the values themselves: their mean, unless another was asked for.
    pub estimate: f64,
    /// The lower end, <= `high`.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    pub(super) fn of_no_length(estimate: f64) -> Self {
        Self { estimate, low: estimate, high: estimate }
    }

    /// The interval from ascending statistics of resamples, of which there is at least one.
    pub(super) fn percentile(level: f64, estimate: f64, resampled: &[f64]) -> Self {
        let tail = (1.0 - level) / 2.0;
        Self::at([tail, 1.0 - tail], estimate, resampled)
    }

    /// As [`percentile`](Self::percentile), corrected by the statistics without one case each.
    pub(super) fn bca(level: f64, estimate: f64, resampled: &[f64], left_out: &[f64]) -> Self {
        let bias = bias(estimate, resampled);
        let acceleration = acceleration(left_out);
        // One quantile and its negative: the other would be infinite for a level next to 1.
        let upper = -Normal::standard().inverse_cdf((1.0 - level) / 2.0);
        let shares = [-upper, upper].map(|z| corrected(bias, acceleration, z));
        Self::at(shares, estimate, resampled)
    }

    fn at(shares: [f64; 2], estimate: f64, resampled: &[f64]) -> Self {
        let [low, high] = shares.map(|share| quantile(resampled, share).unwrap_or(estimate));
        Self { estimate, low, high }
    }
}

/// z0: the normal quantile of the share of resamples below the estimate; infinite where all lie
/// on one side. Half of those that equal it count as below.
fn bias(estimate: f64, resampled: &[f64]) -> f64 {
    // The same values in another order add up to another rounding: of few cases that is a large
    // share of the resamples.
    let largest = resampled.iter().fold(estimate.abs(), |largest, value| largest.max(value.abs()));
    let rounding = 64.0 * f64::EPSILON * largest;
    let below = resampled.partition_point(|&value| value < estimate - rounding);
    let not_above = resampled.partition_point(|&value| value <= estimate + rounding);
    Normal::standard().inverse_cdf((below + not_above) as f64 / (2 * resampled.len()) as f64)
}

/// a: a sixth of the skewness of the statistics without one case each, mirrored.
fn acceleration(left_out: &[f64]) -> f64 {
    let mean = left_out.iter().sum::<f64>() / left_out.len() as f64;
    let size = left_out.iter().fold(0.0, |size: f64, value| size.max((mean - value).abs()));
    // In units of the largest, so that no power of a deviation vanishes or overflows.
    let moment =
        |power| left_out.iter().map(|value| ((mean - value) / size).powi(power)).sum::<f64>();
    if size > 0.0 { moment(3) / (6.0 * moment(2).powf(1.5)) } else { 0.0 }
}

/// The share of the resamples at which a corrected interval ends: Phi(z0 + w / (1 - a w)) with
/// w = z0 + z, which rises with z up to the pole at a w = 1, and is held at its limit beyond.
fn corrected(bias: f64, acceleration: f64, z: f64) -> f64 {
    let normal = Normal::standard();
    let shifted = bias + z;
    let denominator = 1.0 - acceleration * shifted;
    if shifted.is_infinite() {
        normal.cdf(shifted)
    } else if denominator > 0.0 {
        normal.cdf(bias + shifted / denominator)
    } else {
        f64::from(shifted > 0.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::corrected;

    #[test]
    fn beyond_the_pole_the_share_is_the_limit_before_it() {
        assert_eq!(corrected(0.0, 0.25, 4.0), 1.0);
        assert_eq!(corrected(0.0, 0.25, 40.0), 1.0);
        assert_eq!(corrected(0.0, -0.25, -40.0), 0.0);
        assert_eq!(corrected(f64::INFINITY, 0.1, -3.0), 1.0);
        assert_eq!(corrected(f64::NEG_INFINITY, 0.1, 3.0), 0.0);
    }

    proptest! {
        #[test]
        fn shares_rise_with_z(
            bias in -4.0..4.0_f64, acceleration in -0.5..0.5_f64,
            z in -9.0..9.0_f64, further in 0.0..9.0_f64,
        ) {
            let [share, next] = [z, z + further].map(|z| corrected(bias, acceleration, z));
            prop_assert!((0.0..=1.0).contains(&share) && share <= next, "{share} {next}");
        }
    }
}
