use ndarray::ArrayRef2;

use crate::{
    Error, Pixel, Result, check,
    further::{order::quantile, pixels::inside},
};

/// Percentiles of the pixels, interpolated between the two nearest ones.
///
/// ```text
/// P = x[k] + (x[k + 1] - x[k]) * (place - k),   place = percent/100 * (n - 1),   k = floor(place)
/// ```
///
/// with the n pixels inside `roi` (all without one) in ascending order x\[0\], x\[1\], ... `image`
/// and `roi` are (H, W); the results are in the order of `percents`, within the range of the
/// pixels, and `None` for an empty region. This is NumPy's method `linear`, number 7 of R. J. Hyndman,
/// Y. Fan, Sample quantiles in statistical packages, The American Statistician 50 (1996).
///
/// # Errors
/// As [`focus_ratio`](crate::focus_ratio), and [`Error::Parameter`] for a percentage that is not
/// in [0, 100].
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::percentiles;
///
/// // 10 % of the way from x[0] to x[4] is 0.4 of the way from x[0] to x[1].
/// let image = array![[50_u8, 10, 20, 30, 40]];
/// assert_eq!(percentiles(&image, None, [0.0, 10.0, 50.0])?, Some([10.0, 14.0, 30.0]));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn percentiles<T: Pixel, const N: usize>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
    percents: [f64; N],
) -> Result<Option<[f64; N]>> {
    if let Some(percent) = percents.iter().find(|percent| !(0.0..=100.0).contains(*percent)) {
        return Err(Error::Parameter {
            field: "percentile",
            value: percent.to_string(),
            rule: "0 <= percentile <= 100",
        });
    }
    check::region(image, roi)?;
    let mut pixels = inside(image, roi);
    if pixels.is_empty() {
        return Ok(None);
    }
    // There is a pixel, so there is a quantile.
    let at = |percent| quantile(&mut pixels, percent / 100.0).unwrap_or_default();
    Ok(Some(percents.map(at)))
}
