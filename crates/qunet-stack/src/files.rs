//! Writing without leaving half a file behind.

use std::fs;
use std::path::Path;

use crate::Error;

/// Lets `write` fill a temporary file beside `path` and renames it into place when it succeeds.
///
/// The temporary name ends like `path`, for writers that look at the ending. Missing parent
/// folders are made. On failure `path` is as it was and the temporary file is gone.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("deep/note.txt");
/// qunet_stack::write_atomically(&path, |temporary| {
///     std::fs::write(temporary, "whole").map_err(|source| qunet_stack::Error::Write {
///         path: path.clone(),
///         source,
///     })
/// })?;
/// assert_eq!(std::fs::read_to_string(&path)?, "whole");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Write`] naming `path` when the folder cannot be made or the file not renamed, and
/// whatever `write` returns.
pub fn write_atomically<E: From<Error>>(
    path: &Path,
    write: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ending = name.find('.').map_or("", |dot| &name[dot..]);
    let temporary = tempfile::Builder::new()
        .prefix(".partial-")
        .suffix(ending)
        .tempfile_in(folder)
        .map_err(failed)?
        .into_temp_path();
    write(&temporary)?;
    make_readable(&temporary).map_err(failed)?;
    temporary.persist(path).map_err(|failure| failed(failure.error))?;
    Ok(())
}

/// Temporary files are private to their owner; the finished file gets the ordinary rights.
#[cfg(unix)]
fn make_readable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_path: &Path) -> std::io::Result<()> {
    Ok(())
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
        let result: Result<(), Error> = write_atomically(&file.join("out.csv"), |_| Ok(()));
        assert!(result.unwrap_err().to_string().contains("out.csv"));
    }
}
