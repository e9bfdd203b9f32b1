#![doc = include_str!("../README.md")]

mod annotator;
mod config;
mod error;
mod event;
mod files;
mod learner;
mod two_step;

pub use annotator::{Annotator, RecordedLabels};
pub use config::TwoStepConfig;
pub use error::Error;
pub use event::{Event, Observer, Silent, Stage};
pub use two_step::{
    Baseline, HeadsOfSlice, Outcome, StageHistory, evaluate, run_baseline, run_two_steps,
};
