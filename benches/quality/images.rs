//! The pixels of the benches, the same in every run.

use ndarray::{Array2, Array3};

/// Sides of the images.
pub(crate) const SIDES: [usize; 6] = [64, 128, 256, 512, 1024, 2048];

/// Pixels of a linear congruential generator.
pub(crate) fn noise(side: usize) -> Array2<u8> {
    let mut state = 1_u32;
    Array2::from_shape_simple_fn((side, side), || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
}

/// A stack whose slices are shifted in brightness.
pub(crate) fn stack(slices: usize, side: usize) -> Array3<u8> {
    let slice = noise(side);
    Array3::from_shape_fn((slices, side, side), |(z, y, x)| slice[[y, x]].wrapping_add(z as u8))
}

/// A region of interest that covers 35 % of the image.
pub(crate) fn disc(side: usize) -> Array2<bool> {
    Array2::from_shape_fn((side, side), |(y, x)| {
        let (dx, dy) = (x.abs_diff(side / 2), y.abs_diff(side / 2));
        (dx * dx + dy * dy) * 9 <= side * side
    })
}

/// The same disc in every slice.
pub(crate) fn discs(slices: usize, side: usize) -> Array3<bool> {
    let disc = disc(side);
    Array3::from_shape_fn((slices, side, side), |(_, y, x)| disc[[y, x]])
}
