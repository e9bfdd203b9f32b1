//! Every path of a campaign's folder, from the folder on.

use std::path::PathBuf;

/// The manifest.
pub(crate) const MANIFEST: &str = "campaign.json";
/// Held by the program that has the campaign open.
pub(crate) const LOCK: &str = "campaign.lock";
/// Scores and annotations of every stack.
pub(crate) const STACKS: &str = "stacks";

/// Something a campaign keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item<'a> {
    /// Quality metrics of every slice of a stack (CSV).
    Scores(&'a str),
    /// One generation of the annotations of a stack (NIfTI).
    Annotations(&'a str, usize),
    /// The observation of a stack in a round (JSON).
    Records(&'a str, usize),
    /// The labels of a stack predicted in a round (NIfTI).
    Prediction(&'a str, usize),
    /// Where the last two heads differed on a stack in a round (NIfTI).
    Disagreement(&'a str, usize),
    /// The weights of a round and a member of the committee (safetensors).
    Weights(usize, usize),
    /// The segmentation of a stack (NIfTI).
    Segmentation(&'a str),
}

impl Item<'_> {
    /// Where it lies in the folder.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        match *self {
            Self::Scores(stack) => format!("{STACKS}/{stack}.scores.csv").into(),
            Self::Annotations(stack, generation) => {
                format!("{STACKS}/{stack}.annotations-{generation}.nii.gz").into()
            }
            Self::Records(stack, round) => in_round(round, &format!("{stack}.records.json")),
            Self::Prediction(stack, round) => {
                in_round(round, &format!("{stack}.prediction.nii.gz"))
            }
            Self::Disagreement(stack, round) => {
                in_round(round, &format!("{stack}.disagreement.nii.gz"))
            }
            Self::Weights(round, member) => in_round(round, &format!("model-{member}.safetensors")),
            Self::Segmentation(stack) => format!("segmentations/{stack}.nii.gz").into(),
        }
    }
}

/// Where the training of a member is saved after every epoch.
pub(crate) fn checkpoint(round: usize, member: usize) -> PathBuf {
    in_round(round, &format!("checkpoint-{member}.safetensors"))
}

/// The label map that the annotators of a round draw into.
pub(crate) fn drawing(stack: &str, round: usize) -> PathBuf {
    in_round(round, &format!("{stack}.labels.nii.gz"))
}

/// Pictures of the slices that a round asks for.
pub(crate) fn pictures(stack: &str, round: usize) -> PathBuf {
    in_round(round, &format!("{stack}-slices"))
}

/// A stack that is no NIfTI file, written as one for the label map to lie on.
pub(crate) fn image(stack: &str) -> PathBuf {
    format!("{STACKS}/{stack}.image.nii.gz").into()
}

fn in_round(round: usize, name: &str) -> PathBuf {
    format!("round-{round}/{name}").into()
}
