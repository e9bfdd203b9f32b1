//! A series of values in a few numbers.

use serde::{Deserialize, Serialize};

/// Mean, spread and quartiles of the defined values of a series, and how many were not.
///
/// Undefined values are left out of the statistics and counted, so that a reader sees how many
/// slices a mean speaks for. NaN and the infinities count as undefined; a mean or deviation
/// beyond the largest `f64` is `None`.
///
/// ```
/// use qunet_segmetrics::Summary;
///
/// let dice = Summary::from_values([Some(0.5), None, Some(1.0), Some(0.75), Some(0.75)]);
/// assert_eq!((dice.mean, dice.median), (Some(0.75), Some(0.75)));
/// assert_eq!((dice.defined, dice.undefined), (4, 1));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// Mean of the defined values; `None` without any.
    pub mean: Option<f64>,
    /// Sample standard deviation (divided by n - 1) of the defined values; `None` below two.
    pub std: Option<f64>,
    /// The smallest; `None` without any.
    pub min: Option<f64>,
    /// The quarter of the values lies below it, interpolated linearly as NumPy does.
    pub lower_quartile: Option<f64>,
    /// Median of the defined values, the mean of the middle two of an even number; `None`
    /// without any.
    pub median: Option<f64>,
    /// Three quarters of the values lie below it, interpolated linearly as NumPy does.
    pub upper_quartile: Option<f64>,
    /// The largest; `None` without any.
    pub max: Option<f64>,
    /// Number of defined values.
    pub defined: usize,
    /// Number of undefined values.
    pub undefined: usize,
}

impl Summary {
    /// Summarises `values`.
    ///
    /// # Example
    /// ```
    /// use qunet_segmetrics::Summary;
    ///
    /// let summary = Summary::from_values([Some(1.0), Some(3.0)]);
    /// assert_eq!((summary.mean, summary.std), (Some(2.0), Some(2.0_f64.sqrt())));
    /// assert_eq!((summary.lower_quartile, summary.upper_quartile), (Some(1.5), Some(2.5)));
    /// assert_eq!(Summary::from_values([None]).mean, None);
    /// ```
    #[must_use]
    pub fn from_values(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let (mut values, undefined) = defined(values);
        let mean = mean(&values);
        let std = mean.and_then(|mean| sample_deviation(&values, mean));
        values.sort_by(f64::total_cmp);
        Self {
            mean,
            std,
            min: values.first().copied(),
            lower_quartile: quantile(&values, 0.25),
            median: quantile(&values, 0.5),
            upper_quartile: quantile(&values, 0.75),
            max: values.last().copied(),
            defined: values.len(),
            undefined,
        }
    }
}

fn sample_deviation(values: &[f64], mean: f64) -> Option<f64> {
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = (squares / values.len().checked_sub(1)? as f64).sqrt();
    Some(deviation).filter(|deviation| deviation.is_finite())
}

/// The defined values of a series, in its order, and the number of those that are not;
/// NaN and the infinities are undefined.
pub(super) fn defined(values: impl IntoIterator<Item = Option<f64>>) -> (Vec<f64>, usize) {
    let mut undefined = 0;
    let mut defined = Vec::new();
    for value in values {
        match value.filter(|value| value.is_finite()) {
            Some(value) => defined.push(value),
            None => undefined += 1,
        }
    }
    (defined, undefined)
}

/// `None` without values, or where their sum is beyond the numbers. In the order of the values: the
/// mean of `ndarray` adds eight sums and differs in the last place.
fn mean(values: &[f64]) -> Option<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Some(mean).filter(|mean| mean.is_finite())
}

/// The quantile `share` in [0, 1] of values in ascending order, interpolated linearly between the
/// two nearest (NumPy's default, type 7 of Hyndman and Fan 1996); `None` without values.
///
/// Not that of `ndarray_stats`: it interpolates from the lower value alone, which differs from NumPy in
/// the last place and overflows where the two are far apart.
pub(super) fn quantile(ascending: &[f64], share: f64) -> Option<f64> {
    let position = share * ascending.len().checked_sub(1)? as f64;
    let (below, above) = (position.floor(), position.ceil());
    let (low, high) = (*ascending.get(below as usize)?, *ascending.get(above as usize)?);
    let part = position - below;
    // Half of it, which is finite for any two numbers.
    let distance = 0.5 * high - 0.5 * low;
    // From the nearer end, so that equal neighbours give themselves.
    let nearer = part.min(1.0 - part) * 2.0;
    Some(if part < 0.5 { low + distance * nearer } else { high - distance * nearer })
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quartiles_are_those_of_numpy() {
        // numpy.quantile([1, 2, 4, 8], [0, .25, .5, .75, 1])
        let expected = [1.0, 1.75, 3.0, 5.0, 8.0];
        for (share, expected) in [0.0, 0.25, 0.5, 0.75, 1.0].into_iter().zip(expected) {
            assert_eq!(quantile(&[1.0, 2.0, 4.0, 8.0], share), Some(expected));
        }
        assert_eq!(quantile(&[7.0], 0.3), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
