//! A logarithmic axis.

/// Steps of a decade that are named.
const STEPS: [f64; 3] = [1.0, 2.0, 5.0];

/// From `low` at `from` to `high` at `to`, in units of the figure.
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) from: i32,
    pub(crate) to: i32,
}

impl Axis {
    pub(crate) fn at(&self, value: f64) -> i32 {
        let share = (value / self.low).ln() / (self.high / self.low).ln();
        self.from + (f64::from(self.to - self.from) * share).round() as i32
    }

    /// 1, 2 and 5 of every decade; 1 alone where there are many.
    pub(crate) fn decades(&self) -> Vec<f64> {
        let decades = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
        let steps = if self.high / self.low > 3000.0 { &STEPS[..1] } else { &STEPS };
        let ticks =
            decades.flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power)));
        ticks.filter(|tick| (self.low..=self.high).contains(tick)).collect()
    }

    /// The powers of two.
    pub(crate) fn doublings(&self) -> Vec<f64> {
        let powers = self.low.log2().ceil() as i32..=self.high.log2().floor() as i32;
        powers.map(|power| 2_f64.powi(power)).collect()
    }
}

/// A range around values, with some room.
pub(crate) fn around(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    (low / 1.25, high * 1.25)
}
