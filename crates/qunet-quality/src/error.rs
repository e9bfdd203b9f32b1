use std::path::PathBuf;

use qunet_stack::SliceId;

use crate::TableFault;

/// The result of an image-quality function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What is wrong with an image, a mask, a setting or a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A pixel is NaN or infinite.
    #[error(
        "pixel at row {row}, column {col} is {value}; replace non-finite pixels or leave the slice out"
    )]
    NonFinite {
        /// Row of the first such pixel.
        row: usize,
        /// Column of the first such pixel.
        col: usize,
        /// Its value.
        value: f64,
    },
    /// Image and mask differ in shape.
    #[error("the image is {image:?} but the mask is {mask:?}; resample the mask to the image")]
    ShapeMismatch {
        /// Shape of the image or the stack.
        image: Vec<usize>,
        /// Shape of the mask.
        mask: Vec<usize>,
    },
    /// The image has no pixels.
    #[error("the image is {height} x {width} and has no pixels; leave the slice out")]
    EmptyImage {
        /// Number of rows.
        height: usize,
        /// Number of columns.
        width: usize,
    },
    /// A setting is outside its range.
    #[error("{field} is {value}, but the rule is {rule}; choose a value within it")]
    Parameter {
        /// Name of the setting.
        field: &'static str,
        /// Its value.
        value: String,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// A slice of a stack could not be scored.
    #[error("slice {id}: {source}")]
    Slice {
        /// The slice.
        id: SliceId,
        /// Why.
        source: Box<Error>,
    },
    /// The system gave no such pool of threads.
    #[error("cannot start {threads} threads: {source}; ask for fewer")]
    Threads {
        /// How many were asked for, 0 for one per core.
        threads: usize,
        /// What the system said.
        source: rayon::ThreadPoolBuildError,
    },
    /// A CSV table that is not one of quality records.
    #[error("{path}, line {line}: {fault}")]
    Csv {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong there.
        fault: TableFault,
    },
    /// A CSV table with lines of unequal length, or text that is not UTF-8.
    #[error("{path} is not a CSV table: {source}")]
    CsvSyntax {
        /// The file.
        path: PathBuf,
        /// What the reader said, with the line.
        source: csv::Error,
    },
    /// A JSON file that is not a table of quality records.
    #[error("{path} is not a JSON table of quality records: {source}")]
    Json {
        /// The file.
        path: PathBuf,
        /// What the reader said, with line and column.
        source: serde_json::Error,
    },
    /// A stack could not be read or scaled, or a table not written.
    #[error(transparent)]
    Stack(#[from] qunet_stack::Error),
}

impl Error {
    /// Names the slice in which this error arose.
    pub(crate) fn in_slice(self, id: SliceId) -> Self {
        Self::Slice { id, source: Box::new(self) }
    }
}
