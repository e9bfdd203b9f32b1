//! A set of points in a box as bits, and the nearest of them along a row.

use qunet_grid::bits::{BitRows, WORD, ones};
use qunet_grid::vectorised;

vectorised! {
    fn count(words: &[u64]) -> u64 {
        words.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

/// Bits along x, rows along y and z. Each row has a word of zeros at either end, and a row of zeros
/// follows the last, so that reads may go beyond the box.
pub(super) struct Points {
    pub(super) rows: BitRows,
    pub(super) depth: usize,
    pub(super) height: usize,
}

impl Points {
    /// No points, in a box `inner` words wide.
    pub(super) fn empty(depth: usize, height: usize, inner: usize) -> Self {
        Self { rows: BitRows::empty(depth * height + 1, inner + 2), depth, height }
    }

    /// No points, in a box as large as this one.
    pub(super) fn like(&self) -> Self {
        Self::empty(self.depth, self.height, self.per_row() - 2)
    }

    /// Words of a row, its ends included.
    #[inline(always)]
    pub(super) fn per_row(&self) -> usize {
        self.rows.per_row
    }

    /// The words of all rows but the one of zeros.
    pub(super) fn words_mut(&mut self) -> &mut [u64] {
        let words = self.count_rows() * self.per_row();
        &mut self.rows.words[..words]
    }

    #[inline(always)]
    pub(super) fn row(&self, row: usize) -> &[u64] {
        self.rows.row(row)
    }

    /// Where slice `z` begins in the words, and the steps from row to row; the row of zeros again and
    /// again where there is no such slice.
    #[inline(always)]
    pub(super) fn slice_start(&self, z: usize) -> (usize, usize) {
        if z < self.depth {
            (z * self.height * self.per_row(), self.per_row())
        } else {
            (self.count_rows() * self.per_row(), 0)
        }
    }

    /// Where row `y` of a slice begins in the words; the row of zeros where there is no such row.
    #[inline(always)]
    pub(super) fn row_start(&self, (start, step): (usize, usize), y: usize) -> usize {
        if y < self.height { start + y * step } else { self.count_rows() * self.per_row() }
    }

    pub(super) fn count_rows(&self) -> usize {
        self.depth * self.height
    }

    /// Number of places along x, those of the words of zeros not included.
    pub(super) fn width(&self) -> usize {
        (self.per_row() - 2) * WORD
    }

    pub(super) fn count(&self) -> u64 {
        count(&self.rows.words)
    }

    /// The points as (z, y, x), row by row.
    pub(super) fn points(&self) -> impl Iterator<Item = [usize; 3]> {
        (0..self.count_rows()).flat_map(move |row| {
            let [z, y] = [row / self.height, row % self.height];
            let words = self.row(row).iter().enumerate();
            words.flat_map(move |(i, &word)| ones(word).map(move |at| [z, y, i * WORD + at]))
        })
    }

    /// The fewest steps along x from place `x` to a point in any of the rows that begin at `rows` in
    /// the words; `None` where there is none within the steps that are `worth` it.
    #[inline(always)]
    pub(super) fn steps_in_row<const N: usize>(
        &self,
        rows: [usize; N],
        x: usize,
        worth: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        // The 64 places from 32 before to 31 after `x`: surfaces of one thing lie this near, so one
        // window and two counts of zeros answer most queries.
        let first = x - WORD / 2;
        let (i, shift) = (first / WORD, first % WORD);
        let (mut low, mut high) = (0, 0);
        for row in rows {
            let words = &self.rows.words[row + i..row + i + 2];
            low |= words[0];
            high |= words[1];
        }
        let window = low >> shift | high << 1 << (WORD - 1 - shift);
        if window != 0 {
            let after = (window >> (WORD / 2)).trailing_zeros();
            let before = (window << (WORD / 2 - 1)).leading_zeros();
            return Some(after.min(before) as usize);
        }
        if worth(WORD / 2) { self.far_in_row(&rows, x, worth) } else { None }
    }

    /// The same beyond the window, word by word.
    fn far_in_row(&self, rows: &[usize], x: usize, worth: impl Fn(usize) -> bool) -> Option<usize> {
        let (middle, place) = (x / WORD, x % WORD);
        let any = |i: usize, middle_part: u64| {
            let any = rows.iter().fold(0, |any, row| any | self.rows.words[row + i]);
            if i == middle { any & middle_part } else { any }
        };
        let after = (middle..self.per_row())
            .take_while(|i| worth((i * WORD).saturating_sub(x)))
            .find_map(|i| {
                let word = any(i, u64::MAX << place);
                (word != 0).then(|| i * WORD + word.trailing_zeros() as usize - x)
            });
        let before = (0..=middle)
            .rev()
            .take_while(|i| worth(x.saturating_sub(i * WORD + WORD - 1)))
            .find_map(|i| {
                let word = any(i, u64::MAX >> (WORD - 1 - place));
                (word != 0).then(|| x - (i * WORD + word.ilog2() as usize))
            });
        [after, before].into_iter().flatten().min()
    }
}
