#![doc = include_str!("../README.md")]
//!
//! # One selection
//!
//! A [`Pool`] holds the slices of one or several stacks and what is known of them. A [`Strategy`]
//! reads the columns it [needs](Strategy::needs) and answers a [`Request`] with a [`Selection`]: a
//! [`Verdict`] with its numbers for every candidate, of which [`Selection::picks`] lists the picked
//! ones in order of rank.
//!
//! ```
//! use qunet_select::{Column, Pool, Request, Strategy, StrategyConfig};
//! use qunet_stack::SliceId;
//!
//! let pool = Pool::of_stack(5)?
//!     .with_annotated([SliceId(2)])?
//!     .with_column(Column::Entropy, (0..5).map(|slice| (SliceId(slice), 0.1 * slice as f64)))?;
//! let selection = StrategyConfig::Entropy {}.select(&pool, &Request::new(1, 0))?;
//! assert_eq!(
//!     selection.picks()[0].to_string(),
//!     "1. slice 4 of stack 0: entropy 0.4000, place 1; 2 along z from the nearest"
//! );
//! assert_eq!(selection.verdicts[2].verdict.to_string(), "annotated already");
//! # Ok::<(), qunet_select::Error>(())
//! ```
//!
//! # Two steps
//!
//! The two steps of the paper are two strategies. S0 comes from quality records, before anything is
//! annotated; Algorithm 1 from the maps of two heads of a network that was trained on S0.
//!
//! ```
//! use ndarray::array;
//! use qunet_quality::{QualityParams, score_slice};
//! use qunet_select::{
//!     AgreementParams, AgreementRecord, HeadDisagreement, ImageQuality, Maps, Pool, Request, Strategy,
//! };
//! use qunet_stack::SliceId;
//!
//! // Four slices of 3 x 4 pixels, one dot each, brighter from slice to slice.
//! let image = |slice: usize| {
//!     array![[10_u8, 10, 10, 10], [10, 60 + 40 * slice as u8, 10, 10], [10, 10, 10, 10]]
//! };
//! let score = |slice| score_slice(SliceId(slice), &image(slice), None, &QualityParams::paper());
//! let records = (0..4).map(score).collect::<Result<Vec<_>, _>>()?;
//! let pool = Pool::of_stack(4)?.with_quality(0, &records)?;
//! let s0 = ImageQuality::default().select(&pool, &Request::new(2, 0))?;
//! assert_eq!(s0.slices(0).len(), 2);
//!
//! // Two heads of a network, on every slice: they disagree on slice 3 alone.
//! let (sure, unsure) = (array![[0.9_f32, 0.9, 0.1]], array![[0.1_f32, 0.9, 0.9]]);
//! let compare = |slice: usize| {
//!     let level4 = if slice == 3 { &unsure } else { &sure };
//!     let maps = Maps::Pair { level3: sure.view(), level4: level4.view() };
//!     AgreementRecord::from_maps(SliceId(slice), &maps, 0.5, &AgreementParams::default())
//! };
//! let agreement = (0..4).map(compare).collect::<Result<Vec<_>, _>>()?;
//! let pool = pool.with_agreement(&agreement)?;
//! let sm = HeadDisagreement::paper().select(&pool, &Request::new(2, 0))?;
//! assert_eq!(sm.slices(0), [SliceId(3)]); // Q = 1/3
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Strategies
//!
//! | Name | Type | Slices |
//! |---|---|---|
//! | `random` | [`Random`] | drawn, each equally likely |
//! | `evenly_spaced` | [`EvenlySpaced`] | the middles of equal parts |
//! | `spread` | [`Spread`] | the middles of equal parts of where a lesion can be |
//! | `foreground_random` | [`ForegroundRandom`] | drawn, a share of them with predicted foreground |
//! | `entropy`, `margin`, `bald`, `disagreement_area`, `quality_cost`, `score` | [`ByScore`] | the best values of a [`Column`] |
//! | `power_bald` | [`PowerScore`] | drawn in proportion to a power of a column |
//! | `core_set` | [`CoreSet`] | k-centre greedy in a [`Space`] |
//! | `typicality` | [`Typicality`] | TypiClust: the most typical of each cluster |
//! | `image_quality` | [`ImageQuality`] | S0, with [`Threshold`], [`NearDuplicates`], [`Gap`] and [`Scope`] |
//! | `head_disagreement` | [`HeadDisagreement`] | Algorithm 1, with [`QualityThreshold`] and [`DisagreementOrder`] |
//! | `hybrid` | [`Hybrid`] | score times distance times spacing |
//! | `coverage` | [`Coverage`] | near along z to what is uncertain, far from what is drawn |
//!
//! [`StrategyConfig`] is any of them by name, as configuration files hold it. A strategy of one's own
//! is one `impl` of [`Strategy`], with [`Needs`], [`Selection::new`] and [`Reason::Own`].
//!
//! # Records and answers
//!
//! - [`CandidateId`] is a slice of a stack.
//! - [`AgreementRecord`] is how far heads agree on a slice by their [`Maps`]; [`AgreementParams`] hold
//!   the [`AgreementMeasure`] and what two empty heads mean ([`EmptyAgreement`]). [`disagreement_map`]
//!   and [`disagreement_mask`] show where they disagree.
//! - [`Uncertainty`] is entropy, margin, BALD and predicted foreground of a slice.
//! - [`SliceVerdict`], [`Pick`], [`Degenerate`], [`Thresholds`] and [`QualityLimits`] are parts of a
//!   [`Selection`].
//! - [`StoppingRules`] with [`Budget`] and [`Settled`] decide from each [`RoundSummary`] when a
//!   campaign ends, and the [`StopReason`] says why.
//! - [`Error`] and [`MapError`] name the thing, its value and the remedy.
//!
//! The same pool, settings and seed give the same selection, in any order of the candidates and on any
//! number of threads; ties are broken by stack and slice. Settings and selections are serde types.

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
    ByScore, CoreSet, Coverage, DisagreementOrder, EvenlySpaced, ForegroundRandom, Gap,
    HeadDisagreement, Hybrid, ImageQuality, NearDuplicates, Needs, PowerScore, QualityThreshold,
    Random, Scope, Spread, Strategy, StrategyConfig, Typicality,
};
pub use threshold::Threshold;
pub use uncertainty::Uncertainty;
pub use verdict::{Degenerate, Reason, SliceVerdict, Verdict};
