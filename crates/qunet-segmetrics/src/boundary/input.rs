use ndarray::{ArrayRef, Dimension};

use super::region::{BoundingBox, Volume};
use crate::{Error, Result};

/// Lengths of pixels whose squares, times those of any number of pixels, neither vanish nor overflow.
const LENGTHS: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// Two masks of one shape, checked, with the box around the foreground of both.
pub(super) struct Pair<'a> {
    pub(super) prediction: Volume<'a>,
    pub(super) truth: Volume<'a>,
    /// `None` where both are empty.
    pub(super) bounds: Option<BoundingBox>,
    /// The spacing along z, y, x.
    pub(super) lengths: [f64; 3],
}

/// Checks the input and hands it on as row-major volumes.
pub(super) fn with_pair<D: Dimension, R>(
    prediction: &ArrayRef<bool, D>,
    truth: &ArrayRef<bool, D>,
    spacing: &[f64],
    measure: impl FnOnce(Pair<'_>) -> R,
) -> Result<R> {
    let lengths = check(prediction, truth, spacing)?;
    let ndim = prediction.ndim();
    let mut extent = [1; 3];
    extent[3 - ndim..].copy_from_slice(prediction.shape());
    let (prediction, truth) = (prediction.as_standard_layout(), truth.as_standard_layout());
    let volume = |pixels| Volume { pixels, extent, ndim };
    let prediction = volume(prediction.as_slice().unwrap_or_default());
    let truth = volume(truth.as_slice().unwrap_or_default());
    let boxes = [prediction.bounding_box(), truth.bounding_box()];
    let bounds = boxes.into_iter().flatten().reduce(|a, b| a.union(b));
    Ok(measure(Pair { prediction, truth, bounds, lengths }))
}

pub(super) fn check_shape<D: Dimension>(
    prediction: &ArrayRef<bool, D>,
    truth: &ArrayRef<bool, D>,
) -> Result<()> {
    if prediction.shape() != truth.shape() {
        return Err(Error::ShapeMismatch {
            name: "truth",
            expected: prediction.shape().to_vec(),
            found: truth.shape().to_vec(),
        });
    }
    Ok(())
}

fn check<D: Dimension>(
    prediction: &ArrayRef<bool, D>,
    truth: &ArrayRef<bool, D>,
    spacing: &[f64],
) -> Result<[f64; 3]> {
    check_shape(prediction, truth)?;
    let ndim = prediction.ndim();
    if !(1..=3).contains(&ndim) {
        return Err(Error::Dimensions { found: ndim });
    }
    if spacing.len() != ndim || !spacing.iter().all(|&s| LENGTHS.contains(&s)) {
        return Err(Error::Spacing { axes: ndim, found: spacing.to_vec() });
    }
    let mut lengths = [1.0; 3];
    lengths[3 - ndim..].copy_from_slice(spacing);
    Ok(lengths)
}

pub(super) fn check_percent(percent: f64) -> Result<()> {
    let valid = (0.0..=100.0).contains(&percent);
    if valid { Ok(()) } else { Err(Error::Percentile { value: percent }) }
}

pub(super) fn check_tolerance(tolerance: f64) -> Result<()> {
    let valid = tolerance.is_finite() && tolerance >= 0.0;
    if valid { Ok(()) } else { Err(Error::Tolerance { value: tolerance }) }
}
