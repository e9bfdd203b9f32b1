//! Masks as bits, 64 pixels of a row in a word.

mod turned;

use std::ops::Range;

use bytemuck::cast_slice;
use ndarray::{ArrayView3, Axis};

use self::turned::turned;
use crate::lines::line;
use crate::vectorised::vectorised;

/// Pixels of a word.
pub(crate) const WORD: usize = 64;

/// The rows of a volume, one after the other along y and then z; pixel `x` is bit `x % 64` of word
/// `x / 64`, and the bits beyond a row are 0.
#[derive(Clone, Debug)]
pub(crate) struct BitRows {
    pub(crate) words: Vec<u64>,
    /// Number of rows.
    pub(crate) count: usize,
    /// Words of a row.
    pub(crate) per_row: usize,
}

impl BitRows {
    /// The rows of a mask of any stride.
    pub(crate) fn of(mask: &ArrayView3<'_, bool>) -> Self {
        let long = |axis: &usize| mask.len_of(Axis(*axis)) > 1;
        let step = |axis: &usize| mask.strides()[*axis].unsigned_abs();
        match (0..3).filter(long).min_by_key(step) {
            // Bits are turned faster than pixels are read across the memory.
            Some(along @ (0 | 1)) => {
                let mut view = mask.view();
                view.swap_axes(along, 2);
                turned(&Self::of_rows(&view), mask.dim().into(), along)
            }
            _ => Self::of_rows(mask),
        }
    }

    /// The same, fast where pixels of a row are neighbours in memory.
    fn of_rows(mask: &ArrayView3<'_, bool>) -> Self {
        let (depth, height, width) = mask.dim();
        let mut rows = Self::empty(depth * height, width.div_ceil(WORD));
        if let Some(pixels) = mask.as_slice().filter(|_| width.is_multiple_of(WORD)) {
            pack(cast_slice(pixels), &mut rows.words);
            return rows;
        }
        let mut buffer = Vec::new();
        let words = rows.words.chunks_exact_mut(rows.per_row.max(1));
        for (row, words) in mask.rows().into_iter().zip(words) {
            pack(cast_slice(line(&row, &mut buffer)), words);
        }
        rows
    }

    /// Rows of background.
    pub(crate) fn empty(count: usize, per_row: usize) -> Self {
        Self { words: vec![0; count * per_row], count, per_row }
    }

    /// One row.
    pub(crate) fn row(&self, row: usize) -> &[u64] {
        &self.words[row * self.per_row..][..self.per_row]
    }

    /// Makes pixels of a row foreground.
    pub(crate) fn set(&mut self, row: usize, pixels: Range<usize>) {
        let words = &mut self.words[row * self.per_row..][..self.per_row];
        for (i, word) in words.iter_mut().enumerate().skip(pixels.start / WORD) {
            let from = pixels.start.saturating_sub(i * WORD);
            let Some(to) = pixels.end.checked_sub(i * WORD).filter(|&to| to > 0) else { break };
            *word |= (u64::MAX << from) & (u64::MAX >> (WORD - to.min(WORD)));
        }
    }
}

/// The places of the bits of a word that are 1, ascending.
#[inline(always)]
pub(crate) fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = word.trailing_zeros() as usize;
        (word != 0).then(|| {
            word &= word - 1;
            place
        })
    })
}

vectorised! {
    fn pack(pixels: &[u8], words: &mut [u64]) {
        let (whole, rest) = pixels.as_chunks::<WORD>();
        for (pixels, word) in whole.iter().zip(words.iter_mut()) {
            *word = packed(pixels);
        }
        if let Some(last) = words.get_mut(whole.len()) {
            let mut pixels = [0; WORD];
            pixels[..rest.len()].copy_from_slice(rest);
            *last = packed(&pixels);
        }
    }
}

/// Bit `i` is byte `i`, each 0 or 1.
#[inline(always)]
fn packed(pixels: &[u8; WORD]) -> u64 {
    // Byte `i` of a group times the factor's bit `56 - 7 i` is bit `56 + i`, and no two products
    // fall on one place.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut bytes = [0; 8];
    for (group, byte) in pixels.as_chunks::<8>().0.iter().zip(&mut bytes) {
        *byte = (u64::from_le_bytes(*group).wrapping_mul(GATHER) >> 56) as u8;
    }
    u64::from_le_bytes(bytes)
}
