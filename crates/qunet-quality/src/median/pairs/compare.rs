//! Comparators that compile to vector minima and maxima. No lane is NaN.

#[inline(always)]
pub(super) fn lesser<T: Copy + PartialOrd>(a: T, b: T) -> T {
    if a < b { a } else { b }
}

#[inline(always)]
pub(super) fn greater<T: Copy + PartialOrd>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

#[inline(always)]
pub(super) fn ascending<T: Copy + PartialOrd>(a: T, b: T) -> (T, T) {
    (lesser(a, b), greater(a, b))
}

/// The middle one of three.
#[inline(always)]
pub(super) fn middle<T: Copy + PartialOrd>(a: T, b: T, c: T) -> T {
    let (low, high) = ascending(a, b);
    greater(low, lesser(high, c))
}

/// `count` values from `start` on; of a length that the compiler knows, so that it need not check
/// every index.
#[inline(always)]
pub(super) fn part<T>(line: &[T], start: usize, count: usize) -> &[T] {
    &line[start..][..count]
}
