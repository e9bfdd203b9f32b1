use std::hint::black_box;
use std::time::Instant;

/// The fastest, the median and the slowest of some runs, in seconds.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) fastest: f64,
    pub(crate) median: f64,
    pub(crate) slowest: f64,
}

/// Times a call that takes long: once to warm up, then so many times.
pub(crate) fn runs<T>(count: usize, mut call: impl FnMut() -> T) -> Times {
    black_box(call());
    of((0..count).map(|_| block(1, &mut call)).collect())
}

/// Seconds per call, over so many calls.
pub(crate) fn block<T>(calls: usize, call: &mut impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(call());
    }
    start.elapsed().as_secs_f64() / calls as f64
}

pub(crate) fn of(mut seconds: Vec<f64>) -> Times {
    seconds.sort_by(f64::total_cmp);
    let at = |place: usize| seconds.get(place).copied().unwrap_or(f64::NAN);
    let last = seconds.len().saturating_sub(1);
    Times { fastest: at(0), median: at(seconds.len() / 2), slowest: at(last) }
}
