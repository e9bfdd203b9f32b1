//! The signed distance of a mask, in pixels.

use ndarray::{Array2, ArrayRef2, Zip};
use qunet_grid::{axis_lengths, squared_distances};

use crate::Result;

/// The distance, in pixels, from everywhere on an empty mask to the nearest foreground, and where a
/// [`Prior`](crate::Prior) is cut off.
///
/// An empty slice shows nothing to measure from. As 20 pixels it lets a neighbour's object reach
/// into the gap as far as the object is thick: with t the share of the way to the empty slice, the
/// pixels deeper inside than `20 t / (1 - t)` stay.
pub const FAR: f32 = 20.0;

/// The signed Euclidean distance of each pixel to the border of a mask: positive inside, negative
/// outside.
///
/// ```text
/// s(p) = min over q outside of |p - q|    for p inside
///      = -min over q inside of |p - q|    for p outside
/// ```
///
/// `|p - q|` joins pixel centres in millimetres, divided by the geometric mean of `pixel`, the
/// lengths of a step along rows and columns (`[height, width]` of a pixel): of square pixels these
/// are steps of pixels. A pixel at the border therefore has 1 or -1, and none has 0. An empty mask
/// is -[`FAR`] everywhere, and a full one, which has no outside, [`FAR`]. Masks of any memory
/// layout.
///
/// # Errors
/// [`Error::Grid`](crate::Error::Grid) unless both lengths are from 1e-100 to 1e100.
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_context::signed_distance;
///
/// let mask = array![[false, true, true, true, false, false]];
/// let square = signed_distance(&mask, [1.0, 1.0])?;
/// assert_eq!(square, array![[-1.0, 1.0, 2.0, 1.0, -1.0, -2.0]]);
/// // Pixels 1 mm high and 4 mm wide: the geometric mean is 2 mm, a step along the row 4 / 2.
/// let wide = signed_distance(&mask, [1.0, 4.0])?;
/// assert_eq!(wide, square * 2.0);
/// # Ok::<(), qunet_context::Error>(())
/// ```
pub fn signed_distance(mask: &ArrayRef2<bool>, pixel: [f64; 2]) -> Result<Array2<f32>> {
    axis_lengths(&pixel, 2)?;
    if !mask.iter().any(|&inside| inside) {
        return Ok(Array2::from_elem(mask.dim(), -FAR));
    }
    if mask.iter().all(|&inside| inside) {
        return Ok(Array2::from_elem(mask.dim(), FAR));
    }
    // Each length divided by the geometric mean, as one root: exactly 1 for square pixels.
    let [height, width] = pixel;
    let lengths = [(height / width).sqrt(), (width / height).sqrt()];
    let outward = squared_distances(&mask.mapv(|inside| !inside), &lengths)?;
    let inward = squared_distances(mask, &lengths)?;
    let signed = |inside: &f64, outside: &f64| (inside.sqrt() - outside.sqrt()) as f32;
    Ok(Zip::from(&outward).and(&inward).map_collect(signed))
}
