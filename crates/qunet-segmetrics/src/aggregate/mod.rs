//! Many values of a metric in a few numbers, with what they are worth.

mod bootstrap;
mod interval;
mod paired;
mod paired_cases;
mod quantile;
mod resample;
mod signed_rank;
mod summary;

pub use bootstrap::Bootstrap;
pub use interval::{Interval, IntervalMethod};
pub use paired::PairedDifference;
pub use paired_cases::{PairedCases, Unmatched};
pub use signed_rank::{Alternative, SignedRank, SignedRankOptions, Zeros};
pub use summary::Summary;

/// The defined values of a series, in its order, and the number of those that are not;
/// NaN and the infinities are undefined.
fn defined(values: impl IntoIterator<Item = Option<f64>>) -> (Vec<f64>, usize) {
    let mut undefined = 0;
    let mut defined = Vec::new();
    for value in values {
        match value.filter(|value| value.is_finite()) {
            Some(value) => defined.push(value),
            None => undefined += 1,
        }
    }
    (defined, undefined)
}

/// `None` without values, or where their sum is beyond the numbers.
fn mean(values: &[f64]) -> Option<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Some(mean).filter(|mean| mean.is_finite())
}
