use ndarray::{Array1, ArrayRef2};
use ndarray_stats::DeviationExt;

use crate::{
    Border, Error, Pixel, RegionStatistics, Result, median::median_filter, region, rows::Raster,
};

/// Side of the notebook's median window.
const WINDOW: usize = 20;

/// The notebook's PSNR in dB of an image against its median of size 20.
///
/// ```text
/// PSNR = 20 * log10(range / sqrt(mean((I - median(I))^2)))
/// ```
///
/// with SciPy's `median_filter(I, 20)`, whose border is [`Border::Reflect`] and whose even window
/// lies off centre. `image` is (H, W); the result is any finite number of dB, higher = smoother,
/// the opposite direction of [`inverse_psnr`](crate::inverse_psnr), and `None` where image and
/// median are equal. `range` is the largest possible intensity: the notebook has 255, also for
/// images that it scaled to [0, 1], where 1 would be right. The author's notebooks of QU-net++.
///
/// # Errors
/// [`Error::Parameter`] for a range that is not positive and finite, and those of
/// [`median_filter`](crate::median_filter).
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::notebook_psnr_db;
///
/// // The medians are all 0, so the error is the image: RMSE sqrt(51^2 / 4) = 25.5 = 255 / 10.
/// assert_eq!(notebook_psnr_db(&array![[0_u8, 0], [0, 51]], 255.0)?, Some(20.0));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn notebook_psnr_db<T: Pixel>(image: &ArrayRef2<T>, range: f64) -> Result<Option<f64>> {
    check_range(range)?;
    let medians = median_filter(image, WINDOW, Border::Reflect)?;
    // Both row by row, so that the sum has one order whatever the strides of the image are.
    let pixels: Array1<f64> = Raster::new(image, None)?.pixels(Into::into).into();
    let medians = Array1::from_iter(medians.iter().map(|&median| median.into()));
    let rmse = pixels.root_mean_sq_err(&medians).unwrap_or_default();
    Ok((rmse > 0.0).then(|| 20.0 * (range / rmse).log10()))
}

/// Refuses a range that is not positive and finite.
pub(crate) fn check_range(range: f64) -> Result<()> {
    if range > 0.0 && range.is_finite() {
        return Ok(());
    }
    Err(Error::Parameter {
        field: "notebook_range",
        value: range.to_string(),
        rule: "0 < notebook_range < inf",
    })
}

/// The notebook's CoV: standard deviation / mean of image times mask, zeros outside counted.
///
/// ```text
/// CoV = sigma(I * M) / mean(I * M)    over all H W pixels
/// ```
///
/// with the population standard deviation; without `roi` the mask is 1 everywhere. `image` and
/// `roi` are (H, W); the result has the sign of the mean, higher = more contrast or a smaller
/// region, and `None` where the mean is 0. Unlike a product, it does not read pixels outside
/// `roi`, so NaN may lie there. The paper's CoV is [`RegionStatistics::cov`], the textbook's
/// [`RegionStatistics::coefficient_of_variation`]. The author's notebooks of QU-net++.
///
/// # Errors
/// As [`focus_ratio`](crate::focus_ratio).
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::notebook_cov;
///
/// // The product is 4, 0: mean 2, standard deviation 2.
/// let cov = notebook_cov(&array![[4_u8, 9]], Some(&array![[true, false]]))?;
/// assert_eq!(cov, Some(1.0));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn notebook_cov<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
) -> Result<Option<f64>> {
    let inside = region::statistics(image, roi)?;
    let RegionStatistics { pixels, mean: Some(mean), variance: Some(variance), .. } = inside else {
        return Ok(None);
    };
    // The product is a mixture: the region's pixels with weight `share`, zeros with the rest.
    let share = pixels as f64 / image.len() as f64;
    let spread = share * variance + share * (1.0 - share) * mean * mean;
    Ok((mean != 0.0).then(|| spread.sqrt() / (share * mean)))
}
