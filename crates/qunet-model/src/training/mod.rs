//! Training that can be interrupted at any moment.
//!
//! `trainer` goes through the epochs of `run` and saves each of them with `checkpoint`; `run` draws slices of the `set`
//! with the `sampler`, may `paste` lesions into them, takes its steps with `adam` and follows them
//! with an `average`; `guard` decides what is done about heads that `evaluation` finds empty;
//! `event` is what observers are notified of.

mod adam;
mod average;
mod checkpoint;
mod config;
mod evaluation;
mod event;
mod guard;
mod paste;
mod run;
mod sampler;
mod set;
mod trainer;

pub use config::{OptimizerConfig, Schedule, TrainConfig};
pub use event::{EpochRecord, ProgressBar, Remedy, TrainEvent};
pub use guard::CollapseGuard;
pub use set::TrainingSet;
pub use trainer::{Fit, Trainer};
