//! How good the segmentation of the slices that nobody drew is, by those that were drawn.

use serde::{Deserialize, Serialize};

/// An estimate of the mean Dice of the slices that nobody drew, with its 90 % interval.
///
/// It rests on drawn slices that were held back from all that segmented them. They lie farther from
/// the next drawn slice than others do, so that the estimate tends to be low rather than high.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The mean Dice, in [0, 1].
    pub dice: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
    /// Drawn slices it rests on: those whose Dice is defined.
    pub slices: usize,
}

/// What the interval would be at most without any slice: half of it, for a single slice.
const SPREAD: f64 = 0.25;

/// The quantile of the normal distribution that leaves 5 % on either side.
const NORMAL_95: f64 = 1.645;

impl Estimate {
    /// From the Dice of held-back slices, `None` where it is undefined; `None` where all are.
    ///
    /// The interval is mean ± 1.645 s / √n. The variance s² is that of the values, drawn towards
    /// 0.25² as if two more values had that spread: a few values that happen to agree do not make an
    /// estimate certain.
    ///
    /// ```
    /// use qunet_context::Estimate;
    ///
    /// let estimate = Estimate::from_held_back(&[Some(0.6), None, Some(0.8)]).expect("two values");
    /// assert_eq!((estimate.slices, (estimate.dice * 1e9).round()), (2, 0.7e9));
    /// // s² = (2 · 0.1² + 2 · 0.25²) / 4, so 1.645 s / √2 = 0.221.
    /// assert!((estimate.high - estimate.dice - 0.221).abs() < 1e-3);
    /// assert_eq!(Estimate::from_held_back(&[None]), None);
    /// ```
    #[must_use]
    pub fn from_held_back(dice: &[Option<f64>]) -> Option<Self> {
        let values: Vec<f64> = dice.iter().flatten().copied().collect();
        if values.is_empty() {
            return None;
        }
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let variance = (squares + 2.0 * SPREAD * SPREAD) / (count + 2.0);
        let half = NORMAL_95 * (variance / count).sqrt();
        let (low, high) = ((mean - half).max(0.0), (mean + half).min(1.0));
        Some(Self { dice: mean, low, high, slices: values.len() })
    }
}
