//! Slices on several threads, as they arrive.

use std::iter;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::{Error, Result};

/// The most threads that may be asked for; more than any machine has is a mistake.
const MOST_THREADS: usize = 1024;

/// Runs `work` with a pool of `threads` threads, 0 for as many as there are cores.
///
/// What this crate does in parallel within `work` uses these threads and no others. Results do
/// not depend on their number.
///
/// ```
/// use ndarray::Array3;
/// use qunet_quality::{QualityParams, score_volume, with_threads};
///
/// let volume = Array3::from_shape_fn((5, 16, 16), |(z, y, x)| (x * y * z) as u16);
/// let score = || score_volume(&volume, None, &QualityParams::default());
/// assert_eq!(with_threads(1, score)??, with_threads(0, score)??);
/// # Ok::<(), qunet_quality::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] above 1024 threads, [`Error::Threads`] where the system does not give as
/// many.
pub fn with_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> Result<R> {
    if threads > MOST_THREADS {
        let (field, value) = ("threads", threads.to_string());
        return Err(Error::Parameter { field, value, rule: "threads <= 1024" });
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|cause| Error::Threads { threads, cause })?;
    Ok(pool.install(work))
}

/// Does this with each item as it arrives; the results in the order of arrival, or the first error
/// in that order.
///
/// Each thread of rayon's current pool takes the next item when it is done with the one before:
/// at most as many items are in memory as there are threads, and while one thread reads or unpacks
/// an item, the others work. Nothing is taken after an error.
pub(super) fn for_each_arrival<S: Send, R: Send, E: Send>(
    mut items: impl Iterator<Item = Result<S, E>> + Send,
    work: impl Fn(S) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let failed = AtomicBool::new(false);
    let note = |is_err: bool| failed.fetch_or(is_err, Ordering::Relaxed);
    let until_failure = iter::from_fn(|| {
        if failed.load(Ordering::Relaxed) {
            return None;
        }
        items.next().inspect(|item| {
            note(item.is_err());
        })
    });
    // Whatever arrived before a failing item was taken before it, and so the first failure is
    // always among the outcomes.
    let mut outcomes: Vec<(usize, Result<R, E>)> = until_failure
        .enumerate()
        .par_bridge()
        .map(|(arrival, item)| {
            let outcome = item.and_then(&work);
            note(outcome.is_err());
            (arrival, outcome)
        })
        .collect();
    outcomes.sort_unstable_by_key(|(arrival, _)| *arrival);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn no_more_slices_are_in_flight_than_there_are_threads() {
        for threads in [1, 2, 5] {
            let (flying, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let slices = (0..200).map(|id| {
                let now = flying.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                Ok::<_, Error>(id)
            });
            let work = |id: usize| {
                std::thread::yield_now();
                flying.fetch_sub(1, Ordering::SeqCst);
                Ok(id)
            };
            let ids = with_threads(threads, || for_each_arrival(slices, work)).unwrap().unwrap();
            assert!(ids.into_iter().eq(0..200));
            assert!(most.into_inner() <= threads);
        }
    }

    #[test]
    fn the_first_failure_is_reported_and_nothing_is_taken_after_it() {
        for threads in [1, 2, 8] {
            for _ in 0..20 {
                let taken = AtomicUsize::new(0);
                // Slice 12 cannot be scored, slice 14 cannot be read.
                let slices = (0..10_000).map(|id| {
                    taken.fetch_add(1, Ordering::Relaxed);
                    if id == 14 { Err(14) } else { Ok(id) }
                });
                let work = |id| {
                    std::thread::sleep(std::time::Duration::from_micros(50));
                    if id == 12 { Err(12) } else { Ok(()) }
                };
                let outcome = with_threads(threads, || for_each_arrival(slices, work)).unwrap();
                assert_eq!(outcome, Err(12));
                assert!(taken.into_inner() <= 15);
            }
        }
    }
}
