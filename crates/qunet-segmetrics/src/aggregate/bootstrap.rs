use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use super::{defined, mean, quantile::quantile};
use crate::{Error, Result};

/// How an interval follows from the means of the resamples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalMethod {
    /// Their quantiles.
    Percentile,
    /// Their quantiles, shifted for bias and skewness (bias-corrected and accelerated; Efron 1987).
    #[default]
    Bca,
}

/// A confidence interval of a mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The mean itself.
    pub mean: f64,
    /// The lower end, <= `high`.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Bootstrap confidence interval of the mean of independent cases.
///
/// The cases are drawn with replacement, as many as there are, `resamples` times; the interval
/// follows from the means of the draws. Slices of one volume are not independent: give one value
/// per volume. The same seed gives the same interval on every machine.
///
/// ```
/// use qunet_segmetrics::Bootstrap;
///
/// let dice = [0.91, 0.85, 0.88, 0.42, 0.95, 0.79].map(Some);
/// let interval = Bootstrap::default().mean(dice)?.expect("there are values");
/// assert!(interval.low < interval.mean && interval.mean < interval.high);
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bootstrap {
    /// Number of resamples, at least 1; 10,000 by default.
    pub resamples: usize,
    /// The share of intervals that hold the true mean, in (0, 1); 0.95 by default.
    pub level: f64,
    /// How the interval follows from the resamples.
    pub method: IntervalMethod,
    /// The seed of the draws.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { resamples: 10_000, level: 0.95, method: IntervalMethod::Bca, seed: 0 }
    }
}

impl Bootstrap {
    /// The interval of the mean of the defined `values`.
    ///
    /// `None` without a defined value (see [`Summary`](crate::Summary)); one value, or values that are all
    /// equal, give an interval of no length, which says nothing about further cases.
    ///
    /// # Errors
    /// [`Error::Bootstrap`] for no resamples or a level outside (0, 1).
    ///
    /// # Example
    /// ```
    /// use qunet_segmetrics::Bootstrap;
    ///
    /// let interval = Bootstrap::default().mean([Some(0.5), None])?.expect("one value");
    /// assert_eq!((interval.low, interval.high), (0.5, 0.5));
    /// assert_eq!(Bootstrap::default().mean([None])?, None);
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    pub fn mean(&self, values: impl IntoIterator<Item = Option<f64>>) -> Result<Option<Interval>> {
        if self.resamples == 0 {
            return Err(Error::Bootstrap { name: "resamples", value: 0.0, rule: "at least 1" });
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            let rule = "above 0 and below 1; 0.95 is usual";
            return Err(Error::Bootstrap { name: "level", value: self.level, rule });
        }
        let (values, _) = defined(values);
        Ok(mean(&values).map(|mean| self.interval(&values, mean)))
    }

    fn interval(&self, values: &[f64], mean: f64) -> Interval {
        if values.iter().all(|&value| value == values[0]) {
            return Interval { mean, low: values[0], high: values[0] };
        }
        let means = self.means(values);
        let tail = (1.0 - self.level) / 2.0;
        let shares = match self.method {
            IntervalMethod::Percentile => [tail, 1.0 - tail],
            IntervalMethod::Bca => corrected(values, mean, &means, [tail, 1.0 - tail]),
        };
        let [low, high] = shares.map(|share| quantile(&means, share).unwrap_or(mean));
        Interval { mean, low, high }
    }

    /// The means of the resamples, in ascending order.
    fn means(&self, values: &[f64]) -> Vec<f64> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let count = values.len();
        let mut means: Vec<f64> =
            (0..self.resamples).map(|_| draw(values, &mut random) / count as f64).collect();
        means.sort_by(f64::total_cmp);
        means
    }
}

/// The sum of as many values as there are, drawn with replacement.
fn draw(values: &[f64], random: &mut impl Rng) -> f64 {
    values.iter().map(|_| values[random.random_range(0..values.len())]).sum()
}

/// The shares of the resampled means at which a corrected interval ends.
fn corrected(values: &[f64], mean: f64, means: &[f64], shares: [f64; 2]) -> [f64; 2] {
    let normal = Normal::standard();
    let below = means.partition_point(|&resampled| resampled < mean);
    let not_above = means.partition_point(|&resampled| resampled <= mean);
    let bias = normal.inverse_cdf((below + not_above) as f64 / (2 * means.len()) as f64);
    let moment = |power| values.iter().map(|value| (value - mean).powi(power)).sum::<f64>();
    // The skewness of the means without one value each, which for a mean is that of the values.
    let acceleration = moment(3) / (6.0 * moment(2).powf(1.5));
    shares.map(|share| {
        let shifted = bias + normal.inverse_cdf(share);
        // Where all resampled means lie on one side, the bias is infinite and so is the shift.
        let ratio = shifted / (1.0 - acceleration * shifted);
        if shifted.is_finite() { normal.cdf(bias + ratio) } else { normal.cdf(shifted) }
    })
}
