use ndarray::ArrayRef2;

use crate::{Pixel, Result, roi_statistics};

/// Signal-to-noise ratio: mean of a region / standard deviation of the background.
///
/// ```text
/// SNR = mean(signal) / sigma(background)
/// ```
///
/// with the population standard deviation. `image` and both masks are (H, W); the result has the
/// sign of the mean, higher = less noise, and `None` where a region is empty or the background
/// is constant. It does not depend on the intensity scale but on where it starts, so bring
/// Hounsfield units to a scale that starts at zero first. The background should hold noise
/// alone; in magnitude MR images its noise is Rayleigh distributed, 0.655 of that in tissue, and
/// no factor corrects for it here. L. Kaufman et al., Measuring signal-to-noise ratios in MR
/// imaging, Radiology 173 (1989).
///
/// # Errors
/// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) for a mask of another shape,
/// [`Error::EmptyImage`](crate::Error::EmptyImage) without pixels,
/// [`Error::NonFinite`](crate::Error::NonFinite) for a NaN or infinite pixel inside a mask.
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::snr;
///
/// // Mean 30; the background 1, 3 has mean 2 and standard deviation 1.
/// let image = array![[30_u8, 30, 1, 3]];
/// let signal = array![[true, true, false, false]];
/// assert_eq!(snr(&image, &signal, &signal.mapv(|inside| !inside))?, Some(30.0));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn snr<T: Pixel>(
    image: &ArrayRef2<T>,
    signal: &ArrayRef2<bool>,
    background: &ArrayRef2<bool>,
) -> Result<Option<f64>> {
    let mean = roi_statistics(image, signal)?.mean;
    Ok(mean.zip(noise(image, background)?).map(|(mean, noise)| mean / noise))
}

/// Contrast-to-noise ratio: difference between two regions / standard deviation of the background.
///
/// ```text
/// CNR = |mean(first) - mean(second)| / sigma(background)
/// ```
///
/// with the population standard deviation. `image` and the masks are (H, W), and `background`
/// may be `second`; the result is >= 0, higher = easier to tell apart, and `None` where a region
/// is empty or the background is constant. Neither intensity scale nor an added constant
/// matters. V. A. Magnotta, L. Friedman, Measurement of signal-to-noise and contrast-to-noise in
/// the fBIRN multicenter imaging study, Journal of Digital Imaging 19 (2006).
///
/// # Errors
/// As [`snr`].
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::cnr;
///
/// let image = array![[30_u8, 20, 1, 3]];
/// let first = array![[true, false, false, false]];
/// let second = array![[false, true, false, false]];
/// let background = array![[false, false, true, true]];
/// assert_eq!(cnr(&image, &first, &second, &background)?, Some(10.0));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn cnr<T: Pixel>(
    image: &ArrayRef2<T>,
    first: &ArrayRef2<bool>,
    second: &ArrayRef2<bool>,
    background: &ArrayRef2<bool>,
) -> Result<Option<f64>> {
    let means = roi_statistics(image, first)?.mean.zip(roi_statistics(image, second)?.mean);
    let noise = noise(image, background)?;
    Ok(means.zip(noise).map(|((first, second), noise)| (first - second).abs() / noise))
}

/// Standard deviation of the background; `None` where it has no spread.
fn noise<T: Pixel>(image: &ArrayRef2<T>, background: &ArrayRef2<bool>) -> Result<Option<f64>> {
    let variance = roi_statistics(image, background)?.variance;
    Ok(variance.filter(|&variance| variance > 0.0).map(f64::sqrt))
}
