#![doc = include_str!("../README.md")]

mod campaign;
mod committee;
mod completion;
mod config;
mod error;
mod event;
mod folder;
mod input;
mod manifest;
mod narrator;
mod other_stack;
mod records;
mod report;
mod round;
mod run;
mod store;
mod trees;

pub use campaign::{Campaign, Next, Status};
pub use completion::Fusion;
pub use config::{
    CampaignConfig, CompletionConfig, InputConfig, PredictionConfig, Reserve, RoundSizes,
};
pub use error::Error;
pub use event::Event;
pub use folder::Masks;
pub use manifest::{
    Annotations, Digest, Manifest, Member, Query, Round, StackRecord, StackSource, Training,
};
pub use narrator::{Narrator, ProgressBars};
pub use other_stack::OtherStack;
pub use qunet_model::{Observer, Silent};
pub use records::SliceRecords;
pub use report::{CampaignReport, Scored, Scores};
pub use round::{Ingested, Queried};
pub use run::{
    Annotator, Outcome, RecordedLabels, evaluate, first_round, run_rounds, run_two_steps,
};
pub use store::{Folder, Item, Memory, Store};
