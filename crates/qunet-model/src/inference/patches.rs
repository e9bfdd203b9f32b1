//! Slices cut to what a network takes, and its answers put together again.

use ndarray::{Array3, ArrayRef3, Axis, s};

use super::config::Sizing;
use crate::error::Error;
use crate::tensors::resized;

/// A piece of a slice as the network sees it.
pub(super) struct Patch {
    /// Which slice, and its place among the pieces of the slice.
    pub(super) slice: usize,
    at: (usize, usize),
    pub(super) pixels: Array3<f32>,
}

/// Cuts a slice `(C, H, W)`.
pub(super) fn cut(
    slice: usize,
    image: &ArrayRef3<f32>,
    sizing: Sizing,
    divisor: usize,
) -> Result<Vec<Patch>, Error> {
    let (_, height, width) = image.dim();
    let whole = |pixels| vec![Patch { slice, at: (0, 0), pixels }];
    Ok(match sizing {
        Sizing::Resize { height, width } => whole(resized(image, (height, width))?),
        Sizing::Pad => {
            let up = |side: usize| side.next_multiple_of(divisor);
            whole(window(image, (0, 0), (up(height), up(width))))
        }
        Sizing::Tile { side, overlap } => {
            let mut patches = Vec::new();
            for row in starts(height, side, overlap) {
                for column in starts(width, side, overlap) {
                    let pixels = window(image, (row, column), (side, side));
                    patches.push(Patch { slice, at: (row, column), pixels });
                }
            }
            patches
        }
    })
}

/// Where tiles begin: the last ends with the slice.
fn starts(length: usize, side: usize, overlap: usize) -> Vec<usize> {
    if length <= side {
        return vec![0];
    }
    let last = length - side;
    let mut starts: Vec<usize> = (0..last).step_by(side - overlap).collect();
    starts.push(last);
    starts
}

/// The part of an image from `at` on, the border repeated where the image ends.
fn window(image: &ArrayRef3<f32>, at: (usize, usize), size: (usize, usize)) -> Array3<f32> {
    let (channels, height, width) = image.dim();
    Array3::from_shape_fn((channels, size.0, size.1), |(channel, row, column)| {
        image[(channel, (at.0 + row).min(height - 1), (at.1 + column).min(width - 1))]
    })
}

/// The answer for one slice, as its pieces come in.
pub(super) struct Blend {
    /// The answer so far; nothing before the first piece.
    sum: Array3<f32>,
    shape: (usize, usize, usize),
    weight: Vec<f32>,
    sizing: Sizing,
}

impl Blend {
    pub(super) fn new(classes: usize, (height, width): (usize, usize), sizing: Sizing) -> Self {
        let shape = (classes, height, width);
        let (sum, weight) = match sizing {
            Sizing::Tile { .. } => (Array3::zeros(shape), vec![0.0; height * width]),
            _ => (Array3::zeros((0, 0, 0)), Vec::new()),
        };
        Self { sum, shape, weight, sizing }
    }

    /// Takes in the answer to a piece.
    pub(super) fn add(&mut self, patch: &Patch, answer: Array3<f32>) -> Result<(), Error> {
        let (_, height, width) = self.shape;
        match self.sizing {
            Sizing::Tile { side, .. } => self.tile(patch.at, &answer, side),
            _ if answer.dim() == self.shape => self.sum = answer,
            Sizing::Resize { .. } => self.sum = resized(&answer, (height, width))?,
            Sizing::Pad => self.sum = answer.slice(s![.., ..height, ..width]).to_owned(),
        }
        Ok(())
    }

    /// Tiles weigh the less the nearer to their border.
    fn tile(&mut self, (top, left): (usize, usize), answer: &Array3<f32>, side: usize) {
        let (_, height, width) = self.shape;
        let near = |place: usize| (place + 1).min(side - place) as f32;
        for row in top..(top + side).min(height) {
            for column in left..(left + side).min(width) {
                let weight = near(row - top) * near(column - left);
                self.weight[row * width + column] += weight;
                for (class, sum) in self.sum.slice_mut(s![.., row, column]).iter_mut().enumerate() {
                    *sum += weight * answer[(class, row - top, column - left)];
                }
            }
        }
    }

    pub(super) fn finish(mut self) -> Array3<f32> {
        if !self.weight.is_empty() {
            for mut class in self.sum.axis_iter_mut(Axis(0)) {
                for (value, weight) in class.iter_mut().zip(&self.weight) {
                    *value /= weight;
                }
            }
        }
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_cut_comes_together_again(
            height in 1..70_usize, width in 1..70_usize, overlap in 0..16_usize,
        ) {
            let image = Array3::from_shape_fn((2, height, width), |(c, y, x)| (c * 900 + y * 31 + x) as f32);
            for sizing in [Sizing::Pad, Sizing::Tile { side: 32, overlap }] {
                let mut blend = Blend::new(2, (height, width), sizing);
                for patch in cut(0, &image, sizing, 16).unwrap() {
                    prop_assert!(patch.pixels.dim().1.is_multiple_of(16));
                    prop_assert!(patch.pixels.dim().2.is_multiple_of(16));
                    blend.add(&patch, patch.pixels.clone()).unwrap();
                }
                for (found, expected) in blend.finish().iter().zip(&image) {
                    prop_assert!((found - expected).abs() <= 1e-3, "{found} {expected}");
                }
            }
        }
    }
}
