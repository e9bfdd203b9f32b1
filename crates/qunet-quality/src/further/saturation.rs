use ndarray::ArrayRef2;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Pixel, Result, check, further::pixels::for_each_row_inside, pixel::sealed::Arithmetic,
};

/// The lowest and the highest intensity that can be told from the ones beyond.
///
/// ```
/// use qunet_quality::IntensityLimits;
///
/// assert_eq!(IntensityLimits::of::<i16>(), Some(IntensityLimits { low: -32768.0, high: 32767.0 }));
/// assert_eq!(IntensityLimits::of::<f32>(), None);
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
    pub fn of<T: Pixel>() -> Option<Self> {
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
/// guessed from the pixels; [`IntensityLimits::of`] gives that of an integer pixel type. Air
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
    check::region(image, roi)?;
    let (mut pixels, mut low, mut high) = (0, 0, 0);
    for_each_row_inside(image, roi, |row| {
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
