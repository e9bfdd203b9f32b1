use ndarray::ArrayRef2;

use crate::{
    Border, Pixel, Result, check,
    median::{check_window, for_each_median_row},
    moments::Moments,
    pixel::sealed::Arithmetic,
    region::largest,
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
    check::image(image)?;
    let mut moments = T::Moments::default();
    let mut noise = vec![T::Wide::default(); image.ncols()];
    let mut peak = None;
    for_each_median_row(image, window, border, |pixels, medians| {
        for ((noise, &pixel), &median) in noise.iter_mut().zip(pixels).zip(medians) {
            *noise = <T as Arithmetic>::Wide::from(pixel) - <T as Arithmetic>::Wide::from(median);
        }
        moments.push(&noise);
        peak = largest(peak, pixels);
    });
    let peak = peak.map(Into::<f64>::into).filter(|&peak| peak > 0.0);
    Ok(moments.variance().zip(peak).map(|(variance, peak)| variance / peak))
}
