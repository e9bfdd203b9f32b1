//! The folders that may be read.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;

/// The folders that may be read, with all that is beneath them. A path is followed to where it leads, so
/// that neither `..` nor a link leads out of them.
///
/// ```
/// use qunet_datafusion::Roots;
///
/// let (inside, outside) = (tempfile::tempdir()?, tempfile::tempdir()?);
/// let roots = Roots::new([inside.path()])?;
/// assert!(roots.resolve(inside.path().join(".")).is_ok());
/// let error = roots.resolve(outside.path()).unwrap_err().to_string();
/// assert!(error.contains("lies outside the folders that may be read"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots(Vec<PathBuf>);

impl Roots {
    /// These folders, or single files.
    ///
    /// # Errors
    /// [`Error::Read`] for one that is not there.
    pub fn new(roots: impl IntoIterator<Item = impl AsRef<Path>>) -> Result<Self, Error> {
        Ok(Self(roots.into_iter().map(|root| real(root.as_ref())).collect::<Result<_, _>>()?))
    }

    /// Where a path leads. Where it does not begin at the root of the disk, it is looked for beneath each of the
    /// folders.
    ///
    /// # Errors
    /// [`Error::Outside`] where that is not beneath one of the folders, [`Error::Read`] where nothing is there.
    pub fn resolve(&self, path: impl AsRef<Path>) -> Result<PathBuf, Error> {
        let path = path.as_ref();
        let outside = || Error::Outside { path: path.to_owned() };
        if path.is_absolute() {
            // What is not there is outside as well: nobody learns what the rest of the disk holds.
            let real = real(path).map_err(|error| match self.names(path) {
                true => error,
                false => outside(),
            })?;
            return if self.hold(&real) { Ok(real) } else { Err(outside()) };
        }
        let candidates = self.0.iter().filter_map(|root| real(&root.join(path)).ok());
        candidates.into_iter().find(|path| self.hold(path)).ok_or_else(outside)
    }

    /// Refuses a folder that has a link to something outside in it.
    ///
    /// # Errors
    /// As [`Roots::resolve`].
    pub(crate) fn check_links(&self, folder: &Path) -> Result<(), Error> {
        let cannot = |source| Error::Read { path: folder.to_owned(), source };
        if !folder.is_dir() {
            return Ok(());
        }
        for entry in fs::read_dir(folder).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            if entry.file_type().map_err(cannot)?.is_symlink() {
                self.resolve(entry.path())?;
            }
        }
        Ok(())
    }

    fn hold(&self, real: &Path) -> bool {
        self.0.iter().any(|root| real.starts_with(root))
    }

    /// Whether a path that leads nowhere is one of theirs by its name.
    fn names(&self, path: &Path) -> bool {
        let plain = !path.components().any(|part| part == std::path::Component::ParentDir);
        plain && self.hold(path)
    }
}

fn real(path: &Path) -> Result<PathBuf, Error> {
    fs::canonicalize(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_leads_out() -> Result<(), Box<dyn std::error::Error>> {
        let disk = tempfile::tempdir()?;
        let (root, secret) = (disk.path().join("root"), disk.path().join("secret"));
        fs::create_dir_all(root.join("study"))?;
        fs::write(&secret, "key")?;
        symlink(&secret, root.join("study/link"))?;
        symlink(root.join("study"), root.join("same"))?;
        let roots = Roots::new([&root])?;
        assert_eq!(roots.resolve("study")?, fs::canonicalize(root.join("study"))?);
        assert_eq!(roots.resolve(root.join("same"))?, fs::canonicalize(root.join("study"))?);
        for path in ["../secret", "study/../../secret", "study/link", "nowhere", "/etc/passwd"] {
            assert!(matches!(roots.resolve(path), Err(Error::Outside { .. })), "{path}");
        }
        assert!(matches!(roots.resolve(root.join("nowhere")), Err(Error::Read { .. })));
        assert!(matches!(roots.resolve(&secret), Err(Error::Outside { .. })));
        assert!(roots.check_links(&root).is_ok());
        assert!(roots.check_links(&root.join("study")).is_err());
        // Without a root nothing may be read.
        assert!(Roots::default().resolve(&root).is_err());
        Ok(())
    }
}
