//! What a campaign knows: the document behind `campaign.json`.

use std::path::PathBuf;

use qunet_model::{EpochRecord, ThreadChoice};
use qunet_select::{CandidateId, RoundSummary, Selection, StopReason};
use qunet_stack::{Resample, SliceId};
use serde::{Deserialize, Serialize};

use crate::CampaignConfig;

/// The version of the format of `campaign.json`.
pub(crate) const FORMAT: u32 = 5;

/// SHA-256 of a stored item, as hexadecimal digits, by which a change behind the campaign's back is
/// noticed; empty where a campaign lives in memory and nothing can change.
pub type Digest = String;

/// All that a campaign knows, but for the items whose digests it names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this format.
    pub format: u32,
    /// Version of the program that began the campaign.
    pub qunet_version: String,
    /// The settings.
    pub config: CampaignConfig,
    /// The stacks, by their numbers in [`CandidateId`].
    pub stacks: Vec<StackRecord>,
    /// The rounds so far.
    pub rounds: Vec<Round>,
    /// Why no further slice is asked for; `None` while the campaign continues.
    pub ended: Option<StopReason>,
    /// The last segmentation of every stack; empty before the first.
    pub segmentations: Vec<Digest>,
}

/// Where a stack of a campaign comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StackSource {
    /// The stem of the names of its files; letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// The image, see [`Stack::open`](qunet_stack::Stack::open); empty for a stack in memory.
    pub image: PathBuf,
    /// Its region of interest.
    pub roi: Option<PathBuf>,
    /// What becomes of a region of interest on other voxels, whenever the stack is opened.
    #[serde(default, skip_serializing_if = "is_never")]
    pub resample: Resample,
}

/// One of the stacks of a campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StackRecord {
    /// Where it comes from.
    pub source: StackSource,
    /// Slices, height and width.
    pub shape: [usize; 3],
    /// Distance between slices in mm.
    pub slice_spacing: f64,
    /// Digest of shape, type and pixels.
    pub pixels: Digest,
    /// Digest of its place in space and of its region of interest.
    pub region: Digest,
    /// Digest of the quality metrics of every slice.
    pub scores: Digest,
    /// The label map of what the annotators drew, 255 where nobody did.
    pub annotations: Annotations,
    /// Slices that are annotated, in order.
    pub annotated: Vec<SliceId>,
    /// Foreground pixels among the annotations.
    pub foreground: u64,
}

/// One generation of the annotations of a stack; every change makes a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annotations {
    /// Which one, from 0, the blank one.
    pub generation: usize,
    /// Its digest.
    pub digest: Digest,
}

/// One round: the slices asked for, the training on them, the observation of all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// Which one, from 1.
    pub round: usize,
    /// The slices asked for, with a verdict for every candidate.
    pub selection: Selection,
    /// How many threads train, and what they were chosen by; `None` before the training.
    pub threads: Option<ThreadChoice>,
    /// The training; `None` before it.
    pub training: Option<Training>,
    /// The query; `None` before it.
    pub query: Option<Query>,
}

/// A finished training of all members of the committee.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Whether it continued from the weights of the round before.
    pub continued: bool,
    /// Annotated slices in all.
    pub slices: usize,
    /// The networks.
    pub members: Vec<Member>,
}

/// A network of the committee.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Digest of its weights.
    pub weights: Digest,
    /// Annotated slices that it has not learnt from.
    pub left_out: Vec<CandidateId>,
    /// The epochs of its training.
    pub history: Vec<EpochRecord>,
}

/// The observation of the slices that nobody annotated, by the trained network; one item per stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Agreement, uncertainty and features of the slices.
    pub records: Vec<Digest>,
    /// Labels as predicted, 255 on slices that are annotated wholly.
    pub predictions: Vec<Digest>,
    /// 1 where the last two heads differ, 255 on slices that are annotated.
    pub disagreements: Vec<Digest>,
    /// The round in numbers, by which the campaign continues or ends.
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

    /// Foreground pixels annotated in all stacks.
    #[must_use]
    pub fn foreground(&self) -> u64 {
        self.stacks.iter().map(|stack| stack.foreground).sum()
    }

    /// Whether a slice is annotated.
    #[must_use]
    pub fn is_annotated(&self, id: CandidateId) -> bool {
        self.stacks.get(id.stack).is_some_and(|stack| stack.is_annotated(id.slice))
    }

    /// The slices of the current round that are not annotated yet, in the order of their ranks.
    #[must_use]
    pub fn waiting(&self) -> Vec<CandidateId> {
        let asked = self.rounds.last().map(|round| round.selection.ids()).unwrap_or_default();
        asked.into_iter().filter(|&id| !self.is_annotated(id)).collect()
    }

    /// Slices of a stack asked for in any round, in order.
    #[must_use]
    pub fn asked(&self, stack: usize) -> Vec<SliceId> {
        let rounds = self.rounds.iter();
        let mut asked: Vec<SliceId> =
            rounds.flat_map(|round| round.selection.slices(stack)).collect();
        asked.sort_unstable();
        asked
    }

    /// The last query.
    #[must_use]
    pub fn last_query(&self) -> Option<&Query> {
        self.rounds.iter().rev().find_map(|round| round.query.as_ref())
    }

    /// The number of the round with the last query; 0 before it.
    pub(crate) fn last_queried(&self) -> usize {
        self.rounds.iter().rposition(|round| round.query.is_some()).map_or(0, |place| place + 1)
    }

    /// The last round that is trained.
    #[must_use]
    pub fn last_trained(&self) -> Option<(usize, &Training)> {
        let trained = |round: &'_ Round| round.training.is_some();
        let round = self.rounds.iter().rev().find(|round| trained(round))?;
        Some((round.round, round.training.as_ref()?))
    }

    /// A slice with the name of its stack.
    #[must_use]
    pub fn name_of(&self, id: CandidateId) -> String {
        match self.stacks.get(id.stack) {
            Some(stack) => format!("{} slice {}", stack.source.name, id.slice),
            None => id.to_string(),
        }
    }
}

impl StackSource {
    /// A stack named after its file or folder, without the ending.
    #[must_use]
    pub fn new(image: impl Into<PathBuf>) -> Self {
        let image = image.into();
        let whole = image.file_name().unwrap_or_default().to_string_lossy();
        let stem = [".nii.gz", ".nii", ".tiff", ".tif", ".npy", ".dcm", ".hdr", ".img"]
            .iter()
            .find_map(|ending| whole.strip_suffix(ending))
            .unwrap_or(&whole);
        Self { name: plain_name(stem), image, roi: None, resample: Resample::Never }
    }

    /// Sets the name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Sets the region of interest.
    #[must_use]
    pub fn with_roi(self, roi: impl Into<PathBuf>) -> Self {
        Self { roi: Some(roi.into()), ..self }
    }

    /// Sets what becomes of a region of interest on other voxels; it is refused by default.
    #[must_use]
    pub fn resampling(self, resample: Resample) -> Self {
        Self { resample, ..self }
    }
}

/// Serde asks by reference.
fn is_never(resample: &Resample) -> bool {
    *resample == Resample::Never
}

/// A name with what no file system objects to.
pub(crate) fn plain_name(name: &str) -> String {
    let plain = |c: char| if is_plain_character(c) { c } else { '-' };
    name.trim_start_matches('.').chars().map(plain).collect()
}

/// Whether a name serves for files on any system.
pub(crate) fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && name.chars().all(is_plain_character)
}

fn is_plain_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

impl StackRecord {
    /// Whether a slice is annotated.
    #[must_use]
    pub fn is_annotated(&self, id: SliceId) -> bool {
        self.annotated.binary_search(&id).is_ok()
    }

    /// The slices nobody annotated, in order.
    #[must_use]
    pub fn open_slices(&self) -> Vec<SliceId> {
        (0..self.shape[0]).map(SliceId).filter(|&id| !self.is_annotated(id)).collect()
    }
}
