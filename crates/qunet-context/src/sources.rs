//! Several segmentations of the same slices made one, each weighed by how well it does where the
//! truth is drawn.

use std::collections::BTreeMap;
use std::fmt;

use ndarray::{Array2, Array3, ArrayRef3, Axis, Zip};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// What can say something of a slice that nobody drew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// The masks drawn on either side, interpolated along z.
    Interpolation,
    /// Boosted trees over the pixels.
    Trees,
    /// The network, shown images alone.
    Network,
    /// The network, shown what was drawn on either side too.
    NetworkWithPrior,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interpolation => "interpolation",
            Self::Trees => "trees",
            Self::Network => "network",
            Self::NetworkWithPrior => "network with prior",
        })
    }
}

/// How much each source counts; the weights add up to 1.
pub type Weights = BTreeMap<Source, f64>;

/// The Dice of a source on each of the slices that were held back; `None` where neither it nor the
/// truth has any foreground.
pub type HeldBack = BTreeMap<Source, Vec<Option<f64>>>;

/// The weights of sources by their Dice on slices that were held back from them:
///
/// ```text
/// w(s) ∝ exp((mean Dice of s - the best mean) / temperature)
/// ```
///
/// A source that is worse than another on every slice never weighs more. Sources without a defined
/// Dice weigh alike.
///
/// ```
/// use qunet_context::{HeldBack, Source, weigh};
///
/// let held_back = HeldBack::from([
///     (Source::Interpolation, vec![Some(0.6), Some(0.8)]),
///     (Source::Network, vec![Some(0.7), Some(0.9)]),
/// ]);
/// let weights = weigh(&held_back, 0.1)?;
/// // Means of 0.7 and 0.8: one tenth apart, so exp(-1) to 1.
/// assert!((weights[&Source::Network] - 1.0 / (1.0 + (-1.0_f64).exp())).abs() < 1e-12);
/// # Ok::<(), qunet_context::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for a temperature that is not positive.
pub fn weigh(held_back: &HeldBack, temperature: f64) -> Result<Weights> {
    if !(temperature > 0.0 && temperature.is_finite()) {
        let (field, rule) = ("temperature", "it must be positive");
        return Err(Error::Parameter { field, value: temperature, rule });
    }
    let means: BTreeMap<Source, f64> =
        held_back.iter().filter_map(|(&source, dice)| Some((source, mean(dice)?))).collect();
    let best = means.values().copied().fold(f64::NEG_INFINITY, f64::max);
    let weight =
        |source| means.get(&source).map_or(1.0, |mean| ((mean - best) / temperature).exp());
    let raw: Weights = held_back.keys().map(|&source| (source, weight(source))).collect();
    let total: f64 = raw.values().sum();
    Ok(raw.into_iter().map(|(source, weight)| (source, weight / total)).collect())
}

/// The mean of the values that are defined; `None` where none is.
pub(crate) fn mean(values: &[Option<f64>]) -> Option<f64> {
    let defined: Vec<f64> = values.iter().flatten().copied().collect();
    (!defined.is_empty()).then(|| defined.iter().sum::<f64>() / defined.len() as f64)
}

/// The weighted mean of probability maps, `(1, H, W)` with one class and `(classes + 1, H, W)` with
/// several:
///
/// ```text
/// p = Σ over sources of w(s) p(s) / Σ w(s)
/// ```
///
/// A mean of log-odds lets one source that is sure of background veto all others; where lesions are
/// small and sources miss different ones, that loses them.
///
/// ```
/// use ndarray::array;
/// use qunet_context::fuse;
///
/// let (one, other) = (array![[[0.9_f32]]], array![[[0.1_f32]]]);
/// let fused = fuse(&[(3.0, &one), (1.0, &other)])?;
/// assert!((fused[[0, 0, 0]] - 0.7).abs() < 1e-6);
/// # Ok::<(), qunet_context::Error>(())
/// ```
///
/// # Errors
/// [`Error::NoSources`] without maps of a positive weight, [`Error::Shape`] where they differ in
/// size.
pub fn fuse(maps: &[(f64, &ArrayRef3<f32>)]) -> Result<Array3<f32>> {
    let total: f64 = maps.iter().map(|(weight, _)| weight).sum();
    let Some((_, first)) = maps.first().filter(|_| total > 0.0) else {
        return Err(Error::NoSources);
    };
    let mut sum = Array3::<f32>::zeros(first.dim());
    for (weight, map) in maps {
        if map.dim() != first.dim() {
            let plane = |map: &ArrayRef3<f32>| (map.dim().1, map.dim().2);
            return Err(Error::Shape { expected: plane(first), found: plane(map) });
        }
        let share = (weight / total) as f32;
        Zip::from(&mut sum).and(*map).for_each(|sum, &p| *sum += share * p);
    }
    Ok(sum)
}

/// Log-odds `(1, H, W)` as probabilities, or logarithms `(C, H, W)` normalised over the classes.
pub(crate) fn softmax(mut values: Array3<f32>) -> Array3<f32> {
    if values.dim().0 == 1 {
        values.mapv_inplace(|odds| 1.0 / (1.0 + (-odds).exp()));
        return values;
    }
    for mut lane in values.lanes_mut(Axis(0)) {
        let most = lane.fold(f32::NEG_INFINITY, |most, &value| most.max(value));
        lane.mapv_inplace(|value| (value - most).exp());
        let sum = lane.sum();
        lane.mapv_inplace(|value| value / sum);
    }
    values
}

/// The probabilities of classes that have these log-odds, `(H, W)` each, against background:
/// `(1, H, W)` with one class, otherwise background and all classes `(classes + 1, H, W)`.
///
/// # Errors
/// [`Error::NoSources`] for no class, [`Error::Shape`] where the maps differ in size.
pub fn from_log_odds(odds: &[Array2<f32>]) -> Result<Array3<f32>> {
    let Some(first) = odds.first() else { return Err(Error::NoSources) };
    let (height, width) = first.dim();
    let background = usize::from(odds.len() > 1);
    let mut values = Array3::zeros((odds.len() + background, height, width));
    for (from, mut to) in odds.iter().zip(values.outer_iter_mut().skip(background)) {
        if from.dim() != first.dim() {
            return Err(Error::Shape { expected: first.dim(), found: from.dim() });
        }
        to.assign(from);
    }
    Ok(softmax(values))
}
