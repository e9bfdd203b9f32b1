use fast_image_resize as fir;
use fir::images::{TypedImage, TypedImageRef};
use fir::pixels::{F32, U8};
use ndarray::{Array2, ArrayRef2};

use crate::Error;

/// Resizes an image `(height, width)` with a bilinear filter that averages when shrinking.
///
/// Pixel centres are aligned at half positions, as in PyTorch's `align_corners=False`.
///
/// ```
/// use ndarray::array;
/// let image = array![[0.0f32, 1.0], [0.0, 1.0]];
/// let large = qunet_stack::resize_bilinear(&image, (2, 4))?;
/// assert_eq!(large.row(0).to_vec(), [0.0, 0.25, 0.75, 1.0]);
/// # Ok::<(), qunet_stack::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] where either size is zero.
pub fn resize_bilinear(
    image: &ArrayRef2<f32>,
    (height, width): (usize, usize),
) -> Result<Array2<f32>, Error> {
    let filter = fir::ResizeAlg::Convolution(fir::FilterType::Bilinear);
    let pixels: Vec<F32> = image.iter().copied().map(F32::new).collect();
    let resized = resize(&pixels, image.dim(), (height, width), filter)?;
    shaped(resized.into_iter().map(|pixel| pixel.0).collect(), (height, width))
}

/// Resizes an image `(height, width)` to the means of the areas that new pixels cover.
///
/// ```
/// use ndarray::array;
/// let image = array![[0.0f32, 1.0, 3.0], [0.0, 1.0, 3.0]];
/// // The first new pixel covers one and a half of the old.
/// let small = qunet_stack::resize_area(&image, (1, 2))?;
/// assert!((small[(0, 0)] - 1.0 / 3.0).abs() < 1e-6);
/// # Ok::<(), qunet_stack::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] where either size is zero.
pub fn resize_area(
    image: &ArrayRef2<f32>,
    (height, width): (usize, usize),
) -> Result<Array2<f32>, Error> {
    let (from_height, from_width) = image.dim();
    for length in [height, width, from_height, from_width] {
        side(length)?;
    }
    let rows = covered(from_height, height);
    let columns = covered(from_width, width);
    let mut wide = Array2::<f64>::zeros((from_height, width));
    for (from, mut to) in image.rows().into_iter().zip(wide.rows_mut()) {
        for (value, parts) in to.iter_mut().zip(&columns) {
            *value = parts.iter().map(|&(at, share)| f64::from(from[at]) * share).sum();
        }
    }
    Ok(Array2::from_shape_fn((height, width), |(y, x)| {
        rows[y].iter().map(|&(at, share)| wide[(at, x)] * share).sum::<f64>() as f32
    }))
}

/// For each new pixel the old ones that it covers, with their shares, which add up to 1.
fn covered(from: usize, to: usize) -> Vec<Vec<(usize, f64)>> {
    let step = from as f64 / to as f64;
    let one = |new: usize| {
        let (start, end) = (new as f64 * step, (new + 1) as f64 * step);
        let last = (end.ceil() as usize).min(from);
        let share = |at: usize| (end.min((at + 1) as f64) - start.max(at as f64)) / step;
        (start as usize..last).map(|at| (at, share(at))).filter(|part| part.1 > 0.0).collect()
    };
    (0..to).map(one).collect()
}

/// Resizes a label map `(height, width)` to the nearest pixel, so that no new label appears.
///
/// # Errors
/// [`Error::Parameter`] where either size is zero.
pub fn resize_nearest(
    labels: &ArrayRef2<u8>,
    (height, width): (usize, usize),
) -> Result<Array2<u8>, Error> {
    let pixels: Vec<U8> = labels.iter().copied().map(U8::new).collect();
    let resized = resize(&pixels, labels.dim(), (height, width), fir::ResizeAlg::Nearest)?;
    shaped(resized.into_iter().map(|pixel| pixel.0).collect(), (height, width))
}

fn resize<P: fir::PixelTrait>(
    pixels: &[P],
    (from_height, from_width): (usize, usize),
    (height, width): (usize, usize),
    algorithm: fir::ResizeAlg,
) -> Result<Vec<P>, Error> {
    let source = TypedImageRef::new(side(from_width)?, side(from_height)?, pixels)
        .map_err(|_| too_large(pixels.len()))?;
    let mut resized = vec![P::default(); height * width];
    let mut target = TypedImage::from_pixels_slice(side(width)?, side(height)?, &mut resized)
        .map_err(|_| too_large(height * width))?;
    let options = fir::ResizeOptions::new().resize_alg(algorithm).use_alpha(false);
    fir::Resizer::new()
        .resize_typed(&source, &mut target, &options)
        .map_err(|_| too_large(height * width))?;
    Ok(resized)
}

fn side(length: usize) -> Result<u32, Error> {
    let rule = "image sides lie in 1..=4294967295";
    match u32::try_from(length) {
        Ok(side) if side > 0 => Ok(side),
        _ => Err(Error::Parameter { field: "side", value: length as f64, rule }),
    }
}

fn too_large(pixels: usize) -> Error {
    Error::Parameter { field: "pixels", value: pixels as f64, rule: "the image cannot be resized" }
}

fn shaped<T>(values: Vec<T>, shape: (usize, usize)) -> Result<Array2<T>, Error> {
    let pixels = values.len();
    Array2::from_shape_vec(shape, values).map_err(|_| too_large(pixels))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{array, s};

    #[test]
    fn the_same_size_is_the_identity_for_any_stride() {
        let image = Array2::from_shape_fn((6, 8), |(y, x)| (y * 8 + x) as f32);
        let view = image.slice(s![..;2, ..;-1]);
        assert_eq!(resize_bilinear(&view, (3, 8)).unwrap(), view);
    }

    #[test]
    fn nearest_invents_no_label() {
        let labels = array![[0u8, 3], [7, 0]];
        let large = resize_nearest(&labels, (6, 6)).unwrap();
        assert_eq!(large[(0, 5)], 3);
        assert_eq!(large[(5, 0)], 7);
        assert!(large.iter().all(|label| [0, 3, 7].contains(label)));
    }

    #[test]
    fn shrinking_averages() {
        let image = array![[0.0f32, 1.0, 0.0, 1.0]];
        let small = resize_bilinear(&image, (1, 1)).unwrap();
        assert!((small[(0, 0)] - 0.5).abs() < 1e-6);
    }

    #[test]
    fn no_pixels_is_an_error() {
        assert!(resize_nearest(&array![[1u8]], (0, 3)).is_err());
    }
}
