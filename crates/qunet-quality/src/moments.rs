//! Mean and population variance of values that come in pieces, the same on every machine.
//!
//! The compiler may add in any order, with any width of vector, and the result must not change.
//! Integers are summed exactly ([`ExactMoments`]), so order does not matter. Floating-point sums
//! have as many lanes as the widest instruction set, and each lane one order ([`LaneMoments`]).
//! The variance as mean square minus squared mean is safe only for means near zero, as those of
//! differences and of Laplacian responses are; a large offset would cost all digits. Pixels are
//! therefore summed about a pivot, and the pieces merged ([`MergedMoments`]).

/// Number, mean and population variance of the values so far.
pub trait Moments: Default {
    /// How many values there are.
    fn count(&self) -> u64;
    /// Their mean; `None` without values.
    fn mean(&self) -> Option<f64>;
    /// Their population variance, >= 0; `None` without values.
    fn variance(&self) -> Option<f64>;
}

/// Moments whose number, sum and squares may come apart from each other.
pub trait Tally: Moments {
    /// Holds one value: exactly where sums are exact.
    type Value;
    /// Adds `count` values of which `sum` is the sum.
    fn add_sum(&mut self, count: u64, sum: f64);
    /// Adds the square of one value.
    fn add_square(&mut self, value: Self::Value);
}

/// Moments of integers, from exact sums.
#[derive(Debug, Default)]
pub struct ExactMoments {
    count: u64,
    sum: i128,
    squares: u128,
}

impl ExactMoments {
    /// Adds `count` values by their sum and the sum of their squares.
    #[inline]
    pub(crate) fn add(&mut self, count: u64, sum: i64, squares: u64) {
        self.count += count;
        self.sum += i128::from(sum);
        self.squares += u128::from(squares);
    }
}

impl Moments for ExactMoments {
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

impl Tally for ExactMoments {
    type Value = i32;

    #[inline]
    fn add_sum(&mut self, count: u64, sum: f64) {
        self.add(count, sum as i64, 0);
    }

    #[inline]
    fn add_square(&mut self, value: i32) {
        self.add(0, 0, u64::from(value.unsigned_abs()).pow(2));
    }
}

/// Lanes of floating-point sums: two of the widest registers, so that an addition need not wait for
/// the one before, and the order of additions is the same for every instruction set.
pub(crate) const LANES: usize = 16;

/// Moments of floating-point values of a mean near zero, from sums in lanes.
#[derive(Debug, Default)]
pub struct LaneMoments {
    count: u64,
    /// Sums of values.
    pub(crate) sums: [f64; LANES],
    /// Sums of squares.
    pub(crate) squares: [f64; LANES],
    /// Further sums of values, one per column of the image.
    pub(crate) column_sums: Vec<f64>,
    /// Further sums of squares, one per column of the image.
    pub(crate) column_squares: Vec<f64>,
}

impl Moments for LaneMoments {
    fn count(&self) -> u64 {
        self.count
    }

    fn mean(&self) -> Option<f64> {
        let sum: f64 = self.sums.iter().chain(&self.column_sums).sum();
        (self.count > 0).then(|| sum / self.count as f64)
    }

    fn variance(&self) -> Option<f64> {
        let squares: f64 = self.squares.iter().chain(&self.column_squares).sum();
        let mean = self.mean()?;
        Some(at_least_zero(squares / self.count as f64 - mean * mean))
    }
}

impl Tally for LaneMoments {
    type Value = f64;

    #[inline]
    fn add_sum(&mut self, count: u64, sum: f64) {
        self.count += count;
        self.sums[0] += sum;
    }

    #[inline]
    fn add_square(&mut self, value: f64) {
        self.squares[0] += value * value;
    }
}

/// Moments of floating-point values of any mean, merged from pieces (Chan, Golub, LeVeque 1983).
#[derive(Debug, Default)]
pub(crate) struct MergedMoments {
    count: u64,
    mean: f64,
    squares: f64,
}

impl MergedMoments {
    /// Adds `count > 0` values of which `sum` and `squares` are the sums of `value - pivot` and of
    /// its square.
    pub(crate) fn merge(&mut self, count: u64, pivot: f64, sum: f64, squares: f64) {
        let shift = sum / count as f64;
        let (mean, squares) = (pivot + shift, squares - sum * shift);
        let total = self.count + count;
        let share = count as f64 / total as f64;
        let apart = mean - self.mean;
        self.squares += squares + apart * apart * self.count as f64 * share;
        self.mean += apart * share;
        self.count = total;
    }
}

impl Moments for MergedMoments {
    fn count(&self) -> u64 {
        self.count
    }

    fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    fn variance(&self) -> Option<f64> {
        (self.count > 0).then(|| at_least_zero(self.squares / self.count as f64))
    }
}

/// Rounding may leave less than nothing of a constant; NaN stays.
fn at_least_zero(variance: f64) -> f64 {
    if variance < 0.0 { 0.0 } else { variance }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_integers_are_exact() {
        // 2^31 - 1 and 2^31 + 1: mean 2^31, variance 1, from squares near 2^62.
        let mut moments = ExactMoments::default();
        for value in [2_147_483_647_i64, 2_147_483_649] {
            moments.add(1, value, (value * value) as u64);
        }
        assert_eq!((moments.mean(), moments.variance()), (Some(2_147_483_648.0), Some(1.0)));
    }

    #[test]
    fn merging_is_exact_on_a_large_offset() {
        let mut moments = MergedMoments::default();
        // 1e9 + {0, 1, 2, 3}: variance 1.25.
        moments.merge(2, 1e9, 1.0, 1.0);
        moments.merge(2, 1e9 + 2.0, 1.0, 1.0);
        assert_eq!(moments.count(), 4);
        assert_eq!((moments.mean(), moments.variance()), (Some(1e9 + 1.5), Some(1.25)));
    }

    #[test]
    fn nothing_has_no_moments() {
        assert_eq!(ExactMoments::default().variance(), None);
        assert_eq!(LaneMoments::default().mean(), None);
        assert_eq!(MergedMoments::default().variance(), None);
    }
}
