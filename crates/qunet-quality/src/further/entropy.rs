use ndarray::ArrayRef2;

use crate::{Pixel, Result, check, further::pixels::for_each_row_inside};

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
    check::region(image, roi)?;
    let mut sums = Sums::default();
    match T::LIMITS {
        // One logarithm for each level of an integer instead of one for each pixel.
        Some((low, high)) => {
            let low = low.into();
            let mut counts = vec![0_u64; (high.into() - low) as usize + 1];
            for_each_row_inside(image, roi, |row| {
                for &pixel in row {
                    counts[(pixel.into() - low) as usize] += 1;
                }
            });
            for (level, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                sums.add(low + level as f64, count);
            }
        }
        None => for_each_row_inside(image, roi, |row| {
            for &pixel in row {
                sums.add(pixel.into(), 1);
            }
        }),
    }
    Ok(sums.criterion())
}

/// What the criterion needs to know of the pixels.
#[derive(Default)]
struct Sums {
    count: u64,
    negative: bool,
    /// Sum of I.
    linear: f64,
    /// Sum of I^2.
    squares: f64,
    /// Sum of I ln I.
    entropy: f64,
}

impl Sums {
    /// Takes in `count` pixels of one value.
    fn add(&mut self, value: f64, count: u64) {
        let times = count as f64;
        self.count += count;
        self.negative |= value < 0.0;
        if value > 0.0 {
            self.linear += times * value;
            self.squares += times * value * value;
            self.entropy += times * value * value.ln();
        }
    }

    fn criterion(&self) -> Option<f64> {
        if self.negative || self.count < 2 || self.squares <= 0.0 {
            return None;
        }
        let energy = self.squares.sqrt();
        // sum(I/b ln(I/b)) from sum(I ln I) - ln(b) sum(I).
        let entropy = (self.entropy - energy.ln() * self.linear) / energy;
        let root = (self.count as f64).sqrt();
        // Rounding may leave the range by an ulp.
        Some((entropy / (root * -root.ln())).clamp(0.0, 1.0))
    }
}
