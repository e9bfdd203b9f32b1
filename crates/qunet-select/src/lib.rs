#![doc = include_str!("../README.md")]

mod baselines;
mod candidate;
mod disagreement;
mod draws;
mod error;
mod features;
mod initial;
mod pool;
mod selection;
mod stopping;
mod strategies;
mod threshold;
mod uncertainty;

pub use baselines::{evenly_spaced, random};
pub use candidate::CandidateId;
pub use disagreement::{
    AgreementMeasure, AgreementRecord, DisagreementOrder, DisagreementParams,
    DisagreementSelection, DisagreementSet, EmptyAgreement, Maps, Pick, QualityThreshold,
    disagreement_map,
};
pub use error::{Error, MapError};
pub use features::Space;
pub use initial::{
    Degenerate, Gap, InitialParams, InitialSelection, InitialSet, InitialSets, Limits,
    NearDuplicates, Scope, SliceVerdict, StackRecords, Verdict,
};
pub use pool::{Column, Pool};
pub use selection::{Picked, Reason, Selection};
pub use stopping::{Budget, RoundSummary, Settled, StopReason, StoppingRules};
pub use strategies::{
    ByScore, CoreSet, EvenlySpaced, ForegroundRandom, Hybrid, PowerScore, Random, Strategy,
    StrategyConfig, Typicality,
};
pub use threshold::Threshold;
pub use uncertainty::Uncertainty;
