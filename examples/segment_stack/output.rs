//! The folder of results: filled out of sight, shown when the run has succeeded.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use tempfile::TempDir;

/// A hidden folder beside (or in) the one asked for; dropped, it is gone.
pub(crate) struct Output {
    folder: PathBuf,
    hidden: TempDir,
}

impl Output {
    /// Fails at once where nothing can be written, not after the training.
    pub(crate) fn prepare(folder: &Path) -> anyhow::Result<Self> {
        let home = if folder.exists() { Some(folder) } else { folder.parent() };
        let home = home.filter(|home| !home.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let hidden = tempfile::Builder::new()
            .prefix(".partial-")
            .tempdir_in(home)
            .map_err(|error| failed(folder, &error))?;
        Ok(Self { folder: folder.to_owned(), hidden })
    }

    /// Where to put the files meanwhile.
    pub(crate) fn path(&self) -> &Path {
        self.hidden.path()
    }

    /// Moves every file into the folder asked for; its path.
    pub(crate) fn publish(self) -> anyhow::Result<PathBuf> {
        self.move_all().map_err(|error| failed(&self.folder, &error))?;
        Ok(self.folder)
    }

    fn move_all(&self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        for entry in fs::read_dir(self.hidden.path())? {
            let entry = entry?;
            fs::rename(entry.path(), self.folder.join(entry.file_name()))?;
        }
        Ok(())
    }
}

fn failed(folder: &Path, error: &io::Error) -> anyhow::Error {
    anyhow!("cannot write results to {}: {error}", folder.display())
}
