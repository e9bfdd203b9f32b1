//! A set of points in a box as bits.

use crate::bits::{WORD, ones};
use crate::vectorised::vectorised;

vectorised! {
    fn count(words: &[u64]) -> u64 {
        words.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

/// Bits along x, rows along y and z. Each row has a word of zeros at either end, and a row of zeros
/// follows the last, so that one may look beyond the box.
pub(super) struct Grid {
    pub(super) words: Vec<u64>,
    pub(super) depth: usize,
    pub(super) height: usize,
    /// Words of a row, its ends included.
    pub(super) per_row: usize,
}

impl Grid {
    /// No points, in a box `inner` words wide.
    pub(super) fn empty(depth: usize, height: usize, inner: usize) -> Self {
        let per_row = inner + 2;
        Self { words: vec![0; (depth * height + 1) * per_row], depth, height, per_row }
    }

    /// No points, in a box as large as this one.
    pub(super) fn like(&self) -> Self {
        Self::empty(self.depth, self.height, self.per_row - 2)
    }

    /// The words of all rows but the one of zeros.
    pub(super) fn rows_mut(&mut self) -> &mut [u64] {
        &mut self.words[..self.depth * self.height * self.per_row]
    }

    pub(super) fn row(&self, row: usize) -> &[u64] {
        &self.words[row * self.per_row..][..self.per_row]
    }

    /// Where slice `z` begins in the words, and the steps from row to row; the row of zeros again and
    /// again where there is no such slice.
    #[inline(always)]
    pub(super) fn slice_start(&self, z: usize) -> (usize, usize) {
        if z < self.depth {
            (z * self.height * self.per_row, self.per_row)
        } else {
            (self.rows() * self.per_row, 0)
        }
    }

    /// Where row `y` of a slice begins in the words; the row of zeros where there is no such row.
    #[inline(always)]
    pub(super) fn row_start(&self, (start, step): (usize, usize), y: usize) -> usize {
        if y < self.height { start + y * step } else { self.rows() * self.per_row }
    }

    pub(super) fn rows(&self) -> usize {
        self.depth * self.height
    }

    /// Number of places along x, those of the words of zeros not included.
    pub(super) fn width(&self) -> usize {
        (self.per_row - 2) * WORD
    }

    pub(super) fn count(&self) -> u64 {
        count(&self.words)
    }

    /// The points as (z, y, x), row by row.
    pub(super) fn points(&self) -> impl Iterator<Item = [usize; 3]> {
        (0..self.rows()).flat_map(move |row| {
            let [z, y] = [row / self.height, row % self.height];
            let words = self.row(row).iter().enumerate();
            words.flat_map(move |(i, &word)| ones(word).map(move |at| [z, y, i * WORD + at]))
        })
    }
}
