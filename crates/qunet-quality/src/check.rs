use ndarray::{ArrayRef, ArrayRef2, Dimension};

use crate::{Error, Pixel, Result};

/// Refuses an image without pixels or with a NaN or infinite one.
pub(crate) fn image<T: Pixel>(image: &ArrayRef2<T>) -> Result<()> {
    not_empty(image)?;
    if T::LIMITS.is_some() {
        // An integer is finite.
        return Ok(());
    }
    for (row, pixels) in image.rows().into_iter().enumerate() {
        if pixels.iter().all(|pixel| pixel.is_finite()) {
            continue;
        }
        for (col, &pixel) in pixels.iter().enumerate() {
            finite(pixel, row, col)?;
        }
    }
    Ok(())
}

/// Refuses a result that is not a number because a pixel of the image, or of the region, is not.
///
/// Sums of squares stay finite where the pixels are, so the pixels need no pass of their own.
pub(crate) fn defined<T: Pixel>(
    result: f64,
    image: &ArrayRef2<T>,
    region: Option<&ArrayRef2<bool>>,
) -> Result<f64> {
    if !result.is_finite() {
        self::region(image, region)?;
    }
    Ok(result)
}

/// Refuses a region of another shape than the image, an image without pixels, and a NaN or
/// infinite pixel inside the region; without a region as [`image`].
pub(crate) fn region<T: Pixel>(pixels: &ArrayRef2<T>, roi: Option<&ArrayRef2<bool>>) -> Result<()> {
    let Some(mask) = roi else {
        return image(pixels);
    };
    shapes(pixels, roi)?;
    if T::LIMITS.is_some() {
        return Ok(());
    }
    for (row, (pixels, mask)) in pixels.rows().into_iter().zip(mask.rows()).enumerate() {
        for (col, (&pixel, &inside)) in pixels.iter().zip(mask).enumerate() {
            if inside {
                finite(pixel, row, col)?;
            }
        }
    }
    Ok(())
}

/// Refuses a region of another shape than the image, and an image without pixels.
pub(crate) fn shapes<T>(image: &ArrayRef2<T>, roi: Option<&ArrayRef2<bool>>) -> Result<()> {
    roi.map_or(Ok(()), |mask| same_shape(image, mask))?;
    not_empty(image)
}

/// Refuses an image without pixels.
fn not_empty<T>(image: &ArrayRef2<T>) -> Result<()> {
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
