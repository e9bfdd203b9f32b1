use ndarray::ArrayRef2;

use super::windows::{Window, sum_over_windows};
use crate::{Border, Pixel, Result, kernels::Kernels, rows::Raster};

/// Focus ratio: energy of the Laplacian / energy of the gradient.
///
/// ```text
/// ratio = sum(L(p)^2) / sum((I(p) - I(q))^2)
/// L(p)  = sum(I(q) - I(p)) over the 4-neighbours q of p
/// ```
///
/// The lower sum runs over all pairs of 4-neighbours, each counted once; both sums take only
/// pixels inside `roi` (all without one), so that the region's edge adds no energy. `image` and
/// `roi` are (H, W); the result is in (0, 8], higher = sharper (or noisier: white noise has 5, a
/// checkerboard 8), and `None` where no two neighbours differ. Neither brightness, nor
/// contrast, nor the size of the region matters. The two energies are focus measures of
/// M. Subbarao, T. Choi, A. Nikzad, Focusing techniques, Optical Engineering 32 (1993); their
/// ratio, the mean squared spatial frequency weighted by gradient energy, is taken here.
///
/// # Errors
/// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) for a mask of another shape,
/// [`Error::EmptyImage`](crate::Error::EmptyImage) without pixels,
/// [`Error::NonFinite`](crate::Error::NonFinite) for a NaN or infinite pixel inside the region.
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::focus_ratio;
///
/// // L = [3, -2, -1], differences 3 and 1: (9 + 4 + 1) / (9 + 1).
/// let image = array![[0_u8, 3, 4]];
/// assert_eq!(focus_ratio(&image, None)?, Some(1.4));
/// // Without the first pixel: L = [1, -1], one difference of 1.
/// let roi = array![[false, true, true]];
/// assert_eq!(focus_ratio(&image, Some(&roi))?, Some(2.0));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn focus_ratio<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
) -> Result<Option<f64>> {
    let raster = Raster::finite(image, roi)?;
    // A repeated pixel beyond the edge has no difference to the edge.
    let edge = Border::Replicate.resolve()?;
    let sums = sum_over_windows(raster, Some(edge), |window| {
        let [right, down] = [wide(window[1][2]), wide(window[2][1])];
        let [left, up] = [wide(window[1][0]), wide(window[0][1])];
        let here = wide(window[1][1]);
        let laplacian = (left + right) + (up + down) - <T as Kernels>::Wide::from(4) * here;
        [square::<T>(laplacian), square::<T>(right - here) + square::<T>(down - here)]
    });
    let [laplacian, gradient] = sums.totals;
    Ok((gradient > 0.0).then(|| laplacian / gradient))
}

/// Tenengrad: mean squared magnitude of the Sobel gradient.
///
/// ```text
/// tenengrad = 1/n * sum(Gx^2 + Gy^2),   Gx = [-1 0 1; -2 0 2; -1 0 1] * I,   Gy = Gx's transpose
/// ```
///
/// `image` and `roi` are (H, W), n is the number of pixels inside `roi` (all without one); the
/// region's edge is an edge to `border`, so pixels outside are never read. The result is >= 0,
/// higher = sharper, 0 for a constant image, and `None` for an empty region. It grows with the
/// square of the intensity scale and ignores an added constant. The weights are those of OpenCV's
/// and SciPy's Sobel operators, not normalised. E. Krotkov, Focusing, International Journal of
/// Computer Vision 1 (1987), after J. M. Tenenbaum (1970).
///
/// # Errors
/// As [`focus_ratio`], and [`Error::Parameter`](crate::Error::Parameter) for a border constant
/// that the pixel type does not hold.
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::{Border, tenengrad};
///
/// // One row, repeated above and below: Gx = 4 * [1, 3, 2], Gy = 0.
/// let image = array![[0_u8, 1, 3]];
/// let mean = 16.0 * (1.0 + 9.0 + 4.0) / 3.0;
/// assert_eq!(tenengrad(&image, None, Border::Replicate)?, Some(mean));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn tenengrad<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
    border: Border,
) -> Result<Option<f64>> {
    let raster = Raster::finite(image, roi)?;
    let edge = border.resolve()?;
    let sums = sum_over_windows(raster, Some(edge), |[up, here, down]: Window<T>| {
        let two = <T as Kernels>::Wide::from(2);
        let across = |row: [T; 3]| wide(row[2]) - wide(row[0]);
        let along = |row: [T; 3]| wide(row[0]) + two * wide(row[1]) + wide(row[2]);
        let x = across(up) + two * across(here) + across(down);
        [square::<T>(x) + square::<T>(along(down) - along(up))]
    });
    Ok((sums.count > 0).then(|| sums.totals[0] / sums.count as f64))
}

fn wide<T: Pixel>(pixel: T) -> <T as Kernels>::Wide {
    <T as Kernels>::Wide::from(pixel)
}

fn square<T: Pixel>(value: <T as Kernels>::Wide) -> f64 {
    let value: f64 = value.into();
    value * value
}
