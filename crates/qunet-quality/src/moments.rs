//! Mean and population variance of a stream of values, the same for every way of cutting the
//! stream where the values are integers.

/// Values summed before the sums move to wider integers, or are merged.
const CHUNK: usize = 4096;

/// Collects values and answers their number, mean and population variance.
pub trait Moments<W>: Default {
    /// Takes in `values`.
    fn push(&mut self, values: &[W]);
    /// How many values were taken in.
    fn count(&self) -> u64;
    /// Their mean; `None` without values.
    fn mean(&self) -> Option<f64>;
    /// Their population variance, >= 0; `None` without values.
    fn variance(&self) -> Option<f64>;
}

/// Moments of integers, from exact sums.
#[derive(Debug, Default)]
pub struct ExactMoments {
    count: u64,
    sum: i128,
    squares: u128,
}

impl Moments<i32> for ExactMoments {
    fn push(&mut self, values: &[i32]) {
        // Wide pixels stay below 2^20, so the sums of a chunk stay below 2^52.
        for chunk in values.chunks(CHUNK) {
            let (mut sum, mut squares) = (0_i64, 0_u64);
            for &value in chunk {
                let size = u64::from(value.unsigned_abs());
                sum += i64::from(value);
                squares += size * size;
            }
            self.sum += i128::from(sum);
            self.squares += u128::from(squares);
        }
        self.count += values.len() as u64;
    }

    fn count(&self) -> u64 {
        self.count
    }

    fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    fn variance(&self) -> Option<f64> {
        // (n * sum(v^2) - sum(v)^2) / n^2; whole part and rest apart, so that one rounding remains.
        let count = u128::from(self.count);
        let numerator = count * self.squares - self.sum.unsigned_abs().pow(2);
        let denominator = count * count;
        let whole = numerator.checked_div(denominator)?;
        Some(whole as f64 + (numerator % denominator) as f64 / denominator as f64)
    }
}

/// Moments of floating-point values, chunk by chunk about the chunk's own mean.
#[derive(Debug, Default)]
pub struct FloatMoments {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Moments<f64> for FloatMoments {
    fn push(&mut self, values: &[f64]) {
        for chunk in values.chunks(CHUNK) {
            let size = chunk.len() as f64;
            let mean = sum_of(chunk, |value| value) / size;
            let squares = sum_of(chunk, |value| (value - mean).powi(2));
            self.merge(chunk.len() as u64, mean, squares);
        }
    }

    fn count(&self) -> u64 {
        self.count
    }

    fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    fn variance(&self) -> Option<f64> {
        (self.count > 0).then(|| self.squares / self.count as f64)
    }
}

impl FloatMoments {
    /// Adds `count` values of the given mean and sum of squared deviations (Chan, Golub, LeVeque).
    fn merge(&mut self, count: u64, mean: f64, squares: f64) {
        let total = self.count + count;
        let share = count as f64 / total as f64;
        let shift = mean - self.mean;
        self.squares += squares + shift * shift * self.count as f64 * share;
        self.mean += shift * share;
        self.count = total;
    }
}

/// Sum of `term(value)` in eight lanes: faster than one running sum, and more accurate.
fn sum_of(values: &[f64], term: impl Fn(f64) -> f64) -> f64 {
    let (groups, rest) = values.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for group in groups {
        for (lane, &value) in lanes.iter_mut().zip(group) {
            *lane += term(value);
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|&value| term(value)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_values_have_no_moments() {
        assert_eq!(ExactMoments::default().mean(), None);
        assert_eq!(ExactMoments::default().variance(), None);
        assert_eq!(FloatMoments::default().mean(), None);
        assert_eq!(FloatMoments::default().variance(), None);
    }

    #[test]
    fn integers_agree_with_hand_computed_moments_across_chunks() {
        let mut moments = ExactMoments::default();
        // Half -3, half 5: mean 1, variance 16.
        let values: Vec<i32> = (0..10_000).map(|i| if i % 2 == 0 { -3 } else { 5 }).collect();
        moments.push(&values[..7000]);
        moments.push(&values[7000..]);
        assert_eq!((moments.count(), moments.mean()), (10_000, Some(1.0)));
        assert_eq!(moments.variance(), Some(16.0));
    }

    #[test]
    fn a_small_spread_on_a_large_mean_keeps_its_variance() {
        let mut moments = FloatMoments::default();
        let values: Vec<f64> = (0..10_000).map(|i| 1e9 + f64::from(i % 2)).collect();
        moments.push(&values);
        assert_eq!(moments.variance(), Some(0.25));
        assert_eq!(moments.mean(), Some(1e9 + 0.5));
    }
}
