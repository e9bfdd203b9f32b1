//! Training that can be interrupted at any moment.

mod adam;
mod checkpoint;
mod config;
mod emptiness;
mod guard;
mod observer;
mod record;
mod run;
mod sampler;
mod set;
mod trainer;
mod validation;

pub use config::{OptimizerConfig, Schedule, TrainConfig};
pub use guard::CollapseGuard;
pub use observer::{JsonLines, ProgressBar, Silent, TrainEvent, TrainObserver};
pub use record::EpochRecord;
pub use set::TrainingSet;
pub(crate) use set::resized;
pub use trainer::{Fit, Trainer};
