//! Removing what killed programs left behind; nobody else is at work while the lock is held.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::{Manifest, StackRecord};
use super::stacks::annotations;
use super::train::checkpoint;
use crate::Error;

/// Removes files that are not whole, annotations that were replaced, and checkpoints of trainings
/// that are done. A file that only resembles them is somebody's and stays.
pub(super) fn tidy(folder: &Path, manifest: &Manifest) -> Result<(), Error> {
    let replaced =
        |path: &Path| manifest.stacks.iter().any(|stack| is_replaced(path, folder, stack));
    each_file(folder, &mut |path, name| {
        if name.starts_with(".partial-") || replaced(path) { remove(path) } else { Ok(()) }
    })?;
    for round in manifest.rounds.iter().filter(|round| round.training.is_some()) {
        forget_checkpoint(folder, round.round)?;
    }
    Ok(())
}

/// Whether these are annotations of the stack that the campaign has others for.
fn is_replaced(path: &Path, folder: &Path, stack: &StackRecord) -> bool {
    let name = path.to_string_lossy();
    let count = name
        .rsplit_once(".annotations-")
        .and_then(|(_, rest)| rest.strip_suffix(".nii.gz")?.parse().ok());
    let ours = count.is_some_and(|count| path == folder.join(annotations(&stack.name, count)));
    ours && path != folder.join(&stack.annotations.path)
}

/// Removes the checkpoint of a training whose weights are safe.
pub(super) fn forget_checkpoint(folder: &Path, round: usize) -> Result<(), Error> {
    let path = folder.join(checkpoint(round));
    if path.exists() { remove(&path) } else { Ok(()) }
}

fn remove(path: &Path) -> Result<(), Error> {
    let gone = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    gone.map_err(|source| Error::Write { path: path.to_owned(), source })
}

/// Visits files and folders, and what is in the folders that are still there afterwards.
fn each_file(
    folder: &Path,
    visit: &mut dyn FnMut(&Path, &str) -> Result<(), Error>,
) -> Result<(), Error> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    let entries: io::Result<Vec<PathBuf>> =
        fs::read_dir(folder).map_err(failed)?.map(|entry| Ok(entry?.path())).collect();
    for path in entries.map_err(failed)? {
        visit(&path, &path.file_name().unwrap_or_default().to_string_lossy())?;
        if path.is_dir() && !path.is_symlink() {
            each_file(&path, visit)?;
        }
    }
    Ok(())
}
