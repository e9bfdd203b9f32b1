use std::io;
use std::path::Path;

use serde::Serialize;

use crate::{QualityRecord, Result};

/// One line of the table, in the order of [`COLUMNS`].
#[derive(Serialize)]
struct Line {
    slice: usize,
    variance_of_laplacian: f64,
    blurriness: f64,
    inverse_psnr: Option<f64>,
    roi_pixels: u64,
    roi_mean: Option<f64>,
    roi_cov: Option<f64>,
}

impl From<&QualityRecord> for Line {
    fn from(record: &QualityRecord) -> Self {
        Self {
            slice: record.id.0,
            variance_of_laplacian: record.variance_of_laplacian,
            blurriness: record.blurriness(),
            inverse_psnr: record.inverse_psnr,
            roi_pixels: record.roi_pixels,
            roi_mean: record.roi_mean,
            roi_cov: record.roi_cov,
        }
    }
}

/// Column names, written even where there are no records.
const COLUMNS: [&str; 7] = [
    "slice",
    "variance_of_laplacian",
    "blurriness",
    "inverse_psnr",
    "roi_pixels",
    "roi_mean",
    "roi_cov",
];

/// Writes records as a CSV table, one line per slice after a line of column names.
///
/// The columns are `slice`, `variance_of_laplacian`, `blurriness`, `inverse_psnr`, `roi_pixels`,
/// `roi_mean` and `roi_cov`. Numbers read back as the same `f64`; an infinite blurriness is
/// `inf`, an undefined value an empty field. The table is written under a temporary name in the
/// same folder and then renamed, so that `path` is never a part of a table.
///
/// # Errors
/// [`Error::Stack`](crate::Error::Stack) with the file and the cause.
///
/// # Example
/// ```
/// use ndarray::Array3;
/// use qunet_quality::{QualityParams, score_volume, write_csv};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("quality.csv");
/// let records = score_volume(&Array3::<u8>::zeros((1, 4, 4)), None, &QualityParams::default())?;
/// write_csv(&path, &records)?;
/// let text = std::fs::read_to_string(&path)?;
/// assert_eq!(text.lines().nth(1), Some("0,0.0,inf,,16,0.0,"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_csv(path: impl AsRef<Path>, records: &[QualityRecord]) -> Result<()> {
    let path = path.as_ref();
    let failed =
        |error: io::Error| qunet_stack::Error::Write { path: path.to_owned(), source: error };
    let bytes = lines(records).map_err(failed)?;
    Ok(qunet_stack::write_file(path, &bytes)?)
}

fn lines(records: &[QualityRecord]) -> io::Result<Vec<u8>> {
    let mut table = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    table.write_record(COLUMNS)?;
    for record in records {
        table.serialize(Line::from(record))?;
    }
    table.into_inner().map_err(|error| io::Error::other(error.to_string()))
}
