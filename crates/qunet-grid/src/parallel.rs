//! Work shared among the threads of the caller's rayon pool, or done in order without the feature
//! `parallel`; the results are the same bit by bit.

/// Pixels or draws below which handing work to threads takes longer than doing it.
#[cfg(feature = "parallel")]
const SMALL: usize = 1 << 19;

/// Whether work is shared among threads.
///
/// ```
/// use qunet_grid::parallel::Work;
///
/// assert_eq!(Work::on(3).map(3, |i| i * i), [0, 1, 4]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Work {
    #[cfg(feature = "parallel")]
    shared: bool,
}

#[cfg(feature = "parallel")]
impl Work {
    /// Work on so many pixels or draws: small work stays on the calling thread.
    #[must_use]
    pub fn on(pixels: usize) -> Self {
        Self { shared: pixels >= SMALL && rayon::current_num_threads() > 1 }
    }

    /// Both, at once or one after the other.
    pub fn join<A: Send, B: Send>(
        self,
        a: impl FnOnce() -> A + Send,
        b: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        if self.shared { rayon::join(a, b) } else { (a(), b()) }
    }

    /// The values of `value` for 0 to `count`, in this order.
    pub fn map<R: Send>(self, count: usize, value: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
        use rayon::iter::{IntoParallelIterator, ParallelIterator};
        if self.shared {
            (0..count).into_par_iter().map(value).collect()
        } else {
            (0..count).map(value).collect()
        }
    }

    /// Changes pieces of `size` values, each with its place.
    pub fn for_each_piece<T: Send>(
        self,
        values: &mut [T],
        size: usize,
        change: impl Fn(usize, &mut [T]) + Sync + Send,
    ) {
        use rayon::iter::{IndexedParallelIterator, ParallelIterator};
        use rayon::slice::ParallelSliceMut;
        let change = |(place, piece): (usize, &mut [T])| change(place, piece);
        if self.shared {
            values.par_chunks_mut(size).enumerate().for_each(change);
        } else {
            values.chunks_mut(size).enumerate().for_each(change);
        }
    }
}

#[cfg(not(feature = "parallel"))]
impl Work {
    /// Work on so many pixels or draws, always on the calling thread.
    #[must_use]
    pub fn on(_: usize) -> Self {
        Self {}
    }

    /// Both, one after the other.
    pub fn join<A, B>(self, a: impl FnOnce() -> A, b: impl FnOnce() -> B) -> (A, B) {
        (a(), b())
    }

    /// The values of `value` for 0 to `count`, in this order.
    pub fn map<R>(self, count: usize, value: impl Fn(usize) -> R) -> Vec<R> {
        (0..count).map(value).collect()
    }

    /// Changes pieces of `size` values, each with its place.
    pub fn for_each_piece<T>(
        self,
        values: &mut [T],
        size: usize,
        change: impl Fn(usize, &mut [T]),
    ) {
        values.chunks_mut(size).enumerate().for_each(|(place, piece)| change(place, piece));
    }
}
