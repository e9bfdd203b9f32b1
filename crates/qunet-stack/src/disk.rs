//! The disk, as far as files and folders that are there whole ask for it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// What is asked of the file system for a file or folder to be there whole.
pub(crate) trait Disk {
    /// Makes a folder.
    fn create_folder(&mut self, path: &Path) -> io::Result<()>;
    /// Takes notice that the content of a file or folder is written under its temporary name.
    fn written(&mut self, temporary: &Path) -> io::Result<()>;
    /// Waits until the content of a file is on the disk.
    fn sync_file(&mut self, path: &Path) -> io::Result<()>;
    /// Waits until the names in a folder are on the disk.
    fn sync_folder(&mut self, path: &Path) -> io::Result<()>;
    /// Gives a file or folder another name.
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()>;
}

/// The file system itself.
pub(crate) struct System;

impl Disk for System {
    fn create_folder(&mut self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn written(&mut self, _temporary: &Path) -> io::Result<()> {
        Ok(())
    }

    fn sync_file(&mut self, path: &Path) -> io::Result<()> {
        OpenOptions::new().read(true).write(true).open(path)?.sync_all()
    }

    /// Does nothing where the platform cannot sync a folder.
    fn sync_folder(&mut self, path: &Path) -> io::Result<()> {
        if cfg!(not(unix)) {
            return Ok(());
        }
        match File::open(path)?.sync_all() {
            // Some network and user-space file systems have no sync of folders.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
                ) =>
            {
                Ok(())
            }
            synced => synced,
        }
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }
}
