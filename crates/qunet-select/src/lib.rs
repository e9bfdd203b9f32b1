#![doc = include_str!("../README.md")]

mod agreement;
mod candidate;
mod draws;
mod error;
mod features;
mod pool;
mod selection;
mod stopping;
mod strategies;
mod threshold;
mod uncertainty;
mod verdict;

pub use agreement::{
    AgreementMeasure, AgreementParams, AgreementRecord, EmptyAgreement, Maps, disagreement_map,
    disagreement_mask,
};
pub use candidate::{CandidateId, Column};
pub use error::{Error, MapError};
pub use features::Space;
pub use pool::Pool;
pub use selection::{Pick, QualityLimits, Request, Selection, Thresholds};
pub use stopping::{Budget, RoundSummary, Settled, StopReason, StoppingRules};
pub use strategies::{
    ByScore, CoreSet, DisagreementOrder, EvenlySpaced, ForegroundRandom, Gap, HeadDisagreement,
    Hybrid, ImageQuality, NearDuplicates, Needs, PowerScore, QualityThreshold, Random, Scope,
    Strategy, StrategyConfig, Typicality,
};
pub use threshold::Threshold;
pub use uncertainty::Uncertainty;
pub use verdict::{Degenerate, Reason, SliceVerdict, Verdict};
