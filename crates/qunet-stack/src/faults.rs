//! A disk that fails at a step of its program's life, which the tests of reliability choose.

use std::env::{self, VarError};
use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;
use std::process;
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::disk::{Disk, System};

/// The environment variable that names the fault.
const VARIABLE: &str = "QUNET_FAULT";

/// Steps that this program has asked of its disk.
static STEPS: AtomicUsize = AtomicUsize::new(0);

/// What happens, and at which step, from 1.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// The program ends, without any cleaning up.
    Kill(usize),
    /// No step succeeds from this one on.
    Full(usize),
}

impl FromStr for Fault {
    type Err = io::Error;

    fn from_str(text: &str) -> io::Result<Self> {
        let parts = text.split_once(':');
        match parts.and_then(|(kind, step)| Some((kind, step.parse().ok()?))) {
            Some(("kill", step)) => Ok(Self::Kill(step)),
            Some(("full", step)) => Ok(Self::Full(step)),
            _ => Err(io::Error::other(format!(
                "{VARIABLE} is {text:?}; give it as kill:STEP or full:STEP, or not at all"
            ))),
        }
    }
}

/// The file system, until the fault.
pub(crate) struct Faulty;

impl Faulty {
    /// Counts a step, which fails if it is time; `spoil` is what a step that fails has done already.
    fn step(&self, spoil: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let fault: Fault = match env::var(VARIABLE) {
            Ok(text) => text.parse()?,
            Err(VarError::NotPresent) => return Ok(()),
            Err(error) => return Err(io::Error::other(format!("{VARIABLE}: {error}"))),
        };
        let now = STEPS.fetch_add(1, Ordering::Relaxed) + 1;
        match fault {
            Fault::Kill(step) if now == step => {
                spoil()?;
                process::abort()
            }
            Fault::Full(step) if now >= step => {
                spoil()?;
                Err(io::ErrorKind::StorageFull.into())
            }
            _ => Ok(()),
        }
    }
}

impl Disk for Faulty {
    fn create_folder(&mut self, path: &Path) -> io::Result<()> {
        self.step(|| Ok(()))?;
        System.create_folder(path)
    }

    /// Where it fails, half of the content is there.
    fn written(&mut self, temporary: &Path) -> io::Result<()> {
        self.step(|| halve(temporary))?;
        System.written(temporary)
    }

    fn sync_file(&mut self, path: &Path) -> io::Result<()> {
        self.step(|| Ok(()))?;
        System.sync_file(path)
    }

    fn sync_folder(&mut self, path: &Path) -> io::Result<()> {
        self.step(|| Ok(()))?;
        System.sync_folder(path)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|| Ok(()))?;
        System.rename(from, to)
    }
}

/// Takes away the second half of a file, or of every file in a folder.
fn halve(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return fs::read_dir(path)?.try_for_each(|entry| halve(&entry?.path()));
    }
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(file.metadata()?.len() / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_a_kind_and_a_step() {
        assert_eq!("kill:17".parse::<Fault>().unwrap(), Fault::Kill(17));
        assert_eq!("full:1".parse::<Fault>().unwrap(), Fault::Full(1));
        for text in ["", "kill", "kill:", "kill:-1", "slow:3"] {
            let message = text.parse::<Fault>().unwrap_err().to_string();
            assert!(message.contains("kill:STEP") && message.contains(text), "{message}");
        }
    }

    #[test]
    fn half_of_a_file_is_left() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("inner")).unwrap();
        fs::write(folder.path().join("inner/a"), "1234567").unwrap();
        halve(folder.path()).unwrap();
        assert_eq!(fs::read(folder.path().join("inner/a")).unwrap(), b"123");
    }
}
