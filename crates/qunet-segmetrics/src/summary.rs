use serde::{Deserialize, Serialize};

/// Mean, spread and median of the defined values of a series, and how many were not.
///
/// Undefined values are left out of the statistics and counted, so that a reader sees how many
/// slices a mean speaks for. A NaN counts as undefined.
///
/// ```
/// use qunet_segmetrics::Summary;
///
/// let dice = Summary::from_values([Some(0.5), None, Some(1.0), Some(0.75), Some(0.75)]);
/// assert_eq!((dice.mean, dice.median), (Some(0.75), Some(0.75)));
/// assert_eq!((dice.defined, dice.undefined), (4, 1));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Mean of the defined values; `None` without any.
    pub mean: Option<f64>,
    /// Sample standard deviation (divided by n - 1) of the defined values; `None` below two.
    pub std: Option<f64>,
    /// Median of the defined values, the mean of the middle two of an even number; `None`
    /// without any.
    pub median: Option<f64>,
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
    /// assert_eq!(Summary::from_values([None]).mean, None);
    /// ```
    #[must_use]
    pub fn from_values(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let mut undefined = 0;
        let mut defined = Vec::new();
        for value in values {
            match value.filter(|value| !value.is_nan()) {
                Some(value) => defined.push(value),
                None => undefined += 1,
            }
        }
        let mean = mean(&defined);
        let std = mean.and_then(|mean| sample_deviation(&defined, mean));
        defined.sort_by(f64::total_cmp);
        Self { mean, std, median: middle(&defined), defined: defined.len(), undefined }
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn sample_deviation(values: &[f64], mean: f64) -> Option<f64> {
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

fn middle(sorted: &[f64]) -> Option<f64> {
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get((sorted.len() - 1) / 2)?;
    Some(f64::midpoint(*lower, *upper))
}
