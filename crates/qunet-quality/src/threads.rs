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
        .map_err(|source| Error::Threads { threads, source })?;
    Ok(pool.install(work))
}
