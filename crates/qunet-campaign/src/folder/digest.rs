//! Digests by which a campaign knows its files and stacks again.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use qunet_stack::Stack;
use sha2::{Digest, Sha256};

use super::manifest::FileRecord;
use crate::Error;

/// SHA-256 of a file in the campaign's folder.
pub(super) fn file(folder: &Path, path: &Path) -> Result<FileRecord, Error> {
    let whole = folder.join(path);
    let failed = |source| Error::Read { path: whole.clone(), source };
    let mut digest = Sha256::new();
    digest.update(fs::read(&whole).map_err(failed)?);
    Ok(FileRecord { path: path.to_owned(), sha256: hex(digest) })
}

/// The path of a recorded file that is as it was recorded.
pub(super) fn unchanged(folder: &Path, record: &FileRecord) -> Result<PathBuf, Error> {
    let found = file(folder, &record.path)?;
    let path = folder.join(&record.path);
    if found.sha256 == record.sha256 { Ok(path) } else { Err(Error::Changed { path }) }
}

/// SHA-256 of shape, type and pixels.
pub(super) fn stack(stack: &Stack) -> Result<String, Error> {
    let mut digest = Sha256::new();
    digest.update(format!("{:?} {}", stack.shape(), stack.pixels().dtype()));
    for id in stack.ids() {
        // Exact for every type of pixel.
        let pixels = stack.slice(id)?.to_f32();
        digest.update(bytemuck::cast_slice(&pixels.into_iter().collect::<Vec<f32>>()));
    }
    Ok(hex(digest))
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
