//! What the tests of surfaces share.

use ndarray::{ArrayD, IxDyn};
use serde_json::Value;

/// A mask of a case of expected values, stored as the lengths of its runs, background first.
pub(crate) fn mask(case: &Value, key: &str) -> ArrayD<bool> {
    let mut pixels = Vec::new();
    for (i, run) in numbers(&case[key]).into_iter().enumerate() {
        pixels.resize(pixels.len() + run as usize, i % 2 == 1);
    }
    let shape: Vec<usize> = numbers(&case["shape"]).iter().map(|&n| n as usize).collect();
    ArrayD::from_shape_vec(IxDyn(&shape), pixels).unwrap()
}

/// The numbers of a list.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect()
}
