use std::path::PathBuf;

use qunet_model::EpochRecord;
use qunet_select::{CandidateId, RoundSummary, Selection, StopReason};
use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

use super::config::CampaignConfig;

/// The version of the format of `campaign.json`.
pub(super) const FORMAT: u32 = 1;

/// `campaign.json`: all that a campaign knows, but for what lies in the files it names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this format.
    pub format: u32,
    /// Version of the program that began the campaign.
    pub qunet_version: String,
    /// What was asked for.
    pub config: CampaignConfig,
    /// The stacks, by their numbers in [`CandidateId`].
    pub stacks: Vec<StackRecord>,
    /// The rounds so far.
    pub rounds: Vec<Round>,
    /// Why no further slice is asked for; `None` while the campaign goes on.
    pub ended: Option<StopReason>,
    /// The last segmentation of every stack; empty before the first.
    pub segmentations: Vec<FileRecord>,
}

/// One of the stacks of a campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StackRecord {
    /// What its files are called; letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// The image.
    pub image: PathBuf,
    /// Its region of interest.
    pub roi: Option<PathBuf>,
    /// Slices, height and width.
    pub shape: [usize; 3],
    /// Distance between slices in mm.
    pub slice_spacing: f64,
    /// SHA-256 of shape and pixels.
    pub sha256: String,
    /// Quality metrics of every slice (CSV).
    pub scores: FileRecord,
    /// What the annotators drew: labels, 255 where nobody did (NIfTI).
    pub annotations: FileRecord,
    /// Slices that are annotated, in order.
    pub annotated: Vec<SliceId>,
    /// Foreground pixels among the annotations.
    pub foreground: u64,
}

/// A file of the campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Within the campaign's folder.
    pub path: PathBuf,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// One round: slices asked for, the training on them, what the network then said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// From 1.
    pub round: usize,
    /// The slices asked for, and why.
    pub selection: Selection,
    /// The training; `None` before it.
    pub training: Option<Training>,
    /// The query; `None` before it.
    pub query: Option<Query>,
}

/// A training that is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// The weights (safetensors).
    pub weights: FileRecord,
    /// Annotated slices it learnt from.
    pub slices: usize,
    /// Its epochs.
    pub history: Vec<EpochRecord>,
}

/// What the trained network said of the slices that nobody annotated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Agreement, uncertainty and features of each stack (JSON).
    pub records: Vec<FileRecord>,
    /// Labels of each stack as predicted, 255 where annotated (NIfTI).
    pub predictions: Vec<FileRecord>,
    /// Where heads L3 and L4 differ in each stack: 1, 255 where annotated (NIfTI).
    pub disagreements: Vec<FileRecord>,
    /// The round in numbers, by which the campaign goes on or ends.
    pub summary: RoundSummary,
}

impl Manifest {
    /// Slices in all stacks.
    #[must_use]
    pub fn slices(&self) -> usize {
        self.stacks.iter().map(|stack| stack.shape[0]).sum()
    }

    /// Annotated slices in all stacks.
    #[must_use]
    pub fn annotated(&self) -> usize {
        self.stacks.iter().map(|stack| stack.annotated.len()).sum()
    }

    /// Whether a slice is annotated.
    #[must_use]
    pub fn is_annotated(&self, id: CandidateId) -> bool {
        let stack = self.stacks.get(id.stack);
        stack.is_some_and(|stack| stack.annotated.binary_search(&id.slice).is_ok())
    }

    /// The slices of the current round that are not annotated yet, in the order of their ranks.
    #[must_use]
    pub fn waiting(&self) -> Vec<CandidateId> {
        let asked = self.rounds.last().map(|round| round.selection.ids()).unwrap_or_default();
        asked.into_iter().filter(|&id| !self.is_annotated(id)).collect()
    }

    /// A slice with the name of its stack.
    #[must_use]
    pub fn call(&self, id: CandidateId) -> String {
        match self.stacks.get(id.stack) {
            Some(stack) => format!("{} slice {}", stack.name, id.slice),
            None => id.to_string(),
        }
    }
}
