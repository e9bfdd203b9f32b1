//! Labels of pixels, and how a probability becomes one.

use ndarray::{Array, Array2, ArrayRef, ArrayRef2, ArrayRef3, Axis, Dimension, Zip};

use crate::{Error, Result};

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

/// The probability of a class of a probability map where there is nothing but background: the first
/// of several classes is the background itself.
///
/// ```
/// use qunet_grid::background;
///
/// assert_eq!((background(0, 1), background(0, 3), background(2, 3)), (0.0, 1.0, 0.0));
/// ```
#[must_use]
pub fn background(class: usize, classes: usize) -> f32 {
    if class == 0 && classes > 1 { 1.0 } else { 0.0 }
}

/// Makes all pixels of a probability map background that lie outside a region `(H, W)`.
///
/// ```
/// use ndarray::array;
///
/// let mut map = array![[[0.2_f32, 0.3]], [[0.8, 0.7]]];
/// qunet_grid::restrict(&mut map, &array![[true, false]])?;
/// assert_eq!(map, array![[[0.2, 1.0]], [[0.8, 0.0]]]);
/// # Ok::<(), qunet_grid::Error>(())
/// ```
///
/// # Errors
/// [`Error::ShapeMismatch`] where the region has another size than the map.
pub fn restrict(map: &mut ArrayRef3<f32>, region: &ArrayRef2<bool>) -> Result<()> {
    let (classes, height, width) = map.dim();
    if region.dim() != (height, width) {
        let (expected, found) = (vec![height, width], region.shape().to_vec());
        return Err(Error::ShapeMismatch { name: "region", expected, found });
    }
    for (class, mut plane) in map.outer_iter_mut().enumerate() {
        let outside = background(class, classes);
        Zip::from(&mut plane).and(region).for_each(|p, &inside| {
            *p = if inside { *p } else { outside };
        });
    }
    Ok(())
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
