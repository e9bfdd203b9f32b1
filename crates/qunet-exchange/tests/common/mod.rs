//! A stack on which no axis, sign or side can be mistaken for another.
#![allow(dead_code, clippy::unwrap_used)] // each test file uses its part

use ndarray::Array3;
use qunet_exchange::Task;
use qunet_stack::{Geometry, LengthUnit, Pixels, Scaling, SliceId, Stack};

pub(crate) const ASKED: [SliceId; 3] = [SliceId(1), SliceId(2), SliceId(4)];

/// Seven slices of 9 x 11; voxels turned by 30 degrees, mirrored, of three different sizes.
pub(crate) fn stack() -> Stack {
    let pixels = Array3::from_shape_fn((7, 9, 11), |(z, y, x)| (100 * z + 10 * y + x) as i16);
    let (sin, cos) = (0.5, 0.75_f64.sqrt());
    let affine = [
        [-0.5 * cos, 0.8 * sin, 0.0, 12.0],
        [-0.5 * sin, -0.8 * cos, 0.0, -7.0],
        [0.0, 0.0, 3.0, 30.0],
    ];
    let geometry = Geometry { affine, space: 1, unit: LengthUnit::Millimetre };
    Stack::new("asymmetric", Pixels::I16(pixels), geometry).unwrap()
}

/// Two classes: on slice 1 both, on slice 2 the second, on slice 4 nothing.
pub(crate) fn labels() -> Array3<u8> {
    let mut labels = Array3::zeros((7, 9, 11));
    labels.slice_mut(ndarray::s![1, 2..5, 1..4]).fill(1);
    labels.slice_mut(ndarray::s![1, 6, 9]).fill(2);
    labels.slice_mut(ndarray::s![2, 0..2, 7..11]).fill(2);
    labels
}

pub(crate) fn classes() -> Vec<String> {
    vec!["ground glass".to_owned(), "consolidation".to_owned()]
}

pub(crate) fn task<'a>(
    stack: &'a Stack,
    classes: &'a [String],
    suggestion: Option<&'a Array3<u8>>,
) -> Task<'a> {
    Task {
        name: "case-7",
        stack,
        asked: &ASKED,
        classes,
        suggestion,
        scaling: Scaling::StackMinMax,
    }
}
