use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::column::{Column, columns, named, record};
use super::{read, write};
use crate::{Error, QualityRecord, Result};

/// Writes records as a JSON array of objects, one line per slice.
///
/// The names are the columns of [`write_csv`](crate::write_csv). Numbers read back as the same
/// `f64`; an undefined value is `null`. JSON has no infinity: the blurriness of a constant slice,
/// whose `variance_of_laplacian` is 0, is `null` too. The file is written under a temporary name
/// in the same folder and then renamed.
///
/// # Errors
/// [`Error::Stack`] with the file and the cause.
///
/// # Example
/// ```
/// use ndarray::Array3;
/// use qunet_quality::{QualityParams, read_json, score_volume, write_json};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("quality.json");
/// let records = score_volume(&Array3::<u8>::zeros((1, 4, 4)), None, &QualityParams::default())?;
/// write_json(&path, &records)?;
/// let text = std::fs::read_to_string(&path)?;
/// assert!(text.contains(r#"{"slice":0,"variance_of_laplacian":0.0,"blurriness":null"#));
/// assert_eq!(read_json(&path)?, records);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_json(path: impl AsRef<Path>, records: &[QualityRecord]) -> Result<()> {
    write(path.as_ref(), lines(records))
}

fn lines(records: &[QualityRecord]) -> io::Result<Vec<u8>> {
    let columns = columns(records);
    let mut bytes = Vec::new();
    for (number, record) in records.iter().enumerate() {
        bytes.write_all(if number == 0 { b"[\n" } else { b",\n" })?;
        serde_json::to_writer(&mut bytes, &Line { columns: &columns, record })?;
    }
    bytes.write_all(if records.is_empty() { b"[]\n" } else { b"\n]\n" })?;
    Ok(bytes)
}

/// Reads the records of a file that [`write_json`] wrote, in its order.
///
/// The names may stand in any order; all have to be there, and no others. Blurriness follows
/// from the variance of the Laplacian and is not taken from the file.
///
/// # Errors
/// [`Error::Json`] with the line for broken JSON, a missing, repeated or unknown name or a value
/// that is not a number, and the name of the column; [`Error::Stack`] where the file cannot be
/// read.
///
/// # Example
/// ```
/// use qunet_quality::read_json;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("quality.json");
/// std::fs::write(&path, "[\n{\"slice\": 0}\n]")?;
/// let message = read_json(&path).unwrap_err().to_string();
/// assert!(message.contains("column variance_of_laplacian is missing"));
/// assert!(message.contains("at line 2"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_json(path: impl AsRef<Path>) -> Result<Vec<QualityRecord>> {
    let path = path.as_ref();
    let lines: Vec<Parsed> = serde_json::from_slice(&read(path)?)
        .map_err(|cause| Error::Json { path: path.to_owned(), cause })?;
    Ok(lines.into_iter().map(|Parsed(record)| record).collect())
}

/// A record as an object whose names are the columns.
struct Line<'a> {
    columns: &'a [Column],
    record: &'a QualityRecord,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(self.columns.len()))?;
        for column in self.columns {
            // An infinite number becomes null in serde_json.
            object.serialize_entry(column.name(), &column.cell(self.record))?;
        }
        object.end()
    }
}

/// The record of an object.
struct Parsed(QualityRecord);

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Parsed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a quality record, an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Parsed, A::Error> {
        let (mut names, mut texts) = (Vec::new(), Vec::new());
        while let Some((name, value)) = object.next_entry::<String, Value>()? {
            names.push(name);
            // As the text in a CSV table; one in quotes is no number there either.
            texts.push(if value.is_null() { String::new() } else { value.to_string() });
        }
        let columns = named(names.iter().map(String::as_str)).map_err(A::Error::custom)?;
        let texts = texts.iter().map(String::as_str);
        record(&columns, texts).map(Parsed).map_err(A::Error::custom)
    }
}
