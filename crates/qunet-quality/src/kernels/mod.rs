//! The inner loops: each goes once over a row, and no intermediate image is made.
//!
//! They are plain loops that the compiler turns into vector instructions. [`vectorised`] compiles
//! each for several instruction sets and picks one at run time; every choice gives the same bits,
//! because integers are summed exactly and floating-point sums have a fixed order.

mod float;
mod integer;

use std::ops::{Add, Mul, Sub};

use crate::moments::{Moments, Tally};

pub(crate) use qunet_grid::{vectorised, vectorised_narrowly};

/// Weights of a 3 x 3 Laplacian: the centre is minus four times the sum of both.
pub trait Weights {
    /// Of the four neighbours that share an edge with the centre.
    const EDGE: i8;
    /// Of the four neighbours that share a corner with it.
    const CORNER: i8;
}

/// The inner loops for one pixel type.
///
/// Those that fill a tally leave counting to the caller.
pub trait Kernels: Copy + Sized + 'static {
    /// Sums of responses or differences, whose mean is near zero.
    type Tally: Tally<Value = Self::Wide>;
    /// Holds eight weighted pixels and their differences exactly (integers) or to `f64`.
    type Wide: Copy
        + Default
        + From<Self>
        + From<i8>
        + Into<f64>
        + Add<Output = Self::Wide>
        + Sub<Output = Self::Wide>
        + Mul<Output = Self::Wide>;
    /// Sums of pixels, whose mean may be far from zero.
    type Region: Region<Self>;

    /// Adds the squares of the responses of the columns `1..width - 1`, not the responses.
    ///
    /// `lines` are the rows above, here and below, of one width.
    fn square_responses<W: Weights>(tally: &mut Self::Tally, lines: [&[Self]; 3]);

    /// As [`Kernels::square_responses`] of two rows, those in the middle of `lines`: what both
    /// need is loaded once.
    fn square_responses_of_two<W: Weights>(tally: &mut Self::Tally, lines: [&[Self]; 4]);

    /// Adds the responses of the columns `1..width - 1` where `inside`, and their squares.
    fn tally_responses<W: Weights>(tally: &mut Self::Tally, lines: [&[Self]; 3], inside: &[bool]);

    /// Adds the differences `minuend - subtrahend` and their squares; gives the largest of `largest`
    /// and the minuends, where NaN is passed over.
    fn tally_differences(
        tally: &mut Self::Tally,
        minuend: &[Self],
        subtrahend: &[Self],
        largest: Self,
    ) -> Self;
}

/// Sums over the pixels of a region.
pub trait Region<T>: Default {
    /// Adds the pixels of a row where `inside`.
    fn add_row(&mut self, pixels: &[T], inside: &[bool]);
    /// Number, mean and variance of the pixels so far.
    fn moments(&self) -> &impl Moments;
    /// Their maximum; `None` without pixels.
    fn max(&self) -> Option<T>;
}

vectorised! {
    /// Marks the columns `1..width - 1` that are true with their neighbours above, below and
    /// beside, and with `corners` the diagonal ones too. There are at least three columns.
    pub(crate) fn surrounded(marks: &mut [bool], lines: [&[bool]; 3], corners: bool) {
        let count = marks.len() - 2;
        let [a, b, c] = windows(lines[0], count);
        let [d, e, f] = windows(lines[1], count);
        let [g, h, i] = windows(lines[2], count);
        let marks = &mut marks[1..=count];
        for k in 0..count {
            let edges = b[k] & d[k] & e[k] & f[k] & h[k];
            marks[k] = edges & (!corners | (a[k] & c[k] & g[k] & i[k]));
        }
    }
}

/// The `count` pixels from the left end of a line, and those one and two pixels further right.
#[inline(always)]
fn windows<T>(line: &[T], count: usize) -> [&[T]; 3] {
    // Slices of a length that the compiler knows need no check of every index.
    [&line[..count], &line[1..][..count], &line[2..][..count]]
}

/// Cuts the inner columns of lines into blocks of at most `size` and shows `visit` the first inner
/// column of each and its lines, which reach one pixel further at both ends.
#[inline]
fn for_each_block<T, const N: usize>(
    lines: [&[T]; N],
    size: usize,
    mut visit: impl FnMut(usize, [&[T]; N]),
) {
    let inner = lines[1].len().saturating_sub(2);
    if inner > 0 && inner <= size {
        return visit(0, lines);
    }
    for start in (0..inner).step_by(size) {
        let end = inner.min(start + size) + 2;
        visit(start, std::array::from_fn(|line| &lines[line][start..end]));
    }
}
