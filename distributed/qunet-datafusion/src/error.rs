//! What is wrong with an image, an argument or a place.

use std::fmt;
use std::path::PathBuf;

use datafusion::error::DataFusionError;

/// What is wrong with an image, an argument or a place.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes or numbers of a row are no image.
    #[error("{function}, row {row}: {why}")]
    Image {
        /// The function that was given it.
        function: &'static str,
        /// Its row in the batch.
        row: usize,
        /// Why it is none, and what to do.
        why: String,
    },
    /// An argument that the function does not take.
    #[error("{function}: {argument} {problem}")]
    Argument {
        /// The function.
        function: &'static str,
        /// Which argument.
        argument: &'static str,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// A place that may not be read.
    #[error("{} lies outside the folders that may be read; allow its folder with --root where the query runs", path.display())]
    Outside {
        /// The place.
        path: PathBuf,
    },
    /// A place that cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The place.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A stack that cannot be found or copied.
    #[error("{stack}: {why}")]
    Fetch {
        /// Its name.
        stack: String,
        /// Why.
        why: String,
    },
    /// An option of a table that there is not, or that cannot have this value.
    #[error("option {option} is {value:?}: {rule}")]
    Option {
        /// The option.
        option: String,
        /// Its value.
        value: String,
        /// What it may be.
        rule: &'static str,
    },
    /// A plan of another program, or of another version of this one.
    #[error("the plan of a table of stacks cannot be read ({0}); use the same version everywhere")]
    Plan(serde_json::Error),
    /// A stack.
    #[error(transparent)]
    Stack(#[from] qunet_stack::Error),
    /// A metric of image quality.
    #[error(transparent)]
    Quality(#[from] qunet_quality::Error),
    /// A choice of slices.
    #[error(transparent)]
    Select(#[from] qunet_select::Error),
    /// A metric of two masks.
    #[error(transparent)]
    Overlap(#[from] qunet_segmetrics::Error),
    /// A network.
    #[cfg(feature = "model")]
    #[error(transparent)]
    Model(#[from] qunet_model::Error),
}

impl fmt::Debug for Error {
    /// The message: it is in this form that a cluster tells clients of the errors of its tasks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Error> for DataFusionError {
    fn from(error: Error) -> Self {
        Self::External(Box::new(error))
    }
}
