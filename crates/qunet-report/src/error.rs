use std::path::PathBuf;

use plotters::drawing::DrawingAreaErrorKind;
use qunet_stack::SliceId;

use crate::drawing::FigureFormat;

/// What can go wrong while a figure or a page is made or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing to show.
    #[error("{what}: nothing to draw; pass at least one")]
    Empty {
        /// What is missing.
        what: &'static str,
    },
    /// Two inputs that belong together have different lengths.
    #[error("{what}: expected {expected} entries, found {found}; pass one for each")]
    LengthMismatch {
        /// Which input.
        what: &'static str,
        /// The length it should have.
        expected: usize,
        /// The length it has.
        found: usize,
    },
    /// A slice has scores but no verdict.
    #[error(
        "slice {slice} has a quality record but no verdict; pass the verdicts on the same stack"
    )]
    MissingVerdict {
        /// Which slice.
        slice: SliceId,
    },
    /// A mask or map does not have the size of its image.
    #[error(
        "{what} of slice {slice} is {found:?} (rows, columns) but its image is {expected:?}; resize it first"
    )]
    ShapeMismatch {
        /// Which mask or map.
        what: String,
        /// Which slice.
        slice: SliceId,
        /// (rows, columns) of the image.
        expected: (usize, usize),
        /// (rows, columns) of the mask or map.
        found: (usize, usize),
    },
    /// An image without pixels.
    #[error("{what} of slice {slice} is {rows} x {columns}; pass an image with pixels")]
    EmptyImage {
        /// Which image.
        what: &'static str,
        /// Which slice.
        slice: SliceId,
        /// Its height.
        rows: usize,
        /// Its width.
        columns: usize,
    },
    /// A pixel is infinite or no number, or a probability is not in [0, 1].
    #[error("{what} of slice {slice} is {value} at row {row}, column {column}; it must be {rule}")]
    InvalidPixel {
        /// Which image.
        what: String,
        /// Which slice.
        slice: SliceId,
        /// Row of the first such pixel.
        row: usize,
        /// Its column.
        column: usize,
        /// Its value.
        value: f32,
        /// What it must be.
        rule: &'static str,
    },
    /// A slice comes with fewer than two heads, so that none can be compared.
    #[error(
        "slice {slice} comes with {found} head(s); pass two or more, the last two are compared"
    )]
    TooFewHeads {
        /// Which slice.
        slice: SliceId,
        /// How many heads.
        found: usize,
    },
    /// A number breaks the rule it must follow.
    #[error("{what} at index {index} is {value}; it must be {rule}")]
    InvalidNumber {
        /// Which number.
        what: &'static str,
        /// Its position: the slice index or the epoch.
        index: usize,
        /// Its value.
        value: f64,
        /// What it must be.
        rule: &'static str,
    },
    /// An epoch has another number of heads than the first one, or none, or more than four.
    #[error("epoch {epoch} of stage {stage:?} has {found} losses; pass {rule}")]
    HeadCount {
        /// Which stage.
        stage: String,
        /// Which epoch of it, from 1.
        epoch: usize,
        /// How many losses it has.
        found: usize,
        /// How many it must have.
        rule: &'static str,
    },
    /// A table row has another number of cells than the table has columns.
    #[error("row {row} of table {table:?} has {found} cells but there are {expected} columns")]
    RaggedTable {
        /// The table's caption.
        table: String,
        /// Which row, from 1.
        row: usize,
        /// Number of columns.
        expected: usize,
        /// Cells in the row.
        found: usize,
    },
    /// A figure's name cannot be a file name.
    #[error("{name:?} cannot name a figure; use letters, digits, '-' and '_' only")]
    FigureName {
        /// The name.
        name: String,
    },
    /// A path does not end as the figure's format does.
    #[error(
        "figure {name:?} is {format} and cannot be written to {}; end the file name in .{}",
        path.display(),
        format.extension()
    )]
    Ending {
        /// The figure's name.
        name: String,
        /// The figure's format.
        format: FigureFormat,
        /// The path that was refused.
        path: PathBuf,
    },
    /// A file could not be written; nothing is left behind.
    #[error(transparent)]
    Stack(#[from] qunet_stack::Error),
    /// The built-in font is not readable.
    #[error("the built-in font cannot be read; build with epaint_default_fonts 0.32")]
    Font,
    /// The chart library failed.
    #[error("a figure could not be drawn")]
    Draw {
        /// The error of the chart library.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A picture is too large for memory or the PNG format.
    #[error("a picture of {width} x {height} pixels cannot be drawn; show fewer slices at a time")]
    TooLarge {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// A picture could not be encoded as PNG.
    #[error("a figure could not be encoded as PNG")]
    Encode {
        /// The error of the encoder.
        #[from]
        source: image::ImageError,
    },
    /// The slices of a viewer could not be written as JSON.
    #[error("the slice viewer could not be written")]
    Json {
        /// The error of the JSON writer.
        source: serde_json::Error,
    },
    /// The page could not be filled in.
    #[error("the page could not be rendered")]
    Page {
        /// The error of the template engine.
        #[from]
        source: askama::Error,
    },
}

impl<E> From<DrawingAreaErrorKind<E>> for Error
where
    E: std::error::Error + Send + Sync + 'static,
{
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self::Draw { source: Box::new(error) }
    }
}
