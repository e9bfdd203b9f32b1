//! Nearest points along rows of bits.

use super::grid::Grid;
use crate::bits::WORD;

impl Grid {
    /// The fewest steps along x from place `x` to a point in any of the rows that begin at `rows` in
    /// the words; `None` where there is none within the steps that are `worth` it.
    #[inline(always)]
    pub(super) fn steps_along<const N: usize>(
        &self,
        rows: [usize; N],
        x: usize,
        worth: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        // The 64 places from 32 before to 31 after `x`.
        let first = x - WORD / 2;
        let (i, shift) = (first / WORD, first % WORD);
        let (mut low, mut high) = (0, 0);
        for row in rows {
            let words = &self.words[row + i..row + i + 2];
            low |= words[0];
            high |= words[1];
        }
        let window = low >> shift | high << 1 << (WORD - 1 - shift);
        if window != 0 {
            let after = (window >> (WORD / 2)).trailing_zeros();
            let before = (window << (WORD / 2 - 1)).leading_zeros();
            return Some(after.min(before) as usize);
        }
        if worth(WORD / 2) { self.far_along(&rows, x, worth) } else { None }
    }

    /// The same, word by word.
    fn far_along(&self, rows: &[usize], x: usize, worth: impl Fn(usize) -> bool) -> Option<usize> {
        let (middle, place) = (x / WORD, x % WORD);
        let any = |i: usize, middle_part: u64| {
            let any = rows.iter().fold(0, |any, row| any | self.words[row + i]);
            if i == middle { any & middle_part } else { any }
        };
        let after = (middle..self.per_row)
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
