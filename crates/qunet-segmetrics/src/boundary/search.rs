//! Nearest points by a search outwards, row by row: fast where they are near, as those of two
//! surfaces of one thing are.

use std::ops::Range;

use super::grid::Grid;
use super::transform;
use crate::bits::{WORD, ones};
use crate::parallel::Work;
use crate::vectorised::vectorised;

/// Pieces that the rows are cut into, fixed so that results do not depend on the threads.
const PIECES: usize = 64;

/// Rows of a piece at least, so that a query can learn from the one before it.
const LEAST_ROWS: usize = 16;

/// Rows looked at per place of the box, at which a search has taken as long as a transform.
const PATIENCE: usize = 4;

/// The squared distance from each of `queries`, row by row, to the nearest of `targets`, of which
/// there is one at least; `lengths` are those of a step along z, y, x.
pub(super) fn nearest(queries: &Grid, targets: &Grid, lengths: [f64; 3], work: Work) -> Vec<f64> {
    let rows = queries.rows();
    let per_piece = rows.div_ceil(PIECES).max(LEAST_ROWS);
    let pieces = rows.div_ceil(per_piece);
    let patience = PATIENCE * rows * targets.width() / pieces;
    let found = work.map(pieces, |piece| {
        let mut search = Search { targets, lengths, left: patience };
        search_rows(&mut search, queries, piece * per_piece..rows.min((piece + 1) * per_piece))
    });
    let mut squares = found.concat();
    if squares.contains(&f64::INFINITY) {
        let open = queries.points().zip(&squares).filter(|(_, square)| square.is_infinite());
        let open: Vec<_> = open.map(|(point, _)| point).collect();
        let far = transform::nearest(&open, targets, lengths, work);
        let unknown = squares.iter_mut().filter(|square| square.is_infinite());
        unknown.zip(far).for_each(|(square, found)| *square = found);
    }
    squares
}

struct Search<'a> {
    targets: &'a Grid,
    lengths: [f64; 3],
    /// How many more rows it may look at.
    left: usize,
}

vectorised! {
    fn search_rows(search: &mut Search<'_>, queries: &Grid, rows: Range<usize>) -> Vec<f64> {
        search.rows(queries, rows)
    }
}

impl Search<'_> {
    /// Of the queries in some rows; infinite where it has run out of patience.
    #[inline(always)]
    fn rows(&mut self, queries: &Grid, rows: Range<usize>) -> Vec<f64> {
        let mut squares = Vec::new();
        let mut before = None;
        for row in rows {
            let (z, y) = (row / queries.height, row % queries.height);
            for (i, &word) in queries.row(row).iter().enumerate() {
                for place in ones(word) {
                    let at = [z, y, i * WORD + place];
                    let bound = before.map_or(f64::INFINITY, |before| self.bound(before, at));
                    let square = self.from(at, bound).unwrap_or(f64::INFINITY);
                    before = square.is_finite().then_some((at, square));
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

    /// What the squared distance from `at` cannot be above, from that of another point.
    #[inline(always)]
    fn bound(&self, (other, square): ([usize; 3], f64), at: [usize; 3]) -> f64 {
        let apart: f64 =
            (0..3).map(|axis| self.square(axis, at[axis].abs_diff(other[axis]))).sum();
        let most = square.sqrt() + apart.sqrt();
        // A little above, for what rounding takes away.
        most * most * (1.0 + 1e-9)
    }

    /// The squared distance from one point, known to be below `bound`.
    #[inline(always)]
    fn from(&mut self, [z, y, x]: [usize; 3], bound: f64) -> Option<f64> {
        let mut best = f64::INFINITY;
        let Grid { depth, height, .. } = *self.targets;
        for dz in 0..=z.max(depth - 1 - z) {
            let slices = self.square(0, dz);
            if slices >= best.min(bound) {
                break;
            }
            for dy in 0..=y.max(height - 1 - y) {
                let rows = self.square(1, dy);
                if slices + rows >= best.min(bound) {
                    break;
                }
                self.left = self.left.checked_sub(1)?;
                let beside = self.beside([z, y], dz, dy);
                if let Some(steps) = self.along(beside, x, |steps| {
                    slices + (rows + self.square(2, steps)) < best.min(bound)
                }) {
                    best = best.min(slices + (rows + self.square(2, steps)));
                }
            }
        }
        best.is_finite().then_some(best)
    }

    /// Where the up to four rows begin that are `dz` slices and `dy` rows away.
    #[inline(always)]
    fn beside(&self, [z, y]: [usize; 2], dz: usize, dy: usize) -> [usize; 4] {
        let Grid { depth, height, per_row, .. } = *self.targets;
        let row = |z: usize, y: usize| {
            let inside = z < depth && y < height;
            (if inside { z * height + y } else { depth * height }) * per_row
        };
        let (up, down) = (y.wrapping_sub(dy), y + dy);
        let (front, back) = (z.wrapping_sub(dz), z + dz);
        [row(front, up), row(front, down), row(back, up), row(back, down)]
    }

    /// The fewest steps along x to a target in any of the rows, if these are `worth` it.
    #[inline(always)]
    fn along(&self, rows: [usize; 4], x: usize, worth: impl Fn(usize) -> bool) -> Option<usize> {
        let words = &self.targets.words;
        let any = |i: usize| rows.iter().fold(0, |any, row| any | words[row + i]);
        // The 64 places from 32 before to 31 after `x`.
        let first = x - WORD / 2;
        let (i, shift) = (first / WORD, first % WORD);
        let window = any(i) >> shift | any(i + 1) << 1 << (WORD - 1 - shift);
        if window != 0 {
            let after = (window >> (WORD / 2)).trailing_zeros();
            let before = (window << (WORD / 2 - 1)).leading_zeros();
            return Some(after.min(before) as usize);
        }
        if worth(WORD / 2) { self.far_along(rows, x, worth) } else { None }
    }

    /// The same, word by word.
    fn far_along(&self, rows: [usize; 4], x: usize, worth: impl Fn(usize) -> bool) -> Option<usize> {
        let words = &self.targets.words;
        let any = |i: usize| rows.iter().fold(0, |any, row| any | words[row + i]);
        let (middle, place) = (x / WORD, x % WORD);
        let after = |i: usize| {
            let word = if i == middle { any(i) >> place << place } else { any(i) };
            (word != 0).then(|| i * WORD + word.trailing_zeros() as usize - x)
        };
        let before = |i: usize| {
            let word = if i == middle { any(i) << (63 - place) >> (63 - place) } else { any(i) };
            (word != 0).then(|| x - (i * WORD + 63 - word.leading_zeros() as usize))
        };
        let mut found: Option<usize> = None;
        for i in middle..self.targets.per_row {
            if !worth((i * WORD).saturating_sub(x)) {
                break;
            }
            if let Some(steps) = after(i) {
                found = Some(steps);
                break;
            }
        }
        for i in (0..=middle).rev() {
            let least = x.saturating_sub(i * WORD + 63);
            if !worth(least) || found.is_some_and(|steps| steps <= least) {
                break;
            }
            if let Some(steps) = before(i) {
                found = Some(found.map_or(steps, |other| other.min(steps)));
                break;
            }
        }
        found
    }
}
