//! A Python environment with the other libraries, in the cache folder, made once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::command;
use crate::setup::{cache, pythons};

/// Folder in the cache folder.
const NAME: &str = "peers-venv";
/// Copy of the requirements that is written last of all and so says that the environment is complete.
const STAMP: &str = "requirements.txt";
/// The oldest Python that the pinned libraries run on.
const OLDEST: (u32, u32) = (3, 11);

/// Prints the version of a Python that can make environments.
const ASK: &str = "import sys, venv, ensurepip; print(*sys.version_info[:2])";

/// The Python of an environment that has the given requirements; made first if there is none.
pub(crate) fn provide(requirements: &Path) -> anyhow::Result<PathBuf> {
    let wanted = fs::read_to_string(requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let cache = cache::folder(None)?;
    let folder = cache.join(NAME);
    if is_complete(&folder, &wanted) {
        return Ok(python_of(&folder));
    }
    fs::create_dir_all(&cache)
        .with_context(|| format!("cannot make the cache folder {}", cache.display()))?;
    let _lock = cache::lock(&cache.join(format!("{NAME}.lock")))?;
    // Another call may have been at work while this one waited for the lock.
    if !is_complete(&folder, &wanted) {
        make(&folder, requirements, &wanted)?;
    }
    Ok(python_of(&folder))
}

fn is_complete(folder: &Path, wanted: &str) -> bool {
    let stamp = fs::read_to_string(folder.join(STAMP));
    stamp.is_ok_and(|stamp| stamp == wanted) && python_of(folder).is_file()
}

fn python_of(folder: &Path) -> PathBuf {
    folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

fn make(folder: &Path, requirements: &Path, wanted: &str) -> anyhow::Result<()> {
    eprintln!("the Python environment with the other libraries goes to {}", folder.display());
    cache::remove_folder(folder)?;
    let mut venv = Command::new(base()?);
    command::run(venv.args(["-m", "venv"]).arg(folder))?;
    let mut pip = Command::new(python_of(folder));
    pip.args(["-m", "pip", "install", "--only-binary=:all:", "--requirement"]).arg(requirements);
    pip.env("PIP_DISABLE_PIP_VERSION_CHECK", "1").env("PIP_NO_INPUT", "1").stdin(Stdio::null());
    command::run(&mut pip).context(
        "pip could not install the other libraries; be online, or set pip to a package index \
         that has them, and run the command again",
    )?;
    let stamp = folder.join(STAMP);
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

/// The first Python on this machine that is new enough and can make environments.
fn base() -> anyhow::Result<PathBuf> {
    match pythons().into_iter().find(|python| can_make(python)) {
        Some(python) => Ok(python),
        None => bail!(
            "there is no Python {}.{} or newer with venv and pip, which the other libraries run \
             on; install one (on Debian the package python3-venv) and run the command again",
            OLDEST.0,
            OLDEST.1
        ),
    }
}

fn can_make(python: &Path) -> bool {
    let answer =
        Command::new(python).args(["-c", ASK]).stdin(Stdio::null()).stderr(Stdio::null()).output();
    answer.is_ok_and(|answer| {
        version(&String::from_utf8_lossy(&answer.stdout)).is_some_and(|found| found >= OLDEST)
    })
}

fn version(answer: &str) -> Option<(u32, u32)> {
    let (major, minor) = answer.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn an_environment_is_complete_with_its_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let python = python_of(folder.path());
        fs::create_dir_all(python.parent().unwrap()).unwrap();
        fs::write(&python, "").unwrap();
        assert!(!is_complete(folder.path(), "numpy==1\n"));
        fs::write(folder.path().join(STAMP), "numpy==1\n").unwrap();
        assert!(is_complete(folder.path(), "numpy==1\n"));
        assert!(!is_complete(folder.path(), "numpy==2\n"), "a changed pin makes it anew");
        fs::remove_file(&python).unwrap();
        assert!(!is_complete(folder.path(), "numpy==1\n"));
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("3 11\n"), Some((3, 11)));
        assert!(version("3 9\n").unwrap() < OLDEST);
        assert_eq!(version(""), None);
    }

    #[test]
    fn every_requirement_is_pinned() {
        let root = Workspace::find().unwrap().root().to_path_buf();
        let lines = fs::read_to_string(root.join("benches/peers/requirements.txt")).unwrap();
        assert!(lines.lines().all(|line| line.contains("==")), "{lines}");
    }
}
