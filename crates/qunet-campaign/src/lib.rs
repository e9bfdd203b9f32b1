#![doc = include_str!("../README.md")]

mod annotator;
mod compare;
mod config;
mod drawing;
mod error;
mod event;
mod files;
mod folder;
mod learner;
mod narrator;
mod progress;
mod run_report;
mod two_step;

pub use annotator::{Annotator, RecordedLabels};
pub use compare::{Baseline, evaluate, run_baseline};
pub use config::TwoStepConfig;
pub use error::Error;
pub use event::{Event, Observer, Silent, Stage};
pub use folder::{
    Campaign, CampaignConfig, FileRecord, Ingested, Manifest, Masks, Next, Queried, Query, Round,
    SliceRecords, StackRecord, StackSource, Status, Training,
};
pub use narrator::Narrator;
pub use progress::ProgressBars;
pub use run_report::{RunReport, RunScores, Scored};
pub use two_step::{HeadsOfSlice, Outcome, StageHistory, run_two_steps};
