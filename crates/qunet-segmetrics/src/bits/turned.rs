//! Rows of bits along another axis.

use super::{BitRows, WORD};

/// The rows along x of a mask of extent (z, y, x), from those where the axis x has changed places
/// with the axis `along`, 0 or 1.
pub(super) fn turned(rows: &BitRows, [depth, height, width]: [usize; 3], along: usize) -> BitRows {
    let (others, length) = if along == 0 { (height, depth) } else { (depth, height) };
    // The number of a row, in both, from the places along the other axis and along its own.
    let from = |other, x| if along == 0 { x * height + other } else { other * width + x };
    let to = |other, at| if along == 0 { at * height + other } else { other * height + at };
    let mut turned = BitRows::empty(depth * height, width.div_ceil(WORD));
    let mut tile = [0; WORD];
    for other in 0..others {
        for i in 0..turned.per_row {
            for j in 0..rows.per_row {
                for (x, word) in (i * WORD..width).zip(&mut tile) {
                    *word = rows.row(from(other, x))[j];
                }
                tile[WORD.min(width - i * WORD)..].fill(0);
                transpose(&mut tile);
                for (at, word) in (j * WORD..length).zip(&tile) {
                    turned.words[to(other, at) * turned.per_row + i] = *word;
                }
            }
        }
    }
    turned
}

/// Makes bit `j` of word `i` bit `i` of word `j`, by exchanging halves, then quarters, and so on.
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
