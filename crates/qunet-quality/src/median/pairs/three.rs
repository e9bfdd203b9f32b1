use super::compare::{ascending, greater, lesser, middle, part};
use crate::kernels::vectorised_narrowly;

/// Medians of 3 x 3 windows around the second and the third of four padded lines.
pub(super) fn medians<T: Copy + PartialOrd>(lines: [&[T]; 4], upper: &mut [T], lower: &mut [T]) {
    let [a, b, c, d] = lines;
    select(a, b, c, d, upper, lower);
}

vectorised_narrowly! {
    fn select<T: Copy + PartialOrd>(
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
