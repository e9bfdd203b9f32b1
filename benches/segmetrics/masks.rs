//! The masks that the benches measure on.

use ndarray::{Array2, Array3};

/// Side of an image.
pub(crate) const SIDE: usize = 256;

/// A disc of `radius` pixels around (`y`, `x`).
pub(crate) fn disc(y: usize, x: usize, radius: usize) -> Array2<bool> {
    Array2::from_shape_fn((SIDE, SIDE), |(row, col)| {
        row.abs_diff(y).pow(2) + col.abs_diff(x).pow(2) <= radius * radius
    })
}

/// A ball of `radius` voxels around the middle of a cube, moved by `shift` along every axis.
pub(crate) fn ball(side: usize, radius: usize, shift: usize) -> Array3<bool> {
    let middle = side / 2 + shift;
    Array3::from_shape_fn((side, side, side), |(z, y, x)| {
        [z, y, x].map(|place| place.abs_diff(middle).pow(2)).iter().sum::<usize>()
            <= radius * radius
    })
}
