//! The cells between pixels that the surface of a mask passes through, 64 of a row at a time.

use super::grid::Grid;
use super::input::{Bounds, Pair};
use super::search::nearest;
use crate::bits::{BitRows, WORD, ones};

pub(super) struct Elements {
    cells: Grid,
    /// The size of the surface in each, row by row.
    sizes: Vec<f64>,
}

impl Elements {
    /// `sizes` are those of the codes; see `element_sizes`.
    pub(super) fn new(rows: &BitRows, pair: &Pair, bounds: Bounds, sizes: &[f64]) -> Self {
        // A cell has the place of its last pixel, so there is one more than pixels along each axis.
        let [depth, height, words] = bounds.size();
        let (deep, high) = (pair.ndim > 2, pair.ndim > 1);
        let cells = Grid::empty(depth + usize::from(deep), height + usize::from(high), words + 1);
        let mut elements = Self { cells, sizes: Vec::new() };
        for row in 0..elements.cells.rows() {
            let at = [row / elements.cells.height, row % elements.cells.height];
            // The pixels 0 or 1 row and 0 or 1 slice before.
            let before = |dz, dy| padded_row(rows, pair, bounds, at, [dz, dy]);
            let near = [before(0, 0), before(0, 1), before(1, 0), before(1, 1)];
            elements.add_row(row, &near[..1 << (pair.ndim - 1)], sizes);
        }
        elements
    }

    /// `near` are the rows of pixels of its cells, from the last.
    fn add_row(&mut self, row: usize, near: &[Option<&[u64]>], sizes: &[f64]) {
        let per_row = self.cells.per_row;
        let cells = &mut self.cells.words[row * per_row..][..per_row];
        if near.iter().flatten().all(|pixels| pixels.iter().all(|&word| word == 0)) {
            return;
        }
        let word = |pixels: &Option<&[u64]>, i: usize| {
            pixels.and_then(|pixels| pixels.get(i)).copied().unwrap_or(0)
        };
        for i in 0..per_row - 2 {
            // Bit 2 k of a code is a pixel of the row k, bit 2 k + 1 the one before it along x.
            let mut bits = [0; 8];
            for (pair, pixels) in bits.chunks_exact_mut(2).zip(near) {
                let before = if i > 0 { word(pixels, i - 1) >> (WORD - 1) } else { 0 };
                pair[0] = word(pixels, i);
                pair[1] = pair[0] << 1 | before;
            }
            let bits = &bits[..2 * near.len()];
            let any = bits.iter().fold(0, |any, bit| any | bit);
            let all = bits.iter().fold(u64::MAX, |all, bit| all & bit);
            cells[i + 1] = any & !all;
            for place in ones(any & !all) {
                let code = bits.iter().rev().fold(0, |code, bit| code << 1 | bit >> place & 1);
                self.sizes.push(sizes[code as usize]);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }

    /// The size of all.
    pub(super) fn total(&self) -> f64 {
        self.sizes.iter().sum()
    }

    /// (distance, size) of each, ascending.
    pub(super) fn distances(&self, to: &Self, pair: &Pair) -> Vec<(f64, f64)> {
        let squares = nearest(&self.cells, &to.cells, pair.lengths, pair.work);
        let distances = squares.into_iter().map(f64::sqrt);
        let mut pairs: Vec<_> = distances.zip(self.sizes.iter().copied()).collect();
        pairs.sort_unstable_by_key(|&(distance, size)| (distance.to_bits(), size.to_bits()));
        pairs
    }
}

/// The row of pixels that is `back` slices and rows before a row of cells, `None` beyond `bounds`.
fn padded_row<'a>(
    rows: &'a BitRows,
    pair: &Pair,
    bounds: Bounds,
    at: [usize; 2],
    back: [usize; 2],
) -> Option<&'a [u64]> {
    let mut place = [0; 2];
    for axis in 0..2 {
        let inside = at[axis].checked_sub(back[axis])? + bounds.start[axis];
        place[axis] = Some(inside).filter(|&inside| inside < bounds.end[axis])?;
    }
    let row = rows.row(place[0] * pair.extent[1] + place[1]);
    Some(&row[bounds.start[2]..bounds.end[2]])
}
