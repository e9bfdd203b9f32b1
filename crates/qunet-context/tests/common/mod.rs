//! Random label maps with drawn slices.

use ndarray::Array3;
use proptest::prelude::*;
use proptest::sample::subsequence;
use qunet_grid::IGNORE;

/// A label map of up to two classes, some of it not annotated, and at least one drawn slice.
#[derive(Clone, Debug)]
pub struct Case {
    pub labels: Array3<u8>,
    pub drawn: Vec<usize>,
}

/// Stacks of one to six slices.
pub fn cases() -> impl Strategy<Value = Case> {
    (1..7_usize, 1..8_usize, 1..9_usize).prop_flat_map(|(n, h, w)| {
        let label = prop_oneof![4 => Just(0), 4 => Just(1), 2 => Just(2), 1 => Just(IGNORE)];
        let labels = prop::collection::vec(label, n * h * w);
        let drawn = subsequence((0..n).collect::<Vec<_>>(), 1..=n);
        (labels, drawn).prop_map(move |(labels, drawn)| Case {
            labels: Array3::from_shape_vec((n, h, w), labels).unwrap(),
            drawn,
        })
    })
}
