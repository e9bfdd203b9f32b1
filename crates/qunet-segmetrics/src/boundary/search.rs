//! Nearest points by a search outwards, row by row: fast where they are near, as those of two
//! surfaces of one thing are.

use std::ops::Range;

use qunet_grid::bits::{WORD, ones};
use qunet_grid::parallel::Work;
use qunet_grid::{nearest_squared, vectorised};

use super::points::Points;

/// Pieces that the rows are cut into, fixed so that results do not depend on the threads.
const PIECES: usize = 64;

/// Rows of a piece at least, so that a query can learn from the one before it.
const LEAST_ROWS: usize = 16;

/// Rows that a piece may search in any case.
const LEAST_BUDGET: usize = 4096;

/// The squared distance from each of `queries`, row by row, to the nearest of `targets`, of which
/// there is one at least; `lengths` are those of a step along z, y, x.
pub(super) fn nearest(
    queries: &Points,
    targets: &Points,
    lengths: [f64; 3],
    work: Work,
) -> Vec<f64> {
    let rows = queries.count_rows();
    let per_piece = rows.div_ceil(PIECES).max(LEAST_ROWS);
    let pieces = rows.div_ceil(per_piece);
    // Searching two rows for each place of the box takes about as long as a transform.
    let per_query = rows * targets.width() * 2 / (queries.count() as usize).max(1);
    let found = work.map(pieces, |piece| {
        let mut search = Search { targets, lengths, per_query, left: LEAST_BUDGET };
        search_rows(&mut search, queries, piece * per_piece..rows.min((piece + 1) * per_piece))
    });
    let mut squares = found.concat();
    if squares.contains(&f64::INFINITY) {
        let open = queries.points().zip(&squares).filter(|(_, square)| square.is_infinite());
        let open: Vec<_> = open.map(|(point, _)| point).collect();
        let far =
            nearest_squared(&open, &targets.rows, [targets.depth, targets.height], lengths, work);
        let unknown = squares.iter_mut().filter(|square| square.is_infinite());
        unknown.zip(far).for_each(|(square, found)| *square = found);
    }
    squares
}

/// The row of the last query in a column, and its distance.
#[derive(Clone)]
struct Known {
    at: [usize; 2],
    distance: f64,
}

struct Search<'a> {
    targets: &'a Points,
    lengths: [f64; 3],
    /// How many rows it may search, on average.
    per_query: usize,
    /// How many of these are left.
    left: usize,
}

vectorised! {
    fn search_rows(search: &mut Search<'_>, queries: &Points, rows: Range<usize>) -> Vec<f64> {
        search.rows(queries, rows)
    }
}

impl Search<'_> {
    /// Of the queries in some rows; infinite where the budget is used up.
    #[inline(always)]
    fn rows(&mut self, queries: &Points, rows: Range<usize>) -> Vec<f64> {
        let mut squares = Vec::new();
        // In one plane a search ends where it ends, bound or not.
        let columns = if queries.depth > 1 { queries.per_row() * WORD } else { 0 };
        let mut known = vec![Known { at: [0; 2], distance: f64::INFINITY }; columns];
        for row in rows {
            let at = [row / queries.height, row % queries.height];
            for (i, &word) in queries.row(row).iter().enumerate() {
                for x in ones(word).map(|place| i * WORD + place) {
                    let beside = known.get(x - 1..=x + 1);
                    let bound = beside.map_or(f64::INFINITY, |known| self.bound(known, at));
                    let square = self.from([at[0], at[1], x], bound).unwrap_or(f64::INFINITY);
                    if let Some(known) = known.get_mut(x) {
                        *known = Known { at, distance: square.sqrt() };
                    }
                    squares.push(square);
                }
            }
        }
        squares
    }

    #[inline(always)]
    fn square(&self, axis: usize, steps: usize) -> f64 {
        let length = steps as f64 * self.lengths[axis];
        length * length
    }

    /// What the squared distance from a point in row `at` cannot be above, from what is known in the
    /// columns before, at and after it.
    #[inline(always)]
    fn bound(&self, known: &[Known], at: [usize; 2]) -> f64 {
        let most = |(column, known): (usize, &Known)| {
            let steps =
                [at[0].abs_diff(known.at[0]), at[1].abs_diff(known.at[1]), (column + 1) % 2];
            (0..3).fold(known.distance, |sum, axis| sum + steps[axis] as f64 * self.lengths[axis])
        };
        let most = known.iter().enumerate().map(most).fold(f64::INFINITY, f64::min);
        // A little above, for what rounding takes away.
        most * most * (1.0 + 1e-9)
    }

    /// The squared distance from one point, known to be below `bound`.
    #[inline(always)]
    fn from(&mut self, [z, y, x]: [usize; 3], bound: f64) -> Option<f64> {
        self.left += self.per_query;
        let mut best = f64::INFINITY;
        let Points { depth, height, .. } = *self.targets;
        for dz in 0..=z.max(depth - 1 - z) {
            let slices = self.square(0, dz);
            if slices >= best.min(bound) {
                break;
            }
            let slice = |z| self.targets.slice_start(z);
            let (front, back) = (slice(z.wrapping_sub(dz)), slice(z + dz));
            for dy in 0..=y.max(height - 1 - y) {
                let rows = self.square(1, dy);
                if slices + rows >= best.min(bound) {
                    break;
                }
                let Some(left) = self.left.checked_sub(1) else {
                    // This piece is not for a search.
                    self.per_query = 0;
                    return None;
                };
                self.left = left;
                let square = |steps| slices + (rows + self.square(2, steps));
                let worth = |steps| square(steps) < best.min(bound);
                let (up, down) = (y.wrapping_sub(dy), y + dy);
                let row = |slice, y| self.targets.row_start(slice, y);
                let steps = if dz == 0 {
                    self.targets.steps_in_row([row(front, up), row(front, down)], x, worth)
                } else {
                    let before = [row(front, up), row(front, down)];
                    self.targets.steps_in_row(
                        [before[0], before[1], row(back, up), row(back, down)],
                        x,
                        worth,
                    )
                };
                if let Some(steps) = steps {
                    best = best.min(square(steps));
                }
            }
        }
        best.is_finite().then_some(best)
    }
}
