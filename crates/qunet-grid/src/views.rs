//! Arrays of one to three axes and any memory layout.

use ndarray::{ArrayRef, ArrayView1, ArrayView3, Axis, Dimension, Ix3};

use crate::{Error, Result};

/// An array of one to three axes as a volume: axes of length 1 in front until it has z, y, x.
///
/// ```
/// use ndarray::array;
///
/// assert_eq!(qunet_grid::as_volume(&array![[1, 2, 3]])?.dim(), (1, 1, 3));
/// # Ok::<(), qunet_grid::Error>(())
/// ```
///
/// # Errors
/// [`Error::Dimensions`] for no or more than three axes.
pub fn as_volume<A, D: Dimension>(array: &ArrayRef<A, D>) -> Result<ArrayView3<'_, A>> {
    let unfit = Error::Dimensions { found: array.ndim() };
    let mut view = array.view().into_dyn();
    while view.ndim() < 3 && array.ndim() > 0 {
        view.insert_axis_inplace(Axis(0));
    }
    view.into_dimensionality::<Ix3>().map_err(|_| unfit)
}

/// The values of a row side by side in memory, copied to `buffer` where they are not so yet.
///
/// ```
/// use ndarray::{array, s};
///
/// let (row, mut buffer) = (array![1, 2, 3, 4], Vec::new());
/// assert_eq!(qunet_grid::contiguous(&row.slice(s![..;2]), &mut buffer), [1, 3]);
/// ```
pub fn contiguous<'a, A: Copy>(row: &'a ArrayView1<'_, A>, buffer: &'a mut Vec<A>) -> &'a [A] {
    if let Some(slice) = row.to_slice() {
        return slice;
    }
    buffer.clear();
    buffer.extend(row.iter().copied());
    buffer
}
