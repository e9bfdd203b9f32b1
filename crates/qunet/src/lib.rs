#![doc = include_str!("../README.md")]

pub use qunet_quality as quality;
pub use qunet_segmetrics as segmetrics;
pub use qunet_select as select;
pub use qunet_stack as stack;

#[cfg(feature = "campaign")]
pub use qunet_campaign as campaign;
#[cfg(feature = "exchange")]
pub use qunet_exchange as exchange;
#[cfg(feature = "model")]
pub use qunet_model as model;
#[cfg(feature = "report")]
pub use qunet_report as report;

mod error;
pub mod prelude;

pub use error::Error;

/// The README's examples are tests.
#[cfg(all(doctest, feature = "campaign"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
