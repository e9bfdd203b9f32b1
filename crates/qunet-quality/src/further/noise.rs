use std::f64::consts::FRAC_PI_2;

use ndarray::ArrayRef2;

use crate::{Pixel, Result, check, further::windows::sum_over_windows, kernels::Kernels};

/// Standard deviation of white Gaussian noise, from the difference of two Laplacians.
///
/// ```text
/// sigma = sqrt(pi / 2) * 1/(6 n) * sum(|N * I|),   N = [1 -2 1; -2 4 -2; 1 -2 1]
/// ```
///
/// over the n pixels whose 3 x 3 window lies within the image and inside `roi`, n = (H-2)(W-2)
/// without one. `image` and `roi` are (H, W); the result is >= 0 in units of the intensity,
/// higher = noisier, 0 for constants and ramps, and `None` where no window fits. It grows
/// linearly with the intensity scale and ignores an added constant. Fine texture and thin lines
/// count as noise, unlike in [`wavelet_noise_sigma`](crate::wavelet_noise_sigma), which is robust
/// to a few of them. J. Immerkaer, Fast noise variance estimation, Computer Vision and Image
/// Understanding 64 (1996).
///
/// # Errors
/// As [`focus_ratio`](crate::focus_ratio).
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::laplacian_noise_sigma;
///
/// // One window: N * I = 4 * 3 = 12.
/// let image = array![[5_u8, 5, 5], [5, 8, 5], [5, 5, 5]];
/// let sigma = (std::f64::consts::PI / 2.0).sqrt() * 12.0 / 6.0;
/// assert_eq!(laplacian_noise_sigma(&image, None)?, Some(sigma));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn laplacian_noise_sigma<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
) -> Result<Option<f64>> {
    check::region(image, roi)?;
    let sums = sum_over_windows(image, roi, None, |window| {
        let wide = |pixel: T| <T as Kernels>::Wide::from(pixel);
        let weight = |weight: i8| <T as Kernels>::Wide::from(weight);
        let [up, here, down] = window;
        let corners = (wide(up[0]) + wide(down[2])) + (wide(up[2]) + wide(down[0]));
        let edges = (wide(up[1]) + wide(down[1])) + (wide(here[0]) + wide(here[2]));
        let response: f64 = (corners - weight(2) * edges + weight(4) * wide(here[1])).into();
        [response.abs()]
    });
    let mean = (sums.count > 0).then(|| sums.totals[0] / sums.count as f64);
    Ok(mean.map(|mean| FRAC_PI_2.sqrt() * mean / 6.0))
}
