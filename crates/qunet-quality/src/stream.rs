use std::iter;
use std::sync::atomic::{AtomicBool, Ordering};

use qunet_stack::SliceId;
use rayon::prelude::*;

use crate::{Error, Pixel, QualityParams, QualityRecord, Result, SliceImage, score_slice};

/// The quality metrics of slices that arrive one after the other, in parallel, sorted by
/// [`SliceId`].
///
/// Each thread of rayon's current pool (see [`with_threads`](crate::with_threads)) takes the next
/// slice when it has scored the one before: at most as many slices are in memory as there are
/// threads, and while one thread reads or unpacks a slice, the others score. The records, and the
/// error where there is one (that of the first failing slice in the order of arrival), do not
/// depend on the number of threads; nothing is read after an error. `E` is the caller's error
/// type, or [`Error`] itself.
///
/// # Errors
/// [`Error::Parameter`] before any slice is taken; what `slices` yields; what [`score_slice`]
/// returns.
///
/// # Example
/// ```
/// use ndarray::Array2;
/// use qunet_quality::{Error, QualityParams, SliceImage, score_stream};
/// use qunet_stack::SliceId;
///
/// let slices = [5, 2].into_iter().map(|id| {
///     let image = Array2::from_shape_fn((8, 8), |(y, x)| (x * y * id) as u16);
///     Ok::<_, Error>((SliceId(id), SliceImage::new(image)))
/// });
/// let records = score_stream(slices, &QualityParams::default())?;
/// assert_eq!((records[0].id, records[1].id), (SliceId(2), SliceId(5)));
/// # Ok::<(), Error>(())
/// ```
pub fn score_stream<'a, T, S, E>(slices: S, params: &QualityParams) -> Result<Vec<QualityRecord>, E>
where
    T: Pixel,
    S: IntoIterator<Item = Result<(SliceId, SliceImage<'a, T>), E>>,
    S::IntoIter: Send,
    E: From<Error> + Send,
{
    params.check()?;
    let mut records = for_each_arrival(slices.into_iter(), |(id, SliceImage { image, roi })| {
        Ok(score_slice(id, &image, roi.as_deref(), params)?)
    })?;
    records.sort_by_key(|record| record.id);
    Ok(records)
}

/// Does this with each item as it arrives; the results in the order of arrival, or the first error
/// in that order.
pub(crate) fn for_each_arrival<S: Send, R: Send, E: Send>(
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
    use crate::with_threads;

    #[test]
    fn no_more_slices_are_in_flight_than_there_are_threads() {
        for threads in [1, 2, 5] {
            let (flying, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let slices = (0..200).map(|id| {
                let now = flying.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                Ok::<_, Error>(SliceId(id))
            });
            let score = |id| {
                let record = score_slice(
                    id,
                    &ndarray::Array2::<u8>::zeros((8, 8)),
                    None,
                    &QualityParams::default(),
                );
                flying.fetch_sub(1, Ordering::SeqCst);
                record
            };
            let records =
                with_threads(threads, || for_each_arrival(slices, score)).unwrap().unwrap();
            assert!(records.iter().map(|record| record.id).eq((0..200).map(SliceId)));
            assert!(most.into_inner() <= threads);
        }
    }
}
