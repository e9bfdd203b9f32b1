//! Runs of foreground in rows of bits.

use std::ops::Range;

use crate::bits::{BitRows, WORD, ones};
use crate::vectorised;

/// Pixels of one row, and the object that they belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) pixels: Range<usize>,
    pub(super) object: u32,
}

/// Calls `visit` with the runs of foreground of a row.
#[inline(always)]
pub(super) fn for_each_run(row: &[u64], mut visit: impl FnMut(Range<usize>)) {
    let mut last = 0;
    for (i, &word) in row.iter().enumerate() {
        for place in ones(word & !(word << 1 | last)) {
            let gaps = !word & (u64::MAX << place);
            let end = if gaps == 0 { end_from(row, i + 1) } else { end_in(gaps, i) };
            visit(i * WORD + place..end);
        }
        last = word >> (WORD - 1);
    }
}

fn end_in(gaps: u64, i: usize) -> usize {
    i * WORD + gaps.trailing_zeros() as usize
}

/// Where a run ends that goes on in word `i`.
fn end_from(row: &[u64], i: usize) -> usize {
    let with_gap = row[i..].iter().position(|&word| word != u64::MAX);
    with_gap.map_or(row.len() * WORD, |further| end_in(!row[i + further], i + further))
}

vectorised! {
    /// The number of pixels of each of `objects` objects, from those of the runs.
    pub(super) fn sizes(rows: &BitRows, numbers: &[u32], objects: u32) -> Vec<u64> {
        let mut sizes = vec![0; objects as usize];
        let mut numbers = numbers.iter();
        for row in 0..rows.count {
            for_each_run(rows.row(row), |pixels| {
                if let Some(&object) = numbers.next() {
                    sizes[object as usize] += pixels.len() as u64;
                }
            });
        }
        sizes
    }

    /// Sets the pixels of each run to the value of its object.
    pub(super) fn paint<A: Copy>(
        rows: &BitRows,
        numbers: &[u32],
        value: impl Fn(u32) -> A,
        background: A,
        width: usize,
        pixels: &mut [A],
    ) {
        let mut numbers = numbers.iter();
        for row in 0..rows.count {
            for_each_run(rows.row(row), |run| {
                if let Some(&object) = numbers.next() {
                    let length = run.len();
                    fill(&mut pixels[row * width + run.start..], length, value(object), background);
                }
            });
        }
    }
}

/// Sets the first `length` pixels; what follows is background still.
#[inline(always)]
fn fill<A: Copy>(pixels: &mut [A], length: usize, value: A, background: A) {
    // Most runs of noise are short: eight pixels at once, without a loop whose end is hard to guess.
    const SHORT: usize = 8;
    match pixels.first_chunk_mut::<SHORT>() {
        Some(pixels) if length <= SHORT => {
            *pixels = std::array::from_fn(|i| if i < length { value } else { background });
        }
        _ => pixels[..length].fill(value),
    }
}

/// Calls `visit` with each pair of runs of one row in two masks that share pixels, and how many.
pub(super) fn for_each_overlap(a: &[Run], b: &[Run], mut visit: impl FnMut(&Run, &Run, usize)) {
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        let (first, second) = (&a[i].pixels, &b[j].pixels);
        let (start, end) = (first.start.max(second.start), first.end.min(second.end));
        if start < end {
            visit(&a[i], &b[j], end - start);
        }
        if first.end < second.end {
            i += 1;
        } else {
            j += 1;
        }
    }
}
