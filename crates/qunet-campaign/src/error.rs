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
    /// A record that could not be written as JSON.
    #[error("cannot write the selection as JSON: {0}")]
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
