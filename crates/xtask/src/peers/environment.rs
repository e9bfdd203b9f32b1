//! A Python environment with the other libraries, in the cache folder, made once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::command;
use crate::setup::{cache, pythons};

/// The oldest Python that the pinned libraries run on.
const OLDEST: (u32, u32) = (3, 11);

/// Prints the version of a Python that can make environments.
const ASK: &str = "import sys, venv, ensurepip; print(*sys.version_info[:2])";

/// The Python of the environment `name` that has what every list of requirements names.
///
/// It is made anew where the first list has changed; what the other lists name is added to it.
pub(crate) fn provide(name: &str, lists: &[impl AsRef<Path>]) -> anyhow::Result<PathBuf> {
    let cache = cache::folder(None)?;
    let folder = cache.join(name);
    if lists.iter().all(|list| has(&folder, list.as_ref())) {
        return Ok(python_of(&folder));
    }
    fs::create_dir_all(&cache)
        .with_context(|| format!("cannot make the cache folder {}", cache.display()))?;
    let _lock = cache::lock(cache.join(format!("{name}.lock")))?;
    for (place, list) in lists.iter().map(AsRef::as_ref).enumerate() {
        // Another process may have installed it while this one waited for the lock.
        if has(&folder, list) {
            continue;
        }
        if place == 0 {
            make(&folder)?;
        }
        install(&folder, list)?;
    }
    Ok(python_of(&folder))
}

/// Whether the environment has what a list names: a copy of the list is written last of all.
fn has(folder: &Path, list: &Path) -> bool {
    let wanted = fs::read(list);
    let found = fs::read(stamp(folder, list));
    wanted.is_ok_and(|wanted| found.is_ok_and(|found| found == wanted))
        && python_of(folder).is_file()
}

fn stamp(folder: &Path, list: &Path) -> PathBuf {
    folder.join(list.file_name().unwrap_or_default())
}

fn python_of(folder: &Path) -> PathBuf {
    folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

fn make(folder: &Path) -> anyhow::Result<()> {
    eprintln!("the Python environment with the other libraries goes to {}", folder.display());
    cache::remove_folder(folder)?;
    let mut venv = Command::new(base()?);
    command::run(venv.args(["-m", "venv"]).arg(folder))
}

/// Lets pip install a list; a list says itself what may be built from source.
fn install(folder: &Path, list: &Path) -> anyhow::Result<()> {
    let mut pip = Command::new(python_of(folder));
    pip.args(["-m", "pip", "install", "--requirement"]).arg(list);
    pip.env("PIP_DISABLE_PIP_VERSION_CHECK", "1").env("PIP_NO_INPUT", "1").stdin(Stdio::null());
    command::run(&mut pip).context(
        "pip could not install the other libraries; be online, or set pip to a package index \
         that has them, and run the command again",
    )?;
    let stamp = stamp(folder, list);
    fs::copy(list, &stamp).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(())
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
    fn an_environment_has_the_lists_that_it_has_copies_of() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, list) = (folder.path().join("venv"), folder.path().join("torch.txt"));
        let python = python_of(&folder);
        fs::create_dir_all(python.parent().unwrap()).unwrap();
        fs::write(&python, "").unwrap();
        fs::write(&list, "numpy==1\n").unwrap();
        assert!(!has(&folder, &list));
        fs::copy(&list, stamp(&folder, &list)).unwrap();
        assert!(has(&folder, &list));
        fs::write(&list, "numpy==2\n").unwrap();
        assert!(!has(&folder, &list), "a changed pin counts");
        fs::write(&list, "numpy==1\n").unwrap();
        fs::remove_file(&python).unwrap();
        assert!(!has(&folder, &list));
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
        for list in [
            "quality/requirements.txt",
            "segmetrics/requirements.txt",
            "segmetrics/torch.txt",
            "model/requirements.txt",
        ] {
            let lines = fs::read_to_string(root.join("benches/peers").join(list)).unwrap();
            let mut packages = lines.lines().filter(|line| !line.starts_with("--"));
            assert!(packages.all(|line| line.contains("==")), "{list}: {lines}");
            assert!(lines.starts_with("--only-binary=:all:\n"), "{list}: {lines}");
        }
    }
}
