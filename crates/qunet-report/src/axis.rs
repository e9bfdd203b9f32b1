//! From a number to a pixel, and the ticks between.

use crate::number;

/// Numbers that span more than this factor are drawn on a logarithmic axis.
const WIDE: f64 = 30.0;
/// Room beside the outermost numbers, as a share of the axis.
const MARGIN: f64 = 0.05;
/// About so many steps between ticks.
const STEPS: f64 = 6.0;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Scale {
    Linear,
    Whole,
    Log,
}

/// An axis from pixel `from` (lowest number) to pixel `to` (highest).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    pub(crate) from: i32,
    pub(crate) to: i32,
}

impl Axis {
    /// Holds all finite numbers; logarithmic where they are positive and span a wide range.
    pub(crate) fn around(numbers: &[f64], (from, to): (i32, i32)) -> Self {
        let finite = || numbers.iter().copied().filter(|n| n.is_finite());
        let low = finite().fold(f64::INFINITY, f64::min);
        let high = finite().fold(f64::NEG_INFINITY, f64::max);
        if low > 0.0 && high / low > WIDE {
            return Self::padded(Scale::Log, low.log10(), high.log10(), (from, to));
        }
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        Self::padded(Scale::Linear, low, high, (from, to))
    }

    /// From `low` to `high` exactly.
    pub(crate) fn between(low: f64, high: f64, (from, to): (i32, i32)) -> Self {
        Self { scale: Scale::Linear, low, high, from, to }
    }

    /// Counts from `low` to `high`, ticks at whole numbers only.
    pub(crate) fn counting(low: usize, high: usize, (from, to): (i32, i32)) -> Self {
        let (low, high) = (low as f64, high as f64);
        Self { scale: Scale::Whole, low: low - 0.5, high: high + 0.5, from, to }
    }

    fn padded(scale: Scale, low: f64, high: f64, (from, to): (i32, i32)) -> Self {
        let margin = if high > low {
            (high - low) * MARGIN
        } else {
            (low.abs() * 0.1).max(f64::MIN_POSITIVE)
        };
        let margin = if margin > f64::MIN_POSITIVE { margin } else { 1.0 };
        Self { scale, low: low - margin, high: high + margin, from, to }
    }

    /// Whether the numbers are spaced by their logarithm.
    pub(crate) fn is_log(&self) -> bool {
        self.scale == Scale::Log
    }

    /// Where a number stands; beyond the axis it stands on the nearer end.
    pub(crate) fn pixel(&self, number: f64) -> i32 {
        let position = if self.is_log() { number.log10() } else { number };
        let share = ((position - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.from + (share * f64::from(self.to - self.from)).round() as i32
    }

    /// The numbers to name, with their names.
    pub(crate) fn ticks(&self) -> Vec<(f64, String)> {
        match self.scale {
            Scale::Log => self.log_ticks(),
            Scale::Linear => self.even_ticks(nice_step((self.high - self.low) / STEPS)),
            Scale::Whole => self.even_ticks(nice_step((self.high - self.low) / STEPS).max(1.0)),
        }
    }

    fn even_ticks(&self, step: f64) -> Vec<(f64, String)> {
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        let large = self.low.abs().max(self.high.abs()) >= 1e5;
        let name = |n: f64| match large || decimals > 4 {
            true => number::scientific(n),
            false => number::fixed(n, decimals),
        };
        let first = (self.low / step).ceil();
        (0..=2 * STEPS as usize)
            .map(|k| (first + k as f64) * step + 0.0)
            .take_while(|&n| n <= self.high)
            .map(|n| (n, name(n)))
            .collect()
    }

    fn log_ticks(&self) -> Vec<(f64, String)> {
        let decades = self.high - self.low;
        let factors: &[f64] = if decades < 3.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let stride = (decades / 8.0).ceil().max(1.0) as usize;
        (self.low.floor() as i32..=self.high.ceil() as i32)
            .step_by(stride)
            .flat_map(|decade| factors.iter().map(move |f| f * 10f64.powi(decade)))
            .filter(|n| (self.low..=self.high).contains(&n.log10()))
            .map(|n| (n, number::short_tick(n)))
            .collect()
    }
}

/// The nearest of 1, 2, 5 times a power of ten that is not smaller.
fn nice_step(step: f64) -> f64 {
    let decade = 10f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0]
        .map(|f| f * decade)
        .into_iter()
        .find(|&nice| nice >= step * 0.999)
        .unwrap_or(10.0 * decade)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(axis: Axis) -> Vec<String> {
        axis.ticks().into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        let axis = Axis::between(-1.0, 0.0, (0, 100));
        assert_eq!(names(axis), ["−1.0", "−0.8", "−0.6", "−0.4", "−0.2", "0.0"]);
        assert_eq!(names(Axis::counting(1, 3, (0, 100))), ["1", "2", "3"]);
    }

    #[test]
    fn wide_ranges_are_logarithmic() {
        let axis = Axis::around(&[1e-3, 1.0, f64::INFINITY], (0, 1000));
        assert!(axis.is_log());
        assert_eq!(names(axis), ["0.001", "0.01", "0.1", "1"]);
        assert_eq!(axis.pixel(f64::INFINITY), 1000);
    }

    #[test]
    fn degenerate_ranges_still_have_ticks() {
        for numbers in [vec![], vec![0.0], vec![7.0, 7.0], vec![f64::INFINITY], vec![1e-320]] {
            let axis = Axis::around(&numbers, (0, 100));
            assert!((1..=13).contains(&axis.ticks().len()), "{numbers:?}");
            assert!((0..=100).contains(&axis.pixel(7.0)));
        }
    }
}
