//! Masks of one to three axes, all seen as volumes.

use ndarray::{ArrayRef, ArrayView3, Axis, Dimension, Ix3};

use crate::{Error, Result};

/// The mask with axes of length 1 in front until it has three: z, y, x.
///
/// # Errors
/// [`Error::Dimensions`] for no or more than three axes.
pub(crate) fn volume<D: Dimension>(mask: &ArrayRef<bool, D>) -> Result<ArrayView3<'_, bool>> {
    let unfit = Error::Dimensions { found: mask.ndim() };
    let mut view = mask.view().into_dyn();
    while view.ndim() < 3 && mask.ndim() > 0 {
        view.insert_axis_inplace(Axis(0));
    }
    view.into_dimensionality::<Ix3>().map_err(|_| unfit)
}
