//! Files and folders that are there whole or not at all.
//!
//! Everything is written under a temporary name beside its place, synced, renamed into place, and
//! then its parent folder is synced, in this order: a reader never sees half a file, and after a
//! loss of power a file under its own name is the old one or the new one, whole. All of it happens
//! in [`put_in_place`], on a [`Disk`].

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use crate::Error;
use crate::disk::Disk;

/// How the name of every file and folder begins that is still being written. What is left of a
/// program that was killed is known by it and can be removed; nothing else has such a name.
pub const PARTIAL_PREFIX: &str = ".qunet-partial-";

/// Whether the last part of `path` is the name of a file or folder that is still being written, or
/// was when its program was killed.
///
/// ```
/// assert!(qunet_stack::is_partial(".qunet-partial-a1b2c3.nii.gz"));
/// assert!(!qunet_stack::is_partial("ct.nii.gz"));
/// ```
#[must_use]
pub fn is_partial(path: impl AsRef<Path>) -> bool {
    let name = path.as_ref().file_name().and_then(OsStr::to_str);
    name.is_some_and(|name| name.starts_with(PARTIAL_PREFIX))
}

/// Lets `write` fill a temporary file beside `path`, syncs it, renames it into place and syncs the
/// folder.
///
/// The temporary name ends like `path`, for writers that choose a format by it. On failure `path` is as
/// it was and the temporary file is gone; where only the folder cannot be synced, the new file is in
/// place and may not survive a loss of power. Where `path` is a symlink the new file replaces the
/// link; what it points to is never written, unless that is a device or a pipe, which is written into.
///
/// # Errors
/// [`Error::Write`] naming `path` where its folder is missing, or the file cannot be synced or
/// renamed, and whatever `write` returns.
pub fn write_atomically<E: From<Error>>(
    path: impl AsRef<Path>,
    write: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    let name = path.as_ref().file_name().unwrap_or_default().to_string_lossy();
    let ending = name.find('.').map_or("", |dot| &name[dot..]);
    write_atomically_as(path.as_ref(), ending, write)
}

/// As [`write_atomically`], the temporary name ending in `ending` whatever `path` is called.
pub(crate) fn write_atomically_as<E: From<Error>>(
    path: &Path,
    ending: &str,
    write: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    if is_device(path) {
        let temporary = builder(0o600, ending).tempfile().map_err(failed)?.into_temp_path();
        write(&temporary)?;
        pour(&temporary, path).map_err(failed)?;
        return Ok(());
    }
    let temporary = builder(0o666, ending).tempfile_in(parent(path)).map_err(failed)?;
    // Dropping it removes the file; once that is renamed there is none of its name.
    let temporary = temporary.into_temp_path();
    write(&temporary)?;
    put_in_place(&temporary, path, &mut disk()).map_err(failed)?;
    Ok(())
}

/// Writes a whole file or none, as [`write_atomically`] does.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("note.txt");
/// qunet_stack::write_file(&path, "whole")?;
/// assert_eq!(std::fs::read_to_string(&path)?, "whole");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Write`] naming `path`.
pub fn write_file(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Result<(), Error> {
    let path = path.as_ref();
    let failed = |source| Error::Write { path: path.to_owned(), source };
    write_atomically(path, |temporary| fs::write(temporary, bytes).map_err(failed))
}

/// Lets `fill` write into a temporary folder beside `folder`, syncs all that is in it, renames it
/// into place and syncs the parent.
///
/// An empty folder is replaced, one with content is refused. On failure `folder` is as it was and
/// the temporary folder is gone. A symlink is refused, never followed.
///
/// ```
/// let parent = tempfile::tempdir()?;
/// let folder = parent.path().join("pictures");
/// qunet_stack::write_folder(&folder, |inside| qunet_stack::write_file(inside.join("0.txt"), "a"))?;
/// assert_eq!(std::fs::read_to_string(folder.join("0.txt"))?, "a");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Write`] naming `folder` where its parent is missing, it is there and not empty, or
/// anything cannot be synced or renamed, and whatever `fill` returns.
pub fn write_folder<E: From<Error>>(
    folder: impl AsRef<Path>,
    fill: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    let folder = folder.as_ref();
    let failed = |source| Error::Write { path: folder.to_owned(), source };
    let temporary = builder(0o777, "").tempdir_in(parent(folder)).map_err(failed)?;
    fill(temporary.path())?;
    put_in_place(temporary.path(), folder, &mut disk()).map_err(failed)?;
    // Nothing is left under the temporary name to be removed.
    let _renamed = temporary.keep();
    Ok(())
}

/// Makes a folder and those above it that are missing, and syncs the folders that hold their names.
///
/// # Errors
/// [`Error::Write`] naming the folder that cannot be made, or a file of that name.
///
/// ```
/// let parent = tempfile::tempdir()?;
/// let folder = parent.path().join("a/b");
/// qunet_stack::create_folder(&folder)?;
/// qunet_stack::create_folder(&folder)?;
/// assert!(folder.is_dir());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn create_folder(folder: impl AsRef<Path>) -> Result<(), Error> {
    let folder = folder.as_ref();
    if folder.is_dir() {
        return Ok(());
    }
    let above = parent(folder);
    create_folder(above)?;
    let failed = |source| Error::Write { path: folder.to_owned(), source };
    let mut disk = disk();
    match disk.create_folder(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        made => made.and_then(|()| disk.sync_folder(above)).map_err(failed),
    }
}

/// Whether there is a device or a pipe, such as `/dev/stdout`, which is written into and not replaced.
fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Copies a file into a device or pipe.
fn pour(from: &Path, into: &Path) -> io::Result<()> {
    let mut device = OpenOptions::new().write(true).open(into)?;
    io::copy(&mut File::open(from)?, &mut device).map(drop)
}

/// Temporary files and folders are private by default; results have the usual rights, less the
/// umask.
fn builder(rights: u32, ending: &str) -> tempfile::Builder<'static, '_> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(rights));
    #[cfg(not(unix))]
    let _ = rights;
    builder.prefix(PARTIAL_PREFIX).suffix(ending);
    builder
}

/// The folder that holds a path.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// The disk that everything is written to.
fn disk() -> impl Disk {
    #[cfg(feature = "faults")]
    return crate::faults::Faulty;
    #[cfg(not(feature = "faults"))]
    crate::disk::System
}

/// Syncs what was written, renames it, and syncs the folder that has the new name.
///
/// A rename before the content is on the disk could leave an empty file under the name of the old
/// one; without the second sync the rename itself could be lost, although a file written later, such
/// as a manifest that names this one, is there.
fn put_in_place(temporary: &Path, path: &Path, disk: &mut impl Disk) -> io::Result<()> {
    disk.written(temporary)?;
    sync(temporary, disk)?;
    disk.rename(temporary, path)?;
    disk.sync_folder(parent(path))
}

/// Syncs a file, or a folder from its content up.
fn sync(path: &Path, disk: &mut impl Disk) -> io::Result<()> {
    let kind = fs::symlink_metadata(path)?.file_type();
    if kind.is_file() {
        return disk.sync_file(path);
    }
    if kind.is_dir() {
        for entry in fs::read_dir(path)? {
            sync(&entry?.path(), disk)?;
        }
        return disk.sync_folder(path);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::System;

    /// Does what [`System`] does and writes it down, with the names of files.
    #[derive(Default)]
    struct Recorder(Vec<String>);

    impl Recorder {
        fn record(&mut self, action: &str, path: &Path) {
            let name = path.file_name().unwrap().to_string_lossy();
            self.0.push(format!("{action} {name}"));
        }
    }

    impl Disk for Recorder {
        fn create_folder(&mut self, path: &Path) -> io::Result<()> {
            self.record("create folder", path);
            System.create_folder(path)
        }

        fn written(&mut self, temporary: &Path) -> io::Result<()> {
            self.record("written", temporary);
            System.written(temporary)
        }

        fn sync_file(&mut self, path: &Path) -> io::Result<()> {
            self.record("sync", path);
            System.sync_file(path)
        }

        fn sync_folder(&mut self, path: &Path) -> io::Result<()> {
            self.record("sync folder", path);
            System.sync_folder(path)
        }

        fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
            // What was written is whole by now.
            assert!(from.is_dir() || fs::read(from).unwrap() == b"whole");
            self.record("rename to", to);
            System.rename(from, to)
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn content_is_synced_before_the_rename_and_the_folder_after_it() {
        let parent = tempfile::tempdir().unwrap();
        let home = parent.path().join("home");
        fs::create_dir(&home).unwrap();
        let (temporary, path) = (home.join("temporary"), home.join("a.txt"));
        fs::write(&temporary, "whole").unwrap();
        let mut disk = Recorder::default();
        put_in_place(&temporary, &path, &mut disk).unwrap();
        assert_eq!(
            disk.0,
            ["written temporary", "sync temporary", "rename to a.txt", "sync folder home"]
        );

        let (temporary, path) = (home.join("temporary"), home.join("b"));
        fs::create_dir_all(temporary.join("inner")).unwrap();
        fs::write(temporary.join("inner/0.png"), "whole").unwrap();
        let mut disk = Recorder::default();
        put_in_place(&temporary, &path, &mut disk).unwrap();
        let expected = [
            "written temporary",
            "sync 0.png",
            "sync folder inner",
            "sync folder temporary",
            "rename to b",
            "sync folder home",
        ];
        assert_eq!(disk.0, expected);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "old").unwrap();
        let result: Result<(), Error> = write_atomically(&path, |temporary| {
            assert!(is_partial(temporary));
            fs::write(temporary, "half").unwrap();
            Err(Error::EmptyFolder { path: path.clone() })
        });
        assert!(result.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn a_folder_with_content_stays_as_it_was() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("pictures");
        let write = |text: &str| write_folder(&folder, |inside| write_file(inside.join("0"), text));
        write("old").unwrap();
        assert!(matches!(write("new"), Err(Error::Write { .. })));
        assert_eq!(fs::read_to_string(folder.join("0")).unwrap(), "old");
        assert_eq!(names(parent.path()), ["pictures"]);
    }

    #[test]
    fn a_folder_that_is_a_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = write_file(file.join("out.csv"), b"").unwrap_err();
        assert!(error.to_string().contains("out.csv"));
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_into_and_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        write_file(&pipe, "whole").unwrap();
        assert_eq!(reader.join().unwrap(), "whole");
        assert!(is_device(&pipe));
        write_file("/dev/null", "nothing").unwrap();
        assert!(is_device(Path::new("/dev/null")));
        assert_eq!(names(folder.path()), ["pipe"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_symlink_is_replaced_and_never_followed() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (outside, link) = (folder.path().join("outside"), folder.path().join("link"));
        fs::write(&outside, "outside").unwrap();
        symlink(&outside, &link).unwrap();
        write_file(&link, "inside").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_file());
        assert_eq!(fs::read_to_string(&outside).unwrap(), "outside");
        // A result has the usual rights, not those of a temporary file.
        assert_ne!(fs::metadata(&link).unwrap().permissions().mode() & 0o044, 0);

        let (outside, link) = (folder.path().join("elsewhere"), folder.path().join("link-2"));
        fs::create_dir(&outside).unwrap();
        symlink(&outside, &link).unwrap();
        let refused = write_folder(&link, |inside| write_file(inside.join("0"), "inside"));
        assert!(matches!(refused, Err(Error::Write { .. })));
        assert!(names(&outside).is_empty());
    }
}
