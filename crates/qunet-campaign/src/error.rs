use std::path::PathBuf;

use qunet_stack::SliceId;

/// What can go wrong on the way from a stack to its segmentation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting out of range.
    #[error("{field} is {value}: {rule}")]
    Parameter {
        /// The setting.
        field: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        rule: &'static str,
    },
    /// A stack that leaves nothing to segment.
    #[error("the stack has {slices} slice(s); selecting and segmenting needs at least 2")]
    TooFewSlices {
        /// How many there are.
        slices: usize,
    },
    /// Step 1 found no slice.
    #[error(
        "no slice of {slices} is both sharp and contrasted enough ({degenerate} are degenerate); \
         raise the thresholds of blurriness and inverse PSNR, or check the region of interest"
    )]
    EmptyInitialSet {
        /// Slices in the stack.
        slices: usize,
        /// Slices with an undefined metric.
        degenerate: usize,
    },
    /// The annotator gave back something else than was asked for.
    #[error("the annotation of slice {slice} is {found:?} pixels, the slice {expected:?}")]
    AnnotationShape {
        /// The slice.
        slice: SliceId,
        /// Height and width of the annotation.
        found: (usize, usize),
        /// Height and width of the slice.
        expected: (usize, usize),
    },
    /// A folder without a campaign.
    #[error("{folder} holds no campaign (no campaign.json); begin one there")]
    NoCampaign {
        /// The folder.
        folder: PathBuf,
    },
    /// Another program has the campaign open.
    #[error("{folder} is in use by another program; wait until it has finished")]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// A folder that holds something else already.
    #[error("{folder} holds {found:?}; begin a campaign in a new or empty folder")]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
        /// Something in it.
        found: PathBuf,
    },
    /// A folder that holds a campaign of other settings or stacks.
    #[error(
        "{folder} holds a campaign of other settings or stacks; open that, or take a new folder"
    )]
    OtherCampaign {
        /// The folder.
        folder: PathBuf,
    },
    /// A file of a campaign that makes no sense.
    #[error("{path}, line {line}: {problem}; undo the last change to the file")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// A file that is not what the campaign recorded.
    #[error("{path} has changed since the campaign recorded it; put the recorded file back")]
    Changed {
        /// The file or stack.
        path: PathBuf,
    },
    /// A file of a campaign that cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of a campaign that cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A stack's name that will not do.
    #[error(
        "{name:?} {}; give every stack a name of its own of letters, digits, `-`, `_` and `.`",
        if *.twice { "names two stacks" } else { "is no name for a stack" }
    )]
    StackName {
        /// The name.
        name: String,
        /// Whether another stack has it too.
        twice: bool,
    },
    /// A stack that the campaign does not have.
    #[error("the campaign has no stack {name:?}; it has {known}")]
    UnknownStack {
        /// The name.
        name: String,
        /// Names of the stacks there are.
        known: String,
    },
    /// A label map that is missing.
    #[error("{path} is missing; it holds the masks of {stack}, or say where they are")]
    NoMasks {
        /// The stack.
        stack: String,
        /// Where the label map was looked for.
        path: PathBuf,
    },
    /// Slices asked for that nobody has annotated yet.
    #[error(
        "cannot {step} yet: {} slice(s) wait for an annotation ({}); ingest their masks, and say \
         which of them hold nothing",
        .slices.len(),
        .slices.join(", ")
    )]
    Waiting {
        /// What was to be done.
        step: &'static str,
        /// Stack and slice of each.
        slices: Vec<String>,
    },
    /// No network has been trained yet.
    #[error("round {round} is not trained yet; train first")]
    NotTrained {
        /// The round.
        round: usize,
    },
    /// The observer asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// A stack, a mask or a file.
    #[error(transparent)]
    Stack(#[from] qunet_stack::Error),
    /// The quality metrics.
    #[error(transparent)]
    Quality(#[from] qunet_quality::Error),
    /// The selection.
    #[error(transparent)]
    Select(#[from] qunet_select::Error),
    /// The scores.
    #[error(transparent)]
    Metrics(#[from] qunet_segmetrics::Error),
    /// The network.
    #[error(transparent)]
    Model(qunet_model::Error),
    /// Masks from an annotator.
    #[error("{path}: {source}")]
    Masks {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: qunet_exchange::Error,
    },
    /// Files for an annotator.
    #[error(transparent)]
    Exchange(#[from] qunet_exchange::Error),
    /// Figures and pages.
    #[error(transparent)]
    Report(#[from] qunet_report::Error),
    /// A record that could not be written as JSON.
    #[error("cannot write a record as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl From<qunet_model::Error> for Error {
    fn from(error: qunet_model::Error) -> Self {
        match error {
            qunet_model::Error::Interrupted { .. } => Self::Interrupted,
            other => Self::Model(other),
        }
    }
}
