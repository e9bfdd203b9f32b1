use std::path::PathBuf;

use qunet_stack::SliceId;

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
    #[error("slice {id}: {cause}")]
    Slice {
        /// The slice.
        id: SliceId,
        /// Why.
        cause: Box<Error>,
    },
    /// The system gave no such pool of threads.
    #[error("cannot start {threads} threads: {cause}; ask for fewer")]
    Threads {
        /// How many were asked for, 0 for one per core.
        threads: usize,
        /// The error of the system.
        cause: rayon::ThreadPoolBuildError,
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
    #[error("{path} is not a CSV table: {cause}")]
    CsvSyntax {
        /// The file.
        path: PathBuf,
        /// The error of the reader, with the line.
        cause: csv::Error,
    },
    /// A JSON file that is not a table of quality records.
    #[error("{path} is not a JSON table of quality records: {cause}")]
    Json {
        /// The file.
        path: PathBuf,
        /// The error of the reader, with line and column.
        cause: serde_json::Error,
    },
    /// A stack could not be read or scaled, or a table not written.
    #[error(transparent)]
    Stack(#[from] qunet_stack::Error),
}

impl Error {
    /// Names the slice in which this error arose.
    pub(crate) fn in_slice(self, id: SliceId) -> Self {
        Self::Slice { id, cause: Box::new(self) }
    }
}

/// What is wrong with a column or a value of a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableFault {
    /// A column that every table has is not there.
    #[error("column {column} is missing; write the table with write_csv or write_json")]
    MissingColumn {
        /// The column.
        column: &'static str,
    },
    /// A column that is none of a quality record.
    #[error("column {column:?} is not one of a quality record; remove it or correct its name")]
    UnknownColumn {
        /// Its name.
        column: String,
    },
    /// A column is there twice.
    #[error("column {column} is there twice; remove one")]
    RepeatedColumn {
        /// The column.
        column: &'static str,
    },
    /// A value that its column cannot hold.
    #[error("column {column} is {value:?}, but the rule is {rule}; correct the value")]
    Value {
        /// The column.
        column: &'static str,
        /// The value as it stands in the file.
        value: String,
        /// What it must be.
        rule: &'static str,
    },
}
