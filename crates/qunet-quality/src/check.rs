use ndarray::{ArrayRef, ArrayRef2, Dimension};

use crate::{Error, Pixel, Result};

/// Refuses an image without pixels or with a NaN or infinite one.
pub(crate) fn image<T: Pixel>(image: &ArrayRef2<T>) -> Result<()> {
    not_empty(image)?;
    for (row, pixels) in image.rows().into_iter().enumerate() {
        for (col, &pixel) in pixels.iter().enumerate() {
            finite(pixel, row, col)?;
        }
    }
    Ok(())
}

/// Refuses an image without pixels.
pub(crate) fn not_empty<T>(image: &ArrayRef2<T>) -> Result<()> {
    let (height, width) = image.dim();
    if height == 0 || width == 0 {
        return Err(Error::EmptyImage { height, width });
    }
    Ok(())
}

/// Refuses a NaN or infinite pixel.
pub(crate) fn finite<T: Pixel>(pixel: T, row: usize, col: usize) -> Result<()> {
    if pixel.is_finite() {
        return Ok(());
    }
    let value = pixel.into();
    Err(Error::NonFinite { row, col, value })
}

/// Refuses a mask of another shape than the image.
pub(crate) fn same_shape<T, D: Dimension>(
    image: &ArrayRef<T, D>,
    mask: &ArrayRef<bool, D>,
) -> Result<()> {
    if image.shape() == mask.shape() {
        return Ok(());
    }
    Err(Error::ShapeMismatch { image: image.shape().to_vec(), mask: mask.shape().to_vec() })
}
