//! Slices of arrays of any stride.

use ndarray::{ArrayRef, ArrayView1, Dimension};

use super::kernel::{self, Sums};

/// Counts over arrays of one shape: at once where all lie in memory in the same order, otherwise
/// row by row.
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
    let (mut p_line, mut t_line, mut r_line) = (Vec::new(), Vec::new(), Vec::new());
    let mut regions = region.map(|region| region.rows().into_iter());
    for (p, t) in prediction.rows().into_iter().zip(truth.rows()) {
        let inside = regions.as_mut().and_then(Iterator::next);
        let inside = inside.as_ref().map(|row| line(row, &mut r_line));
        kernel::add(&mut sums, line(&p, &mut p_line), line(&t, &mut t_line), inside, what);
    }
    sums
}

/// The values of a row side by side, copied to `buffer` if they are not so yet.
pub(super) fn line<'a, A: Copy>(row: &'a ArrayView1<'_, A>, buffer: &'a mut Vec<A>) -> &'a [A] {
    if let Some(slice) = row.to_slice() {
        return slice;
    }
    buffer.clear();
    buffer.extend(row.iter().copied());
    buffer
}
