//! Work shared among the threads of the caller's pool, or done in order without the feature
//! `parallel`; the results are the same.

/// Both at once.
#[cfg(feature = "parallel")]
pub(crate) fn join<A: Send, B: Send>(
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    rayon::join(a, b)
}

/// One after the other.
#[cfg(not(feature = "parallel"))]
pub(crate) fn join<A, B>(a: impl FnOnce() -> A, b: impl FnOnce() -> B) -> (A, B) {
    (a(), b())
}

/// The values of `of` for 0 to `count`, in this order.
#[cfg(feature = "parallel")]
pub(crate) fn map<R: Send>(count: usize, of: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    (0..count).into_par_iter().map(of).collect()
}

/// The values of `of` for 0 to `count`, in this order.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map<R>(count: usize, of: impl Fn(usize) -> R) -> Vec<R> {
    (0..count).map(of).collect()
}

/// Changes pieces of `size` values, each with its place.
#[cfg(feature = "parallel")]
pub(crate) fn for_each_piece<T: Send>(
    values: &mut [T],
    size: usize,
    change: impl Fn(usize, &mut [T]) + Sync + Send,
) {
    use rayon::iter::{IndexedParallelIterator, ParallelIterator};
    use rayon::slice::ParallelSliceMut;
    values.par_chunks_mut(size).enumerate().for_each(|(place, piece)| change(place, piece));
}

/// Changes pieces of `size` values, each with its place.
#[cfg(not(feature = "parallel"))]
pub(crate) fn for_each_piece<T>(
    values: &mut [T],
    size: usize,
    change: impl Fn(usize, &mut [T]),
) {
    values.chunks_mut(size).enumerate().for_each(|(place, piece)| change(place, piece));
}
