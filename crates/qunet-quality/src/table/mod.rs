//! Records as tables in files, CSV or JSON, and back.

mod column;
mod csv;
mod json;

pub use csv::{read_csv, write_csv};
pub use json::{read_json, write_json};

use std::fs;
use std::path::Path;

use crate::Result;

fn read(path: &Path) -> Result<Vec<u8>> {
    let cannot_read = |source| qunet_stack::Error::Read { path: path.to_owned(), source };
    Ok(fs::read(path).map_err(cannot_read)?)
}

/// `lines` is what could be made of the records; nothing is written where that failed.
fn write(path: &Path, lines: std::io::Result<Vec<u8>>) -> Result<()> {
    let cannot_write = |source| qunet_stack::Error::Write { path: path.to_owned(), source };
    Ok(qunet_stack::write_file(path, &lines.map_err(cannot_write)?)?)
}
