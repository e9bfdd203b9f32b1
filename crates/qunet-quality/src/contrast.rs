use ndarray::ArrayRef2;

use crate::{
    Border, Pixel, Result,
    median::{check_window, for_each_median_row},
    moments::{Moments, Tally},
    rows::Raster,
};

/// Inverse PSNR P: the share of the peak intensity that a median filter takes for noise.
///
/// ```text
/// P = Var(I - median(I)) / max(I)
/// ```
///
/// with the population variance. `image` is (H, W); the result is >= 0, higher = lower contrast,
/// and `None` where max(I) <= 0, for instance for an all-zero slice. It grows linearly with the
/// intensity scale, and an added constant changes max(I), so scale intensities first, in the
/// same way for all slices. For `window` and `border` see [`median_filter`](crate::median_filter);
/// 3 and [`Border::Replicate`] are the defaults of [`QualityParams`](crate::QualityParams).
/// Section II-B of S. Roychowdhury, QU-net++ (2021).
///
/// # Errors
/// As [`median_filter`](crate::median_filter).
///
/// # Example
/// ```
/// use ndarray::{Array2, array};
/// use qunet_quality::{Border, inverse_psnr};
///
/// // The medians are all 0, so I - median(I) = I: variance (81 / 9) - (9 / 9)^2 = 8, maximum 9.
/// let image = array![[0_u8, 0, 0], [0, 9, 0], [0, 0, 0]];
/// assert_eq!(inverse_psnr(&image, 3, Border::Replicate)?, Some(8.0 / 9.0));
/// assert_eq!(inverse_psnr(&Array2::<u8>::zeros((4, 4)), 3, Border::Replicate)?, None);
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn inverse_psnr<T: Pixel>(
    image: &ArrayRef2<T>,
    window: usize,
    border: Border,
) -> Result<Option<f64>> {
    check_window(window)?;
    noise(Raster::new(image, None)?, window, border)
}

/// Inverse PSNR P over the pixels where `roi` is true.
///
/// As [`inverse_psnr`] of the region alone: no pixel outside enters a median, a difference or the
/// maximum, and the region's edge is treated as the edge of an image. A rectangular region gives
/// what its crop gives. `image` and `roi` are (H, W); `None` where the region is empty or its
/// maximum is not positive.
///
/// # Errors
/// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) for a mask of another shape;
/// [`Error::NonFinite`](crate::Error::NonFinite) for a NaN or infinite pixel in the region;
/// otherwise as [`inverse_psnr`].
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::{Border, inverse_psnr_within};
///
/// let image = array![[0.0_f32, 0.0, 0.0, 7.0], [0.0, 9.0, 0.0, f32::NAN], [0.0, 0.0, 0.0, 7.0]];
/// let lungs = array![[true, true, true, false], [true, true, true, false], [true, true, true, false]];
/// let inside = inverse_psnr_within(&image, &lungs, 3, Border::Replicate)?;
/// assert_eq!(inside, Some(8.0 / 9.0));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn inverse_psnr_within<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: &ArrayRef2<bool>,
    window: usize,
    border: Border,
) -> Result<Option<f64>> {
    check_window(window)?;
    noise(Raster::new(image, Some(roi))?, window, border)
}

fn noise<T: Pixel>(raster: Raster<'_, T>, window: usize, border: Border) -> Result<Option<f64>> {
    let mut noise = Noise::new(raster);
    let [mut kept_pixels, mut kept_medians] = [Vec::new(), Vec::new()];
    for_each_median_row(raster, window, border.resolve()?, |rows, row, medians| {
        let pixels = raster.keep_inside(row, rows.get(row), &mut kept_pixels);
        noise.add_row(pixels, raster.keep_inside(row, medians, &mut kept_medians));
    });
    Ok(noise.finish()?.inverse_psnr())
}

/// What inverse PSNR rests on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoiseStatistics {
    /// Population variance of the differences between pixels and their medians; `None` without
    /// pixels.
    pub(crate) variance: Option<f64>,
    /// The largest pixel.
    pub(crate) max: Option<f64>,
}

impl NoiseStatistics {
    /// Var(I - median(I)) / max(I), where max(I) > 0.
    pub(crate) fn inverse_psnr(self) -> Option<f64> {
        let max = self.max.filter(|&max| max > 0.0)?;
        Some(self.variance? / max)
    }
}

/// Sums the differences between pixels and their medians row by row.
pub(crate) struct Noise<'a, T: Pixel> {
    raster: Raster<'a, T>,
    differences: T::Tally,
    peak: Option<T>,
}

impl<'a, T: Pixel> Noise<'a, T> {
    pub(crate) fn new(raster: Raster<'a, T>) -> Self {
        Self { raster, differences: Default::default(), peak: None }
    }

    pub(crate) fn add_row(&mut self, pixels: &[T], medians: &[T]) {
        let Some(so_far) = self.peak.or(pixels.first().copied()) else { return };
        let tally = &mut self.differences;
        self.peak = Some(T::tally_differences(tally, pixels, medians, so_far));
        tally.add_sum(pixels.len() as u64, 0.0);
    }

    /// The statistics, unless a pixel is not finite.
    pub(crate) fn finish(self) -> Result<NoiseStatistics> {
        let defined = |variance| self.raster.defined(variance);
        let variance = self.differences.variance().map(defined).transpose()?;
        Ok(NoiseStatistics { variance, max: self.peak.map(Into::into) })
    }
}
