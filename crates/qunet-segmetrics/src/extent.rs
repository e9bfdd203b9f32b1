use ndarray::{ArrayRef, Dimension};

/// Extents of a mask of up to three axes as (z, y, x); leading ones are 1 where it has fewer.
pub(crate) fn extent<D: Dimension>(mask: &ArrayRef<bool, D>) -> [usize; 3] {
    let mut extent = [1; 3];
    extent[3 - mask.ndim()..].copy_from_slice(mask.shape());
    extent
}
