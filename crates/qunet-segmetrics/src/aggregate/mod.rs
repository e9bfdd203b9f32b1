//! Many values of a metric in a few numbers, and how certain these are.

mod bootstrap;
mod holm;
mod interval;
mod paired;
mod signed_rank;
mod summary;

pub use bootstrap::Bootstrap;
pub use holm::holm;
pub use interval::{Interval, IntervalMethod};
pub use paired::{PairedCases, PairedDifference, Unmatched};
pub use signed_rank::{Alternative, SignedRank, SignedRankOptions, Zeros};
pub use summary::Summary;
