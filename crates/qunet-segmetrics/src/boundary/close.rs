//! Distances of none and of one pixel, counted 64 at a time: dense surfaces have hardly any other.

use super::grid::Grid;
use crate::vectorised::vectorised;

vectorised! {
    fn add_rows(close: &mut Close, queries: &Grid, targets: &Grid, along: [bool; 3]) {
        for row in 0..queries.rows() {
            close.add_row(row, queries, targets, along);
        }
    }
}

/// How many points are close to a target, and the others.
pub(super) struct Close {
    /// Points that are targets.
    pub(super) shared: u64,
    /// Points whose nearest target is one step away along the axis of the shortest steps.
    pub(super) beside: u64,
    /// The square of that step.
    pub(super) step: f64,
    pub(super) others: Grid,
}

impl Close {
    /// Of `queries` to `targets` in a box of one size; only the last `ndim` axes are used.
    pub(super) fn new(queries: &Grid, targets: &Grid, ndim: usize, lengths: [f64; 3]) -> Self {
        let used = &lengths[3 - ndim..];
        let step = used.iter().copied().fold(f64::INFINITY, f64::min);
        let along = std::array::from_fn(|axis| axis + ndim >= 3 && lengths[axis] == step);
        let mut close = Self { shared: 0, beside: 0, step: step * step, others: queries.like() };
        add_rows(&mut close, queries, targets, along);
        close
    }

    #[inline(always)]
    fn add_row(&mut self, row: usize, queries: &Grid, targets: &Grid, along: [bool; 3]) {
        let (height, per_row) = (queries.height, queries.per_row);
        let (z, y) = (row / height, row % height);
        let beyond = queries.rows();
        let beside = |exists: bool, row: usize| targets.row(if exists { row } else { beyond });
        let around = [
            beside(along[0] && z > 0, row.wrapping_sub(height)),
            beside(along[0] && z + 1 < queries.depth, row + height),
            beside(along[1] && y > 0, row.wrapping_sub(1)),
            beside(along[1] && y + 1 < height, row + 1),
        ];
        let (own, targets) = (queries.row(row), targets.row(row));
        let others = &mut self.others.words[row * per_row..][..per_row];
        for i in 1..per_row - 1 {
            let apart = own[i] & !targets[i];
            if own[i] == 0 {
                continue;
            }
            let mut near = around[0][i] | around[1][i] | around[2][i] | around[3][i];
            if along[2] {
                near |= targets[i] << 1 | targets[i - 1] >> 63;
                near |= targets[i] >> 1 | targets[i + 1] << 63;
            }
            others[i] = apart & !near;
            self.shared += u64::from((own[i] & targets[i]).count_ones());
            self.beside += u64::from((apart & near).count_ones());
        }
    }
}
