//! Many values of a metric in a few numbers, with what they are worth.

mod bootstrap;
mod paired;
mod quantile;
mod signed_rank;
mod summary;

pub use bootstrap::{Bootstrap, Interval, IntervalMethod};
pub use paired::PairedDifference;
pub use signed_rank::{SignedRank, Zeros};
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

/// `None` without values.
fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
