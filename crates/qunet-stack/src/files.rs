//! Writing without leaving half a file behind.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::Error;

/// Lets `write` fill a temporary file beside `path` and renames it into place when it succeeds.
///
/// The temporary name ends like `path`, for writers that look at the ending. On failure `path` is
/// as it was and the temporary file is gone.
///
/// # Errors
/// [`Error::Write`] naming `path` where its folder is missing or the file cannot be renamed, and
/// whatever `write` returns.
pub fn write_atomically<E: From<Error>>(
    path: &Path,
    write: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ending = name.find('.').map_or("", |dot| &name[dot..]);
    write_atomically_as(path, ending, write)
}

/// As [`write_atomically`], the temporary name ending in `ending` whatever `path` is called.
pub(crate) fn write_atomically_as<E: From<Error>>(
    path: &Path,
    ending: &str,
    write: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    // Temporary files are private by default; a result has the usual rights, less the umask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let builder = builder.prefix(".partial-").suffix(ending);
    let temporary = builder.tempfile_in(folder).map_err(failed)?.into_temp_path();
    write(&temporary)?;
    temporary.persist(path).map_err(|failure| failed(failure.error))?;
    Ok(())
}

/// Writes a whole file or none: the bytes go to a temporary name that is then renamed.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("note.txt");
/// qunet_stack::write_file(&path, b"whole")?;
/// assert_eq!(std::fs::read_to_string(&path)?, "whole");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Write`] naming `path`.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_atomically(path, |temporary| {
        let write = || {
            let mut file = fs::OpenOptions::new().write(true).open(temporary)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(|source| Error::Write { path: path.to_owned(), source })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "old").unwrap();
        let result: Result<(), Error> = write_atomically(&path, |temporary| {
            fs::write(temporary, "half").unwrap();
            Err(Error::EmptyFolder { path: path.clone() })
        });
        assert!(result.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_a_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = write_file(&file.join("out.csv"), b"").unwrap_err();
        assert!(error.to_string().contains("out.csv"));
    }
}
