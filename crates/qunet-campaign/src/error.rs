use std::fmt::Display;
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
        field: String,
        /// Its value.
        value: String,
        /// The rule it breaks.
        rule: String,
    },
    /// Stacks that leave nothing to segment.
    #[error("{slices} slice(s) in all; selecting and segmenting needs at least 2")]
    TooFewSlices {
        /// How many there are.
        slices: usize,
    },
    /// The first round found no slice to ask for.
    #[error(
        "the strategy {strategy} chooses none of {slices} slices for the first round ({why}); check \
         the region of interest and the intensity scaling, or set `first` to another strategy, for \
         instance evenly_spaced"
    )]
    NothingToBegin {
        /// The strategy.
        strategy: String,
        /// Slices in all stacks.
        slices: usize,
        /// The most frequent reason.
        why: String,
    },
    /// An annotation of another size than its slice.
    #[error("the annotation of slice {slice} is {found:?} pixels, the slice {expected:?}")]
    AnnotationShape {
        /// The slice.
        slice: SliceId,
        /// Height and width of the annotation.
        found: (usize, usize),
        /// Height and width of the slice.
        expected: (usize, usize),
    },
    /// An annotation with a value that is no label.
    #[error(
        "the annotation of slice {slice} holds {label}; the labels are 0 to {classes}, and 255 for \
         pixels nobody annotated"
    )]
    AnnotationLabel {
        /// The slice.
        slice: SliceId,
        /// The value.
        label: u8,
        /// Number of foreground classes.
        classes: usize,
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
    /// Another program wrote the manifest in spite of the lock.
    #[error(
        "{path} was written by another program meanwhile; nothing of it was replaced; run the step \
         again"
    )]
    LostUpdate {
        /// The manifest.
        path: PathBuf,
    },
    /// A campaign that was opened for reading.
    #[error("{folder} is open for reading only; open it with Campaign::open to change it")]
    ReadOnly {
        /// The folder.
        folder: PathBuf,
    },
    /// A link inside a campaign's folder.
    #[error(
        "{path} is a link; a campaign follows none inside its folder, so that it never changes a \
         file elsewhere; put the file itself in its place"
    )]
    Link {
        /// The link.
        path: PathBuf,
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
    /// A stack whose place or region of interest is not what the campaign recorded.
    #[error(
        "the place in space or the region of interest of {stack} has changed since the campaign \
         recorded it; put the recorded files back"
    )]
    ChangedRegion {
        /// The name of the stack.
        stack: String,
    },
    /// A stack or a region of interest that is no longer where the campaign was begun with it.
    #[error(
        "{path}, of the stack {stack}, is not there; put it back, or write its new place into \
         campaign.json (\"image\" or \"roi\")"
    )]
    Moved {
        /// The name of the stack.
        stack: String,
        /// Where it was.
        path: PathBuf,
    },
    /// Something a campaign in memory does not hold.
    #[error("the campaign does not hold {path}")]
    Missing {
        /// What it is called.
        path: PathBuf,
    },
    /// A file of a campaign that cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file of a campaign that cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A name that no stack may have.
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
    /// A slice named as empty that is drawn on.
    #[error("slice {slice} of {stack} is named as empty, and its mask is not; say one of both")]
    NotEmptySlice {
        /// The stack.
        stack: String,
        /// The slice.
        slice: SliceId,
    },
    /// Two mask files of one stack, of which one would be lost.
    #[error("masks of {stack} are named twice; ingest one file after the other")]
    MasksTwice {
        /// The stack.
        stack: String,
    },
    /// A file to be written into the folder of a campaign, which holds nothing but its own.
    #[error(
        "{path} lies in the folder of the campaign, which holds nothing but its own files; name a \
         place elsewhere"
    )]
    Inside {
        /// What was to be written.
        path: PathBuf,
    },
    /// An export when nobody is asked for anything.
    #[error("no slice waits for an annotation, so that there is nothing to export")]
    NothingWaits,
    /// Values said to be foreground where there are several classes.
    #[error(
        "masks are read as one class, and the campaign has {classes}; give label maps with the number \
         of each class, without saying which values are foreground (--lesion, --threshold, --binary)"
    )]
    OneClass {
        /// The classes.
        classes: String,
    },
    /// A slice named as empty that nobody asked for.
    #[error("slice {slice} of {stack} was not asked for, so it cannot be named as empty")]
    NotAsked {
        /// The stack.
        stack: String,
        /// The slice.
        slice: SliceId,
    },
    /// A label map that is missing.
    #[error("{path} is missing; it holds the masks of {stack}; put it back, or name another file")]
    NoMasks {
        /// The stack.
        stack: String,
        /// Where the label map was looked for.
        path: PathBuf,
    },
    /// Slices asked for that nobody has annotated yet.
    #[error(
        "cannot {step} yet: {} slice(s) wait for an annotation ({}); ingest their masks, and name \
         those that hold nothing",
        .slices.len(),
        .slices.join(", ")
    )]
    Waiting {
        /// The step.
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
    /// No network has observed the slices yet.
    #[error("round {round} is not queried yet; query first")]
    NotQueried {
        /// The round.
        round: usize,
    },
    /// The observer ended the run.
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
    /// The completion of a stack.
    #[error(transparent)]
    Context(#[from] qunet_context::Error),
    /// Pixels on a grid.
    #[error(transparent)]
    Grid(#[from] qunet_grid::Error),
    /// The scores.
    #[error(transparent)]
    Metrics(#[from] qunet_segmetrics::Error),
    /// The network.
    #[error(transparent)]
    Model(qunet_model::Error),
    /// Masks from an annotator.
    #[error("cannot take the masks in {path}")]
    Masks {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Box<qunet_exchange::Error>,
    },
    /// Files for an annotator.
    #[error(transparent)]
    Exchange(Box<qunet_exchange::Error>),
    /// Figures and pages.
    #[error(transparent)]
    Report(#[from] qunet_report::Error),
    /// A record that could not be written as JSON.
    #[error("cannot write a record as JSON")]
    Json(#[from] serde_json::Error),
}

impl Error {
    /// A file of a stack that is gone, with what to do about it.
    pub(crate) fn moved(self, stack: &str) -> Self {
        match self {
            Self::Stack(qunet_stack::Error::Read { path, source })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                Self::Moved { stack: stack.to_owned(), path }
            }
            other => other,
        }
    }
}

impl From<qunet_exchange::Error> for Error {
    fn from(error: qunet_exchange::Error) -> Self {
        Self::Exchange(Box::new(error))
    }
}

impl From<qunet_model::Error> for Error {
    fn from(error: qunet_model::Error) -> Self {
        match error {
            qunet_model::Error::Interrupted { .. } => Self::Interrupted,
            other => Self::Model(other),
        }
    }
}

/// Refuses a setting that breaks a rule.
pub(crate) fn require(
    holds: bool,
    field: &str,
    value: impl Display,
    rule: impl FnOnce() -> String,
) -> Result<(), Error> {
    if holds {
        return Ok(());
    }
    Err(Error::Parameter { field: field.to_owned(), value: value.to_string(), rule: rule() })
}
