//! Labels of pixels, and how a probability becomes one.

use ndarray::{Array, Array2, ArrayRef, ArrayRef3, Axis, Dimension};

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

/// The label of each pixel of a probability map: with a single class, `(1, H, W)`, 1 where the
/// probability is above `threshold` (strictly); with several, `(classes, H, W)` with the background
/// first, the most probable class, of equals the lowest, which no threshold changes.
///
/// ```
/// use ndarray::array;
/// use qunet_grid::labels;
///
/// assert_eq!(labels(&array![[[0.5, 0.6]]], 0.5), array![[0, 1]]);
/// assert_eq!(labels(&array![[[0.4]], [[0.4]], [[0.2]]], 0.5), array![[0]]);
/// ```
#[must_use]
pub fn labels(map: &ArrayRef3<f32>, threshold: f32) -> Array2<u8> {
    if map.dim().0 == 1 {
        return binarise(&map.index_axis(Axis(0), 0), threshold).mapv(u8::from);
    }
    map.map_axis(Axis(0), |lane| {
        let better = |best: (usize, f32), (label, &p): (usize, &f32)| match p > best.1 {
            true => (label, p),
            false => best,
        };
        lane.iter().enumerate().fold((0, f32::NEG_INFINITY), better).0 as u8
    })
}
