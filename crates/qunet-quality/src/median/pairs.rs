//! Medians of 3 x 3 and 5 x 5 pixels, two rows at a time.
//!
//! Slices are scored with windows of 3, so these comparators are written out as code, and values
//! stay in registers from the first pixel to the median. Two rows of windows share all lines but
//! two: the window of 3 x 3 pixels takes 27 minima and maxima a pixel, 30 row by row, and half of
//! the loads. The planes of `network` would have to go through the cache.

use crate::{
    Pixel,
    kernels::{vectorised, vectorised_narrowly},
    rows::{Edge, Lines, Padded, Raster, Rows},
};

/// Shows `visit` the rows, the number of each and its medians over windows of 3 or 5 pixels.
pub(super) fn by_pair<T: Pixel>(
    raster: Raster<'_, T>,
    window: usize,
    edge: Edge<T>,
    mut visit: impl FnMut(&Rows<'_, T>, usize, &[T]),
) {
    let (height, width) = raster.image.dim();
    let mut lines = Lines::new(Padded::new(raster.image, edge, window, 2), T::lanes, T::lane);
    let mut sorted = Sorted::default();
    let [mut upper, mut lower] = [vec![T::Lane::default(); width], vec![T::Lane::default(); width]];
    let mut pixels = Vec::new();
    for top in (0..height).step_by(2) {
        lines.advance(top);
        match window {
            3 => of_3x3(array(&lines, top), &mut upper, &mut lower),
            _ => of_5x5(array(&lines, top), &mut sorted, &mut upper, &mut lower),
        }
        for (row, medians) in (top..height).zip([&upper, &lower]) {
            visit(lines.rows(), row, T::pixels(medians, &mut pixels));
        }
    }
}

/// The `N` lines of the windows around rows `top` and `top + 1`; where there is no such row below
/// the last one, the line that only its windows have is an older one.
fn array<'l, T: Pixel, const N: usize>(
    lines: &'l Lines<'_, T, T::Lane>,
    top: usize,
) -> [&'l [T::Lane]; N] {
    std::array::from_fn(|index| lines.get(top + index))
}

/// Medians of 3 x 3 windows around the second and the third of four padded lines.
fn of_3x3<T: Copy + PartialOrd>(lines: [&[T]; 4], upper: &mut [T], lower: &mut [T]) {
    let [a, b, c, d] = lines;
    select_of_nine(a, b, c, d, upper, lower);
}

vectorised_narrowly! {
    fn select_of_nine<T: Copy + PartialOrd>(
        a: &[T],
        b: &[T],
        c: &[T],
        d: &[T],
        upper: &mut [T],
        lower: &mut [T],
    ) {
        let count = upper.len();
        let (a0, a1, a2) = (part(a, 0, count), part(a, 1, count), part(a, 2, count));
        let (b0, b1, b2) = (part(b, 0, count), part(b, 1, count), part(b, 2, count));
        let (c0, c1, c2) = (part(c, 0, count), part(c, 1, count), part(c, 2, count));
        let (d0, d1, d2) = (part(d, 0, count), part(d, 1, count), part(d, 2, count));
        let lower = &mut lower[..count];
        for k in 0..count {
            // The two lines that both windows share are put in order once.
            let left = ascending(b0[k], c0[k]);
            let centre = ascending(b1[k], c1[k]);
            let right = ascending(b2[k], c2[k]);
            upper[k] = of_nine(left, centre, right, a0[k], a1[k], a2[k]);
            lower[k] = of_nine(left, centre, right, d0[k], d1[k], d2[k]);
        }
    }
}

/// The median of three columns, of which two pixels each are in order: the middle one of the
/// highest low, the middle middle and the lowest high.
#[inline(always)]
fn of_nine<T: Copy + PartialOrd>(
    left: (T, T),
    centre: (T, T),
    right: (T, T),
    at_left: T,
    at_centre: T,
    at_right: T,
) -> T {
    let low = |pair: (T, T), third| lesser(pair.0, third);
    let mid = |pair: (T, T), third| greater(pair.0, lesser(pair.1, third));
    let high = |pair: (T, T), third| greater(pair.1, third);
    let highest_low =
        greater(greater(low(left, at_left), low(centre, at_centre)), low(right, at_right));
    let middle_mid = middle(mid(left, at_left), mid(centre, at_centre), mid(right, at_right));
    let lowest_high =
        lesser(lesser(high(left, at_left), high(centre, at_centre)), high(right, at_right));
    middle(highest_low, middle_mid, lowest_high)
}

/// The sorted columns of five lines: the lowest pixel of each column, the second, ...
type Sorted<T> = [Vec<T>; 5];

/// Medians of 5 x 5 windows around the third and the fourth of six padded lines.
fn of_5x5<T: Copy + Default + PartialOrd>(
    lines: [&[T]; 6],
    sorted: &mut Sorted<T>,
    upper: &mut [T],
    lower: &mut [T],
) {
    for (lines, medians) in [(&lines[..5], upper), (&lines[1..], lower)] {
        sorted.iter_mut().for_each(|line| line.resize(lines[0].len(), T::default()));
        sort_columns(lines, sorted);
        select_of_25(sorted, medians);
    }
}

vectorised! {
    fn sort_columns<T: Copy + PartialOrd>(lines: &[&[T]], sorted: &mut [Vec<T>; 5]) {
        let [v, w, x, y, z] = sorted;
        let count = v.len();
        let (w, x, y, z) = (&mut w[..count], &mut x[..count], &mut y[..count], &mut z[..count]);
        let (a, b) = (part(lines[0], 0, count), part(lines[1], 0, count));
        let (c, d) = (part(lines[2], 0, count), part(lines[3], 0, count));
        let e = part(lines[4], 0, count);
        for k in 0..count {
            let column = sort((a[k], b[k], c[k], d[k], e[k]));
            (v[k], w[k], x[k], y[k], z[k]) = column;
        }
    }

    fn select_of_25<T: Copy + PartialOrd>(sorted: &[Vec<T>; 5], medians: &mut [T]) {
        let count = medians.len();
        let [v, w, x, y, z] = sorted;
        let (v0, v1, v2) = (part(v, 0, count), part(v, 1, count), part(v, 2, count));
        let (v3, v4) = (part(v, 3, count), part(v, 4, count));
        let (w0, w1, w2) = (part(w, 0, count), part(w, 1, count), part(w, 2, count));
        let (w3, w4) = (part(w, 3, count), part(w, 4, count));
        let (x0, x1, x2) = (part(x, 0, count), part(x, 1, count), part(x, 2, count));
        let (x3, x4) = (part(x, 3, count), part(x, 4, count));
        let (y0, y1, y2) = (part(y, 0, count), part(y, 1, count), part(y, 2, count));
        let (y3, y4) = (part(y, 3, count), part(y, 4, count));
        let (z0, z1, z2) = (part(z, 0, count), part(z, 1, count), part(z, 2, count));
        let (z3, z4) = (part(z, 3, count), part(z, 4, count));
        for k in 0..count {
            // Sorting the rows of sorted columns keeps the columns sorted. Then a pixel that has
            // more than 12 others at or below it for sure, or at or above it, is not needed as
            // the median: 13 of 25 remain, as many left out below as above.
            let (_, _, _, v3, v4) = sort((v0[k], v1[k], v2[k], v3[k], v4[k]));
            let (_, _, w2, w3, w4) = sort((w0[k], w1[k], w2[k], w3[k], w4[k]));
            let (_, x1, x2, x3, _) = sort((x0[k], x1[k], x2[k], x3[k], x4[k]));
            let (y0, y1, y2, _, _) = sort((y0[k], y1[k], y2[k], y3[k], y4[k]));
            let (z0, z1, _, _, _) = sort((z0[k], z1[k], z2[k], z3[k], z4[k]));
            medians[k] = of_thirteen((v3, w2, x1, y0), (v4, w3, x2, y1, z0), (w4, x3, y2, z1));
        }
    }
}

/// Five values in ascending order.
#[inline(always)]
fn sort<T: Copy + PartialOrd>((a, b, c, d, e): (T, T, T, T, T)) -> (T, T, T, T, T) {
    let (a, b) = ascending(a, b);
    let (d, e) = ascending(d, e);
    let (c, e) = ascending(c, e);
    let (c, d) = ascending(c, d);
    let (b, e) = ascending(b, e);
    let (a, d) = ascending(a, d);
    let (a, c) = ascending(a, c);
    let (b, d) = ascending(b, d);
    let (b, c) = ascending(b, c);
    (a, b, c, d, e)
}

/// The median of thirteen, where each of `high` is at least one of `low`: of more than half of
/// the values neither the lowest nor the highest can be the median of all, so both are left out
/// and another value comes in, until three are left.
#[inline(always)]
fn of_thirteen<T: Copy + PartialOrd>(
    low: (T, T, T, T),
    mid: (T, T, T, T, T),
    high: (T, T, T, T),
) -> T {
    // The lowest of these eight is one of `low`, the highest one of `high`.
    let (l, a) = ascending(low.0, low.1);
    let (m, b) = ascending(low.2, low.3);
    let c = greater(l, m);
    let (d, h) = ascending(high.0, high.1);
    let (e, i) = ascending(high.2, high.3);
    let f = lesser(h, i);
    let (a, b, c, d, e) = without_ends_of_seven(a, b, c, d, e, f, mid.0);
    let (a, b, c, d) = without_ends_of_six(a, b, c, d, e, mid.1);
    let (a, b, c) = without_ends_of_five(a, b, c, d, mid.2);
    let (a, b) = without_ends_of_four(a, b, c, mid.3);
    middle(a, b, mid.4)
}

#[inline(always)]
fn without_ends_of_seven<T: Copy + PartialOrd>(
    a: T,
    b: T,
    c: T,
    d: T,
    e: T,
    f: T,
    g: T,
) -> (T, T, T, T, T) {
    let (a, b) = ascending(a, b);
    let (c, d) = ascending(c, d);
    let (e, f) = ascending(e, f);
    let (a, c) = ascending(a, c);
    let (a, e) = ascending(a, e);
    let g = greater(a, g);
    let (b, d) = ascending(b, d);
    let (d, f) = ascending(d, f);
    (b, c, d, e, lesser(f, g))
}

#[inline(always)]
fn without_ends_of_six<T: Copy + PartialOrd>(a: T, b: T, c: T, d: T, e: T, f: T) -> (T, T, T, T) {
    let (a, b) = ascending(a, b);
    let (c, d) = ascending(c, d);
    let (e, f) = ascending(e, f);
    let (a, c) = ascending(a, c);
    let e = greater(a, e);
    let (b, d) = ascending(b, d);
    (b, c, lesser(d, f), e)
}

#[inline(always)]
fn without_ends_of_five<T: Copy + PartialOrd>(a: T, b: T, c: T, d: T, e: T) -> (T, T, T) {
    let (a, b) = ascending(a, b);
    let (c, d) = ascending(c, d);
    let (a, c) = ascending(a, c);
    let e = greater(a, e);
    let (b, d) = ascending(b, d);
    (b, c, lesser(d, e))
}

#[inline(always)]
fn without_ends_of_four<T: Copy + PartialOrd>(a: T, b: T, c: T, d: T) -> (T, T) {
    let (a, b) = ascending(a, b);
    let (c, d) = ascending(c, d);
    (greater(a, c), lesser(b, d))
}

#[inline(always)]
fn lesser<T: Copy + PartialOrd>(a: T, b: T) -> T {
    if a < b { a } else { b }
}

#[inline(always)]
fn greater<T: Copy + PartialOrd>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

#[inline(always)]
fn ascending<T: Copy + PartialOrd>(a: T, b: T) -> (T, T) {
    (lesser(a, b), greater(a, b))
}

/// The middle one of three.
#[inline(always)]
fn middle<T: Copy + PartialOrd>(a: T, b: T, c: T) -> T {
    let (low, high) = ascending(a, b);
    greater(low, lesser(high, c))
}

/// `count` values from `start` on; of a length that the compiler knows, so that it need not check
/// every index.
#[inline(always)]
fn part<T>(line: &[T], start: usize, count: usize) -> &[T] {
    &line[start..][..count]
}
