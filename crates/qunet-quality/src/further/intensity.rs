use std::cmp::Ordering;

use ndarray::{Array1, ArrayRef2};
use ndarray_stats::EntropyExt;
use serde::{Deserialize, Serialize};

use crate::{Error, Pixel, Result, pixel::sealed::Arithmetic, rows::Raster};

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
    let mut pixels = Raster::finite(image, roi)?.pixels(|pixel| pixel);
    if pixels.is_empty() {
        return Ok(None);
    }
    // There is a pixel, so there is a quantile.
    let at = |percent| quantile(&mut pixels, percent / 100.0).unwrap_or_default();
    Ok(Some(percents.map(at)))
}

/// The value below which `share` (in [0, 1]) of `values` lies, interpolated between the two
/// nearest ones as NumPy's method `linear` does; `None` without values. Reorders `values`.
///
/// Not by `ndarray-stats` 0.7: its selection recurses once for every value equal to the pivot. Of
/// 16,000 equal pixels it takes 0.6 s, and 64,000, a small slice of air, overflow the stack.
pub(crate) fn quantile<V: Copy + PartialOrd + Into<f64>>(
    values: &mut [V],
    share: f64,
) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let place = last as f64 * share;
    let below = (place.floor() as usize).min(last);
    let (_, &mut low, above) = values.select_nth_unstable_by(below, ascending);
    let next = above.iter().copied().reduce(|a, b| if b < a { b } else { a });
    let (low, high): (f64, f64) = (low.into(), next.unwrap_or(low).into());
    Some(between(low, high, place - below as f64))
}

/// From `low` at 0 to `high` at 1, rounded as NumPy rounds: from the nearer end.
fn between(low: f64, high: f64, share: f64) -> f64 {
    let step = high - low;
    if share < 0.5 { low + step * share } else { high - step * (1.0 - share) }
}

/// The order of finite values.
fn ascending<V: PartialOrd>(a: &V, b: &V) -> Ordering {
    a.partial_cmp(b).unwrap_or(Ordering::Equal)
}

/// The lowest and the highest intensity that differ from the ones beyond.
///
/// ```
/// use qunet_quality::IntensityLimits;
///
/// assert_eq!(IntensityLimits::from_pixel_type::<i16>(), Some(IntensityLimits { low: -32768.0, high: 32767.0 }));
/// assert_eq!(IntensityLimits::from_pixel_type::<f32>(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntensityLimits {
    /// Pixels at or below it are saturated; minus infinity for no such limit.
    pub low: f64,
    /// Pixels at or above it are saturated; infinity for no such limit.
    pub high: f64,
}

impl IntensityLimits {
    /// The range of an integer pixel type; `None` for `f32`, which has no end to clip at.
    #[must_use]
    pub fn from_pixel_type<T: Pixel>() -> Option<Self> {
        let (low, high) = <T as Arithmetic>::LIMITS?;
        Some(Self { low: low.into(), high: high.into() })
    }

    /// Refuses limits that are NaN or not in order.
    pub(crate) fn check(self) -> Result<()> {
        if self.low < self.high {
            return Ok(());
        }
        Err(Error::Parameter {
            field: "intensity_limits",
            value: format!("{} to {}", self.low, self.high),
            rule: "low < high",
        })
    }
}

/// Shares of saturated pixels, each in [0, 1], higher = more clipped.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SaturatedShares {
    /// Share of the pixels at or below the low limit.
    pub low: f64,
    /// Share of the pixels at or above the high limit.
    pub high: f64,
}

/// Shares of the pixels at or beyond the ends of the intensity range.
///
/// ```text
/// low = 1/n * #(I <= limits.low),   high = 1/n * #(I >= limits.high)
/// ```
///
/// over the n pixels inside `roi` (all without one). `image` and `roi` are (H, W); both shares
/// are in [0, 1], higher = more clipped, and `None` for an empty region. The range is never
/// guessed from the pixels; [`IntensityLimits::from_pixel_type`] gives that of an integer pixel type. Air
/// outside the body is often at the low end without harm. The definition is common usage.
///
/// # Errors
/// As [`focus_ratio`](crate::focus_ratio), and [`Error::Parameter`] for limits that are NaN or
/// not in order.
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::{IntensityLimits, saturated_shares};
///
/// let limits = IntensityLimits { low: 0.0, high: 255.0 };
/// let shares = saturated_shares(&array![[0_u8, 7, 255, 255]], None, limits)?;
/// assert_eq!(shares.map(|shares| (shares.low, shares.high)), Some((0.25, 0.5)));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn saturated_shares<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
    limits: IntensityLimits,
) -> Result<Option<SaturatedShares>> {
    limits.check()?;
    let raster = Raster::finite(image, roi)?;
    let (mut pixels, mut low, mut high) = (0, 0, 0);
    raster.for_each_row_inside(|row| {
        let count = |test: fn(f64, &IntensityLimits) -> bool| {
            row.iter().filter(|&&pixel| test(pixel.into(), &limits)).count()
        };
        pixels += row.len();
        low += count(|pixel, limits| pixel <= limits.low);
        high += count(|pixel, limits| pixel >= limits.high);
    });
    let share = |count: usize| count as f64 / pixels as f64;
    Ok((pixels > 0).then(|| SaturatedShares { low: share(low), high: share(high) }))
}

/// Entropy focus criterion: how evenly the intensity spreads over the pixels.
///
/// ```text
/// EFC = sum(I/b * ln(I/b)) / (sqrt(n) * ln(1 / sqrt(n))),   b = sqrt(sum(I^2))
/// ```
///
/// over the n pixels inside `roi` (all without one), with 0 ln 0 = 0. `image` and `roi` are
/// (H, W); the result is in [0, 1], higher = more ghosting and blur: 0 where one pixel holds all
/// intensity, 1 for a constant image. `None` for fewer than two pixels, for all zeros and where
/// a pixel is negative. It does not depend on the intensity scale but on where it starts.
/// D. Atkinson et al., Automatic correction of motion artifacts in magnetic resonance images
/// using an entropy focus criterion, IEEE Transactions on Medical Imaging 16 (1997), normalised
/// as in MRIQC.
///
/// # Errors
/// As [`focus_ratio`](crate::focus_ratio).
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::entropy_focus_criterion;
///
/// assert_eq!(entropy_focus_criterion(&array![[0_u8, 0], [7, 0]], None)?, Some(0.0));
/// // Two of four pixels: sum = -2 * 1/sqrt(2) * ln(2)/2 over 2 * -ln(2) is sqrt(2) / 4.
/// let half = entropy_focus_criterion(&array![[5_u8, 0], [0, 5]], None)?;
/// assert!(half.is_some_and(|efc| (efc - 2.0_f64.sqrt() / 4.0).abs() < 1e-15));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn entropy_focus_criterion<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
) -> Result<Option<f64>> {
    let pixels: Array1<f64> = Raster::finite(image, roi)?.pixels(Into::into).into();
    let count = pixels.len() as f64;
    let energy = pixels.mapv(|pixel| pixel * pixel).sum().sqrt();
    let negative = pixels.iter().any(|&pixel| pixel < 0.0);
    if negative || pixels.len() < 2 || energy <= 0.0 {
        return Ok(None);
    }
    // The entropy is minus the sum of the formula, and ln(1 / sqrt(n)) minus ln(n) / 2.
    let entropy = (pixels / energy).entropy().unwrap_or_default();
    let largest = count.sqrt() * (0.5 * count.ln());
    // Rounding may leave the range by an ulp.
    Ok(Some((entropy / largest).clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        let values = [40_u8, 10, 30, 20];
        let quantile = |share| quantile(&mut values.clone(), share);
        assert_eq!([0.0, 0.5, 1.0].map(quantile), [Some(10.0), Some(25.0), Some(40.0)]);
        assert_eq!(quantile(0.1), Some(13.0));
        assert_eq!(super::quantile::<f64>(&mut [], 0.5), None);
        assert_eq!(super::quantile(&mut [7.0_f64], 0.3), Some(7.0));
    }
}
