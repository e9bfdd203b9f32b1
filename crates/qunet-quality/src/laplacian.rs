use ndarray::ArrayRef2;
use serde::{Deserialize, Serialize};

use crate::{
    Border, Pixel, Result,
    kernels::Weights,
    responses::Responses,
    rows::{Edge, Raster},
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
    Ok(variance(Raster::new(image, None)?, kernel, border)?.unwrap_or_default())
}

/// Population variance of the Laplacian over the pixels where `roi` is true.
///
/// As [`variance_of_laplacian`] of the region alone: no pixel outside is read into it, and the
/// region's edge is treated as the edge of an image, so that it adds no energy of its own. A
/// rectangular region gives what its crop gives. `image` and `roi` are (H, W); `None` where the
/// region is empty.
///
/// # Errors
/// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) for a mask of another shape;
/// [`Error::NonFinite`](crate::Error::NonFinite) for a NaN or infinite pixel in the region;
/// otherwise as [`variance_of_laplacian`].
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::{Border, LaplacianKernel, variance_of_laplacian_within};
///
/// let image = array![[0.0_f32, 3.0, f32::NAN]];
/// let lungs = array![[true, true, false]];
/// let kernel = LaplacianKernel::FourNeighbour;
/// // The region mirrors to 3 | 0 3 | 0: L = [6, -6], variance 36.
/// let inside = variance_of_laplacian_within(&image, &lungs, kernel, Border::Reflect101)?;
/// assert_eq!(inside, Some(36.0));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn variance_of_laplacian_within<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: &ArrayRef2<bool>,
    kernel: LaplacianKernel,
    border: Border,
) -> Result<Option<f64>> {
    variance(Raster::new(image, Some(roi))?, kernel, border)
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

fn variance<T: Pixel>(
    raster: Raster<'_, T>,
    kernel: LaplacianKernel,
    border: Border,
) -> Result<Option<f64>> {
    let edge = border.resolve()?;
    let variance = match kernel {
        LaplacianKernel::FourNeighbour => sum_up::<T, FourNeighbour>(raster, edge),
        LaplacianKernel::EightNeighbour => sum_up::<T, EightNeighbour>(raster, edge),
        LaplacianKernel::OpencvKsize3 => sum_up::<T, OpencvKsize3>(raster, edge),
    };
    variance.map(|variance| raster.defined(variance)).transpose()
}

fn sum_up<T: Pixel, W: Weights>(raster: Raster<'_, T>, edge: Edge<T>) -> Option<f64> {
    let mut responses = Responses::<T, W>::new(raster, edge);
    raster.for_each_row(|rows, row| responses.add_row(rows, row));
    responses.variance()
}

macro_rules! weights {
    ($($kernel:ident: $edge:literal, $corner:literal;)*) => {$(
        pub(crate) struct $kernel;
        impl Weights for $kernel {
            const EDGE: i8 = $edge;
            const CORNER: i8 = $corner;
        }
    )*};
}

weights! {
    FourNeighbour: 1, 0;
    EightNeighbour: 1, 1;
    OpencvKsize3: 0, 2;
}
