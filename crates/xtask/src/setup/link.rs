//! The link `libtorch` in the repository root, which `.cargo/config.toml` names.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, bail};

use crate::command;
use crate::workspace::Workspace;

/// What happened to the link.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It already led to the folder and was not touched.
    None,
    /// It is new.
    Made,
    /// It led elsewhere before.
    Moved,
}

/// Makes `link` lead to `folder`, an absolute path without links in it.
pub(crate) fn point(link: impl AsRef<Path>, folder: impl AsRef<Path>) -> anyhow::Result<Change> {
    let (link, folder) = (link.as_ref(), folder.as_ref());
    let shown = link.display();
    let change = match link.symlink_metadata() {
        Ok(_) if link.canonicalize().is_ok_and(|now| now == folder) => return Ok(Change::None),
        Ok(entry) if entry.is_symlink() => {
            remove(link).with_context(|| format!("cannot remove the old link {shown}"))?;
            Change::Moved
        }
        Ok(_) => bail!("{shown} is in the way and not a link; move it aside and run setup again"),
        Err(_) => Change::Made,
    };
    make(folder, link).with_context(|| format!("cannot make the link {shown}"))?;
    Ok(change)
}

/// A moved link is the same LIBTORCH to cargo, so the bindings that were built for the folder before have
/// to be dropped by hand.
pub(crate) fn forget_builds(workspace: &Workspace) -> anyhow::Result<()> {
    for profile in ["dev", "release"] {
        let mut cargo = workspace.cargo();
        cargo.args(["clean", "--quiet", "-p", "torch-sys", "--profile", profile]);
        command::run(&mut cargo)?;
    }
    Ok(())
}

#[cfg(unix)]
fn make(folder: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(folder, link)
}

#[cfg(unix)]
fn remove(link: &Path) -> io::Result<()> {
    fs::remove_file(link)
}

#[cfg(windows)]
fn make(folder: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_dir(folder, link)
}

#[cfg(windows)]
fn remove(link: &Path) -> io::Result<()> {
    fs::remove_dir(link)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_second_call_touches_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let (first, second, link) = (root.join("a"), root.join("b"), root.join("link"));
        fs::create_dir(&first).unwrap();
        fs::create_dir(&second).unwrap();
        assert_eq!(point(&link, &first).unwrap(), Change::Made);
        let made = link.symlink_metadata().unwrap().modified().unwrap();
        assert_eq!(point(&link, &first).unwrap(), Change::None);
        assert_eq!(link.symlink_metadata().unwrap().modified().unwrap(), made);
        assert_eq!(point(&link, &second).unwrap(), Change::Moved);
        assert_eq!(link.canonicalize().unwrap(), second);
    }

    #[test]
    fn a_dead_link_is_replaced_and_a_folder_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let (target, link) = (root.join("a"), root.join("link"));
        fs::create_dir(&target).unwrap();
        make(&root.join("gone"), &link).unwrap();
        assert_eq!(point(&link, &target).unwrap(), Change::Moved);
        let taken = root.join("taken");
        fs::create_dir(&taken).unwrap();
        let why = point(&taken, &target).unwrap_err().to_string();
        assert!(why.contains("is in the way and not a link"), "{why}");
    }
}
