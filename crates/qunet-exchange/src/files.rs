//! Folders that are there whole or not at all, and files that are read with their name in errors.

use std::fs;
use std::path::{Path, PathBuf};

use qunet_stack::SliceId;
use serde::de::DeserializeOwned;

use crate::Error;

/// Lets `fill` write into a folder of a temporary name, which then becomes `folder`'s.
pub(crate) fn folder(
    folder: &Path,
    fill: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<(), Error> {
    let failed = |source| Error::Write { path: folder.to_owned(), source };
    let empty = || fs::read_dir(folder).map(|mut entries| entries.next().is_none());
    if folder.exists() && !empty().map_err(failed)? {
        return Err(Error::NotEmpty { folder: folder.to_owned() });
    }
    let parent = match folder.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let temporary = tempfile::Builder::new().prefix(".partial-").tempdir_in(parent);
    let temporary = temporary.map_err(failed)?;
    fill(temporary.path())?;
    // Gives the usual rights; a temporary folder is private.
    #[cfg(unix)]
    fs::set_permissions(temporary.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .map_err(failed)?;
    fs::rename(temporary.path(), folder).map_err(failed)?;
    // Nothing is left under the old name to be removed.
    let _renamed = temporary.keep();
    Ok(())
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    serde_json::from_slice(&read(path)?)
        .map_err(|source| Error::Json { path: path.to_owned(), source })
}

/// The slice of a picture, by the number at the end of its name.
pub(crate) fn slice_of(name: &str) -> Option<SliceId> {
    let stem = Path::new(name).file_stem()?.to_str()?;
    let digits = stem.len() - stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    stem[stem.len() - digits..].parse().ok()
}

/// The name of the picture of a slice of so many, as the stack writes it.
pub(crate) fn picture(id: SliceId, slices: usize) -> PathBuf {
    let digits = slices.saturating_sub(1).to_string().len();
    PathBuf::from(format!("{:0digits$}.png", id.0))
}
