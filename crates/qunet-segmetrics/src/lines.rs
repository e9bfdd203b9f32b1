//! Rows and positions of arrays of any stride.

use ndarray::ArrayView1;

/// The values of a row side by side, copied to `buffer` if they are not so yet.
pub(crate) fn line<'a, A: Copy>(row: &'a ArrayView1<'_, A>, buffer: &'a mut Vec<A>) -> &'a [A] {
    if let Some(slice) = row.to_slice() {
        return slice;
    }
    buffer.clear();
    buffer.extend(row.iter().copied());
    buffer
}

/// The index of the element at `position` in row-major order.
pub(crate) fn unravel(mut position: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (at, &length) in index.iter_mut().zip(shape).rev() {
        *at = position % length;
        position /= length;
    }
    index
}
