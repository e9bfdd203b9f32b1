//! Pairs of arrays of any stride, as slices.

use std::cmp::Reverse;

use ndarray::{ArrayRef, Dimension};

use super::kernel::{self, Sums};
use crate::lines::line;

/// Counts over arrays of one shape: at once where all lie in memory in the same order, otherwise
/// row by row of the prediction's own order.
pub(super) fn sums<L: Copy + PartialEq, D: Dimension>(
    prediction: &ArrayRef<L, D>,
    truth: &ArrayRef<L, D>,
    region: Option<&ArrayRef<bool, D>>,
    what: (L, Option<L>),
) -> Sums {
    let mut sums = Sums::default();
    let same_order = prediction.strides() == truth.strides()
        && region.is_none_or(|region| region.strides() == prediction.strides());
    if same_order
        && let Some(p) = prediction.as_slice_memory_order()
        && let Some(t) = truth.as_slice_memory_order()
    {
        let inside = region.and_then(|region| region.as_slice_memory_order());
        if inside.is_some() == region.is_some() {
            kernel::add(&mut sums, p, t, inside, what);
            return sums;
        }
    }
    let axes = memory_order(prediction);
    let prediction = prediction.view().permuted_axes(axes.clone());
    let truth = truth.view().permuted_axes(axes.clone());
    let region = region.map(|region| region.view().permuted_axes(axes));
    let (mut p_line, mut t_line, mut r_line) = (Vec::new(), Vec::new(), Vec::new());
    let mut regions = region.as_ref().map(|region| region.rows().into_iter());
    for (p, t) in prediction.rows().into_iter().zip(truth.rows()) {
        let inside = regions.as_mut().and_then(Iterator::next);
        let inside = inside.as_ref().map(|row| line(row, &mut r_line));
        kernel::add(&mut sums, line(&p, &mut p_line), line(&t, &mut t_line), inside, what);
    }
    sums
}

/// The axes of an array, the one with the longest steps through the memory first.
fn memory_order<L, D: Dimension>(array: &ArrayRef<L, D>) -> D {
    let mut axes = array.raw_dim();
    for (position, axis) in axes.slice_mut().iter_mut().enumerate() {
        *axis = position;
    }
    axes.slice_mut().sort_by_key(|&axis| Reverse(array.strides()[axis].unsigned_abs()));
    axes
}
