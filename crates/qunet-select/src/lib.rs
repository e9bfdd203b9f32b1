#![doc = include_str!("../README.md")]

mod baselines;
mod disagreement;
mod duplicates;
mod error;
mod initial;
mod threshold;
mod verdict;

pub use baselines::{evenly_spaced, random};
pub use disagreement::{
    AgreementRecord, DisagreementParams, DisagreementSelection, DisagreementSet, Pick,
};
pub use error::Error;
pub use initial::{InitialParams, InitialSelection, InitialSet, Limits, NearDuplicates};
pub use threshold::Threshold;
pub use verdict::{Degenerate, SliceVerdict, Verdict};
