//! Masks as bits, 64 pixels of a row in a word.
//!
//! Erosion, surfaces and components of masks handle 64 pixels with one instruction this way, and
//! take an eighth of the memory of a `bool` array.

use std::ops::Range;

use bytemuck::cast_slice;
use ndarray::{ArrayView3, Axis};

use crate::{contiguous, vectorised};

/// Pixels of a word.
pub const WORD: usize = 64;

/// The rows of a volume, one after the other along y and then z; pixel `x` is bit `x % 64` of word
/// `x / 64`, and the bits beyond a row are 0.
///
/// ```
/// use ndarray::array;
/// use qunet_grid::bits::{BitRows, ones};
///
/// let rows = BitRows::from_mask(&array![[[true, false, true], [false, false, true]]].view());
/// assert_eq!((rows.row(0), rows.row(1)), ([0b101].as_slice(), [0b100].as_slice()));
/// assert!(ones(rows.row(0)[0]).eq([0, 2]));
/// ```
#[derive(Clone, Debug)]
pub struct BitRows {
    /// The words of all rows.
    pub words: Vec<u64>,
    /// Number of rows.
    pub count: usize,
    /// Words of a row.
    pub per_row: usize,
}

impl BitRows {
    /// The rows of a mask of any memory layout.
    #[must_use]
    pub fn from_mask(mask: &ArrayView3<'_, bool>) -> Self {
        let long = |axis: &usize| mask.len_of(Axis(*axis)) > 1;
        let step = |axis: &usize| mask.strides()[*axis].unsigned_abs();
        match (0..3).filter(long).min_by_key(step) {
            // Packing along the axis that is contiguous in memory and transposing the bits is
            // faster than reading one byte of each cache line.
            Some(axis @ (0 | 1)) => {
                let mut view = mask.view();
                view.swap_axes(axis, 2);
                transposed(&Self::from_rows(&view), mask.dim().into(), axis)
            }
            _ => Self::from_rows(mask),
        }
    }

    /// The same, fast where pixels of a row are neighbours in memory.
    fn from_rows(mask: &ArrayView3<'_, bool>) -> Self {
        let (depth, height, width) = mask.dim();
        let mut rows = Self::empty(depth * height, width.div_ceil(WORD));
        if let Some(pixels) = mask.as_slice().filter(|_| width.is_multiple_of(WORD)) {
            pack(cast_slice(pixels), &mut rows.words);
            return rows;
        }
        let mut buffer = Vec::new();
        let words = rows.words.chunks_exact_mut(rows.per_row.max(1));
        for (row, words) in mask.rows().into_iter().zip(words) {
            pack(cast_slice(contiguous(&row, &mut buffer)), words);
        }
        rows
    }

    /// Rows of background.
    #[must_use]
    pub fn empty(count: usize, per_row: usize) -> Self {
        Self { words: vec![0; count * per_row], count, per_row }
    }

    /// The words of one row.
    // Inner loops of other crates call it: not inlined, it costs a third of a dense surface.
    #[must_use]
    #[inline]
    pub fn row(&self, row: usize) -> &[u64] {
        &self.words[row * self.per_row..][..self.per_row]
    }

    /// Makes pixels of a row foreground.
    pub fn set(&mut self, row: usize, pixels: Range<usize>) {
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
pub fn ones(mut word: u64) -> impl Iterator<Item = usize> {
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
    // fall on one place: one multiplication gathers eight bits.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut bytes = [0; 8];
    for (group, byte) in pixels.as_chunks::<8>().0.iter().zip(&mut bytes) {
        *byte = (u64::from_le_bytes(*group).wrapping_mul(GATHER) >> 56) as u8;
    }
    u64::from_le_bytes(bytes)
}

/// The rows along x of a mask of extent (z, y, x), from those where the axis x has changed places
/// with `axis`, 0 or 1.
fn transposed(rows: &BitRows, [depth, height, width]: [usize; 3], axis: usize) -> BitRows {
    let (others, length) = if axis == 0 { (height, depth) } else { (depth, height) };
    // The number of a row, in both, from the places along the other axis and along its own.
    let from = |other, x| if axis == 0 { x * height + other } else { other * width + x };
    let to = |other, at| if axis == 0 { at * height + other } else { other * height + at };
    let mut result = BitRows::empty(depth * height, width.div_ceil(WORD));
    let mut tile = [0; WORD];
    for other in 0..others {
        for i in 0..result.per_row {
            for j in 0..rows.per_row {
                for (x, word) in (i * WORD..width).zip(&mut tile) {
                    *word = rows.row(from(other, x))[j];
                }
                tile[WORD.min(width - i * WORD)..].fill(0);
                transpose(&mut tile);
                for (at, word) in (j * WORD..length).zip(&tile) {
                    result.words[to(other, at) * result.per_row + i] = *word;
                }
            }
        }
    }
    result
}

/// Makes bit `j` of word `i` bit `i` of word `j`, by exchanging halves, then quarters, and so on:
/// 6 rounds over 64 words in the place of 4096 single bits.
fn transpose(tile: &mut [u64; WORD]) {
    let mut half = WORD / 2;
    let mut low = u64::MAX >> half;
    while half > 0 {
        for i in (0..WORD).filter(|i| i & half == 0) {
            let change = (tile[i] >> half ^ tile[i + half]) & low;
            tile[i] ^= change << half;
            tile[i + half] ^= change;
        }
        half /= 2;
        low ^= low << half;
    }
}
