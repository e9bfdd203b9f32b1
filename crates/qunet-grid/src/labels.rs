//! Labels of pixels, and how a probability becomes one.

use ndarray::{Array, ArrayRef, Dimension};

/// The label of pixels that nobody annotated; 0 is background, 1 to [`MOST_CLASSES`] are classes.
pub const IGNORE: u8 = u8::MAX;

/// The most foreground classes of a label map of bytes: all labels but background and [`IGNORE`].
pub const MOST_CLASSES: usize = IGNORE as usize - 1;

/// The pixels whose probability is strictly greater than `threshold`; NaN is not.
///
/// ```
/// use ndarray::array;
///
/// assert_eq!(qunet_grid::binarise(&array![0.4, 0.5, 0.6], 0.5), array![false, false, true]);
/// ```
#[must_use]
pub fn binarise<D: Dimension>(map: &ArrayRef<f32, D>, threshold: f32) -> Array<bool, D> {
    map.mapv(|probability| probability > threshold)
}
