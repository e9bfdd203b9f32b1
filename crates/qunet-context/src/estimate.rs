//! How good the segmentation of the slices that nobody drew is, by those that were drawn.

use serde::{Deserialize, Serialize};

/// A drawn slice that was held back from all that segmented it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// Its Dice; `None` where neither the segmentation nor what was drawn shows anything.
    pub dice: Option<f64>,
    /// How far it lies from the next drawn slice, > 0, in any unit.
    pub distance: f64,
}

/// An estimate of the mean Dice of the slices that nobody drew, with its 90 % interval.
///
/// It rests on drawn slices that were held back from all that segmented them. Those lie farther from
/// the next drawn slice than others do, and a segmentation is the worse the farther it is from what
/// was drawn; so their error 1 - Dice is brought to the distances of the slices that nobody drew. On
/// the other hand weights and threshold were chosen by the very same slices, which flatters them, the
/// more so the fewer they are: one more slice is counted whose Dice is 0.5.
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

/// An error grows with this power of the distance; `docs/completion.md` has the measurements.
const GROWTH: f64 = 0.3;

/// The error of the slice that is counted beside those held back.
const DOUBT: f64 = 0.5;

/// What the standard deviation of the values would be without any: as if two more had it.
const SPREAD: f64 = 0.25;

/// The quantile of the normal distribution that leaves 5 % on either side.
const NORMAL_95: f64 = 1.645;

impl Estimate {
    /// From slices that were held back, and from how far each slice that nobody drew lies from the
    /// next drawn one, in the same unit; `None` where no Dice is defined.
    ///
    /// The error of a slice at distance d is taken as proportional to d^0.3: with n slices held back,
    /// the error e and the mean Dice are
    ///
    /// ```text
    /// e = mean(1 - Dice of those held back) · mean(d^0.3 of the rest) / mean(d^0.3 of those held back)
    /// 1 - (n · e + 0.5) / (n + 1)
    /// ```
    ///
    /// and at least 0. The interval is that mean ± 1.645 s / √n. The variance s² is that of the Dice
    /// of those held back, drawn towards 0.25² as if two more values had that spread: a few values
    /// that happen to agree do not make an estimate certain.
    ///
    /// ```
    /// use qunet_context::{Estimate, Judged};
    ///
    /// let held = [Some(0.6), None, Some(0.8)].map(|dice| Judged { dice, distance: 4.0 });
    /// let estimate = Estimate::new(&held, &[4.0]).expect("two values");
    /// // (2 · 0.3 + 0.5) / 3 = 0.367 is the error.
    /// assert_eq!((estimate.slices, (estimate.dice * 1e3).round()), (2, 633.0));
    /// // s² = (2 · 0.1² + 2 · 0.25²) / 4, so 1.645 s / √2 = 0.221.
    /// assert!((estimate.high - estimate.dice - 0.221).abs() < 1e-3);
    /// // A quarter of the distance leaves 0.25^0.3 = 0.660 of the error.
    /// let near = Estimate::new(&held, &[1.0, 1.0]).expect("two values");
    /// assert!((near.dice - (1.0 - (2.0 * 0.3 * 0.6598 + 0.5) / 3.0)).abs() < 1e-4);
    /// assert_eq!(Estimate::new(&held[1..2], &[1.0]), None);
    /// ```
    #[must_use]
    pub fn new(held_back: &[Judged], open: &[f64]) -> Option<Self> {
        let defined = |it: &Judged| Some((it.dice?, it.distance));
        let (values, held): (Vec<f64>, Vec<f64>) = held_back.iter().filter_map(defined).unzip();
        if values.is_empty() {
            return None;
        }
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let variance = (squares + 2.0 * SPREAD * SPREAD) / (count + 2.0);
        let half = NORMAL_95 * (variance / count).sqrt();
        let nearer = if open.is_empty() { 1.0 } else { grown(open) / grown(&held) };
        let error = (count * (1.0 - mean) * nearer + DOUBT) / (count + 1.0);
        let dice = (1.0 - error).max(0.0);
        let (low, high) = ((dice - half).max(0.0), (dice + half).min(1.0));
        Some(Self { dice, low, high, slices: values.len() })
    }
}

/// How much an error grows over these distances, in the mean.
fn grown(distances: &[f64]) -> f64 {
    distances.iter().map(|distance| distance.powf(GROWTH)).sum::<f64>() / distances.len() as f64
}
