use std::sync::OnceLock;

use super::Quantile;

/// Distances from one surface to another: the different ones, ascending, and how often each occurs.
#[derive(Clone, Debug)]
pub(super) struct Directed {
    values: Vec<f64>,
    /// For each value, how many distances are not above it.
    up_to: Vec<u64>,
    /// All of them, once asked for.
    all: OnceLock<Vec<f64>>,
}

impl PartialEq for Directed {
    fn eq(&self, other: &Self) -> bool {
        (&self.values, &self.up_to) == (&other.values, &other.up_to)
    }
}

impl Directed {
    /// From ascending values and how often each occurs, which may be never.
    pub(super) fn new(counted: impl Iterator<Item = (f64, u64)>) -> Self {
        let (mut values, mut up_to, mut total) = (Vec::new(), Vec::new(), 0);
        for (value, count) in counted.filter(|&(_, count)| count > 0) {
            total += count;
            values.push(value);
            up_to.push(total);
        }
        Self { values, up_to, all: OnceLock::new() }
    }

    /// The distances of both.
    pub(super) fn pooled(&self, other: &Self) -> Self {
        let mut counted: Vec<_> = self.counted().chain(other.counted()).collect();
        // Two ascending runs, which a stable sort merges.
        counted.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self::new(counted.into_iter())
    }

    /// Each value and how often it occurs.
    fn counted(&self) -> impl Iterator<Item = (f64, u64)> {
        let before = std::iter::once(0).chain(self.up_to.iter().copied());
        let counts = self.up_to.iter().zip(before).map(|(up_to, before)| up_to - before);
        self.values.iter().copied().zip(counts)
    }

    pub(super) fn all(&self) -> &[f64] {
        self.all.get_or_init(|| {
            let repeated = |(value, count)| std::iter::repeat_n(value, count as usize);
            self.counted().flat_map(repeated).collect()
        })
    }

    pub(super) fn count(&self) -> u64 {
        self.up_to.last().copied().unwrap_or(0)
    }

    pub(super) fn largest(&self) -> Option<f64> {
        self.values.last().copied()
    }

    pub(super) fn sum(&self) -> f64 {
        self.counted().map(|(value, count)| value * count as f64).sum()
    }

    pub(super) fn mean(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.sum() / self.count() as f64)
    }

    /// How many are not above `tolerance`.
    pub(super) fn within(&self, tolerance: f64) -> u64 {
        let values = self.values.partition_point(|&value| value <= tolerance);
        values.checked_sub(1).map_or(0, |last| self.up_to[last])
    }

    pub(super) fn percentile(&self, percent: f64, quantile: Quantile) -> Option<f64> {
        let position = percent / 100.0 * self.count().checked_sub(1)? as f64;
        let at = |rank: f64| self.values[self.up_to.partition_point(|&n| n <= rank as u64)];
        let (low, high) = (at(position.floor()), at(position.ceil()));
        Some(match quantile {
            Quantile::Linear => low + (high - low) * position.fract(),
            Quantile::Lower => low,
            Quantile::Higher => high,
            Quantile::Nearest => at(position.round_ties_even()),
            Quantile::Midpoint => low + (high - low) / 2.0,
        })
    }
}
