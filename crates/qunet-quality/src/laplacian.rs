use ndarray::ArrayRef2;
use serde::{Deserialize, Serialize};

use crate::{
    Border, Pixel, Result, band::for_each_band, check, moments::Moments, pixel::sealed::Arithmetic,
};

/// The 3 x 3 weights of a discrete Laplacian.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaplacianKernel {
    /// `[0 1 0; 1 -4 1; 0 1 0]`: OpenCV's `ksize = 1`, scikit-image's `laplace` up to sign.
    #[default]
    FourNeighbour,
    /// `[1 1 1; 1 -8 1; 1 1 1]`: kornia's 3 x 3 kernel before its normalisation.
    EightNeighbour,
    /// `[2 0 2; 0 -8 0; 2 0 2]`: OpenCV's `ksize = 3`, a sum of two Sobel second derivatives.
    OpencvKsize3,
}

/// Population variance of the Laplacian of an image.
///
/// ```text
/// variance = 1/(H W) * sum((L - mean(L))^2),   L = kernel * I
/// ```
///
/// `image` is (H, W); the result is >= 0, higher = sharper, and 0 for a constant image. It grows
/// with the square of the intensity scale and ignores an added constant. Integer pixels give the
/// variance of the exact integers. Sides of one pixel are allowed. Section II-B of
/// S. Roychowdhury, QU-net++ (2021).
///
/// # Errors
/// [`Error::EmptyImage`](crate::Error::EmptyImage) without pixels,
/// [`Error::NonFinite`](crate::Error::NonFinite) for a NaN or infinite pixel.
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::{Border, LaplacianKernel, variance_of_laplacian};
///
/// // Reflect-101 makes the row 0 | 0 3 | 3 ... mirror to 3 | 0 3 | 0: L = [6, -6], variance 36.
/// let image = array![[0_u8, 3]];
/// let kernel = LaplacianKernel::FourNeighbour;
/// assert_eq!(variance_of_laplacian(&image, kernel, Border::Reflect101)?, 36.0);
/// // Replicate repeats the edge: L = [3, -3].
/// assert_eq!(variance_of_laplacian(&image, kernel, Border::Replicate)?, 9.0);
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn variance_of_laplacian<T: Pixel>(
    image: &ArrayRef2<T>,
    kernel: LaplacianKernel,
    border: Border,
) -> Result<f64> {
    check::image(image)?;
    Ok(match kernel {
        LaplacianKernel::FourNeighbour => variance::<T, 1, 0, -4>(image, border),
        LaplacianKernel::EightNeighbour => variance::<T, 1, 1, -8>(image, border),
        LaplacianKernel::OpencvKsize3 => variance::<T, 0, 2, -8>(image, border),
    })
}

/// Blurriness B = 1 / variance of the Laplacian.
///
/// `image` is (H, W); the result is in (0, +inf], higher = blurrier, +inf for an image whose
/// Laplacian is constant. Section II-B of S. Roychowdhury, QU-net++ (2021).
///
/// # Errors
/// As [`variance_of_laplacian`].
///
/// # Example
/// ```
/// use ndarray::{Array2, array};
/// use qunet_quality::{Border, LaplacianKernel, blurriness};
///
/// let (kernel, border) = (LaplacianKernel::FourNeighbour, Border::Reflect101);
/// assert_eq!(blurriness(&array![[0_u8, 2]], kernel, border)?, 1.0 / 16.0);
/// assert_eq!(blurriness(&Array2::from_elem((4, 4), 7_u8), kernel, border)?, f64::INFINITY);
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn blurriness<T: Pixel>(
    image: &ArrayRef2<T>,
    kernel: LaplacianKernel,
    border: Border,
) -> Result<f64> {
    Ok(1.0 / variance_of_laplacian(image, kernel, border)?)
}

/// Variance of the response to the weights `EDGE` (4), `CORNER` (4) and `CENTRE`.
fn variance<T: Pixel, const EDGE: i8, const CORNER: i8, const CENTRE: i8>(
    image: &ArrayRef2<T>,
    border: Border,
) -> f64 {
    let mut moments = T::Moments::default();
    let mut response = vec![T::Wide::default(); image.ncols()];
    for_each_band(image, 3, border, |lines| {
        if let [up, here, down] = lines {
            respond::<T, EDGE, CORNER, CENTRE>(up, here, down, &mut response);
            moments.push(&response);
        }
    });
    moments.variance().unwrap_or_default()
}

/// Response of one row from three lines padded by one pixel at both ends.
fn respond<T: Pixel, const EDGE: i8, const CORNER: i8, const CENTRE: i8>(
    up: &[T],
    here: &[T],
    down: &[T],
    response: &mut [T::Wide],
) {
    let wide = |pixel: T| <T as Arithmetic>::Wide::from(pixel);
    let weight = |weight: i8| <T as Arithmetic>::Wide::from(weight);
    let windows = up.windows(3).zip(here.windows(3)).zip(down.windows(3));
    for (out, ((u, h), d)) in response.iter_mut().zip(windows) {
        let edges = (wide(u[1]) + wide(d[1])) + (wide(h[0]) + wide(h[2]));
        let corners = (wide(u[0]) + wide(d[2])) + (wide(u[2]) + wide(d[0]));
        *out = weight(EDGE) * edges + weight(CORNER) * corners + weight(CENTRE) * wide(h[1]);
    }
}
