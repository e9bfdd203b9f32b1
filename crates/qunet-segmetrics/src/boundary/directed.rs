//! Distances from one surface to another.

use std::sync::OnceLock;

use qunet_grid::vectorised;

use super::Quantile;
use super::pair::Pair;
use super::points::Points;
use super::search::nearest;

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

    /// Read from the counted values: `ndarray_stats` takes a quantile of an array, which would hold
    /// every distance.
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

/// The distances from each of the points `from` to the nearest of `to`.
pub(super) fn directed(from: &Points, to: &Points, pair: &Pair) -> Directed {
    let near = Near::new(from, to, pair.ndim, pair.lengths);
    let mut others = nearest(&near.others, to, pair.lengths, pair.work);
    // Of numbers that are not negative, the bits have the order of the numbers.
    others.sort_unstable_by_key(|square| square.to_bits());
    let others = others.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len() as u64));
    let squares = [(0.0, near.shared), (near.step, near.beside)].into_iter().chain(others);
    Directed::new(squares.map(|(square, count)| (square.sqrt(), count)))
}

vectorised! {
    fn add_rows(near: &mut Near, queries: &Points, targets: &Points, axes: [bool; 3]) {
        for row in 0..queries.count_rows() {
            near.add_row(row, queries, targets, axes);
        }
    }
}

/// How many points are at most one step from a target, and the others. Dense surfaces have hardly
/// any other, so these are counted 64 at a time before any search.
struct Near {
    /// Points that are targets.
    shared: u64,
    /// Points whose nearest target is one step away along the axis of the shortest steps.
    beside: u64,
    /// The square of that step.
    step: f64,
    others: Points,
}

impl Near {
    /// Of `queries` to `targets` in a box of one size; only the last `ndim` axes are used.
    fn new(queries: &Points, targets: &Points, ndim: usize, lengths: [f64; 3]) -> Self {
        let used = &lengths[3 - ndim..];
        let step = used.iter().copied().fold(f64::INFINITY, f64::min);
        let axes = std::array::from_fn(|axis| axis + ndim >= 3 && lengths[axis] == step);
        let mut near = Self { shared: 0, beside: 0, step: step * step, others: queries.like() };
        add_rows(&mut near, queries, targets, axes);
        near
    }

    #[inline(always)]
    fn add_row(&mut self, row: usize, queries: &Points, targets: &Points, axes: [bool; 3]) {
        let (height, per_row) = (queries.height, queries.per_row());
        let (z, y) = (row / height, row % height);
        let beyond = queries.count_rows();
        let beside = |exists: bool, row: usize| targets.row(if exists { row } else { beyond });
        let around = [
            beside(axes[0] && z > 0, row.wrapping_sub(height)),
            beside(axes[0] && z + 1 < queries.depth, row + height),
            beside(axes[1] && y > 0, row.wrapping_sub(1)),
            beside(axes[1] && y + 1 < height, row + 1),
        ];
        let (own, targets) = (queries.row(row), targets.row(row));
        let others = &mut self.others.rows.words[row * per_row..][..per_row];
        for i in 1..per_row - 1 {
            let apart = own[i] & !targets[i];
            if own[i] == 0 {
                continue;
            }
            let mut near = around[0][i] | around[1][i] | around[2][i] | around[3][i];
            if axes[2] {
                near |= targets[i] << 1 | targets[i - 1] >> 63;
                near |= targets[i] >> 1 | targets[i + 1] << 63;
            }
            others[i] = apart & !near;
            self.shared += u64::from((own[i] & targets[i]).count_ones());
            self.beside += u64::from((apart & near).count_ones());
        }
    }
}
