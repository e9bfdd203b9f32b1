use std::io;
use std::path::Path;

use super::column::{Cell, Column, columns, named, record};
use super::{read, write};
use crate::{Error, QualityRecord, Result, TableFault};

/// Writes records as a CSV table, one line per slice after a line of column names.
///
/// The columns are `slice`, `variance_of_laplacian`, `blurriness`, `inverse_psnr`, `roi_pixels`,
/// `roi_mean` and `roi_cov`. Numbers read back as the same `f64`; an infinite blurriness is
/// `inf`, an undefined value an empty field. The table is written under a temporary name in the
/// same folder and then renamed, so that `path` is never a part of a table.
///
/// # Errors
/// [`Error::Stack`] with the file and the cause.
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
    write(path.as_ref(), lines(records))
}

fn lines(records: &[QualityRecord]) -> io::Result<Vec<u8>> {
    let columns = columns(records);
    let mut table = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    table.write_record(columns.iter().map(|column| column.name()))?;
    for record in records {
        let cells: Vec<Cell> = columns.iter().map(|column| column.cell(record)).collect();
        table.serialize(cells)?;
    }
    table.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

/// Reads the records of a table that [`write_csv`] wrote, in the order of its lines.
///
/// The columns may stand in any order; all have to be there, and no others. Blurriness follows
/// from the variance of the Laplacian and is not taken from the table.
///
/// # Errors
/// [`Error::Csv`] with the line and the column for a missing, repeated or unknown column or a
/// value that is not a number; [`Error::CsvSyntax`] for lines of unequal length;
/// [`Error::Stack`] where the file cannot be read.
///
/// # Example
/// ```
/// use qunet_quality::read_csv;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("quality.csv");
/// let names = "slice,variance_of_laplacian,blurriness,inverse_psnr,roi_pixels,roi_mean,roi_cov";
/// std::fs::write(&path, format!("{names}\n7,0.0,inf,,16,2.5,\n"))?;
/// let records = read_csv(&path)?;
/// assert_eq!((records[0].id.0, records[0].roi_mean), (7, Some(2.5)));
/// assert_eq!((records[0].inverse_psnr, records[0].blurriness()), (None, f64::INFINITY));
///
/// std::fs::write(&path, format!("{names}\n7,0.0,inf,,many,2.5,\n"))?;
/// let message = read_csv(&path).unwrap_err().to_string();
/// assert!(message.contains("line 2: column roi_pixels is \"many\""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_csv(path: impl AsRef<Path>) -> Result<Vec<QualityRecord>> {
    let path = path.as_ref();
    let bytes = read(path)?;
    let syntax = |cause| Error::CsvSyntax { path: path.to_owned(), cause };
    let faulty = |line| move |fault: TableFault| Error::Csv { path: path.to_owned(), line, fault };
    let mut table = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(&bytes[..]);
    let columns: Vec<Column> = named(table.headers().map_err(syntax)?).map_err(faulty(1))?;
    table
        .records()
        .map(|fields| {
            let fields = fields.map_err(syntax)?;
            let line = fields.position().map_or(0, csv::Position::line);
            record(&columns, &fields).map_err(faulty(line))
        })
        .collect()
}
