//! A LibTorch that is on this machine already: LIBTORCH, the link of an earlier setup, a Python's torch.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::bail;

use super::Found;
use super::libtorch::{LibTorch, Unusable, WANTED, release};

/// Where a LibTorch was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The user's own variable.
    Variable,
    /// The link that an earlier setup left.
    Link,
    /// The torch package of this Python.
    Python(String),
    /// The cache folder.
    Cache,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable => f.write_str("LIBTORCH"),
            Self::Link => f.write_str("the link of an earlier setup"),
            Self::Python(name) => write!(f, "the torch package of `{name}`"),
            Self::Cache => f.write_str("the cache folder"),
        }
    }
}

/// Tries in this order the user's own LIBTORCH, the link (not if forced) and Python. A LIBTORCH that
/// cannot be used is an error: cargo would take it all the same.
pub(crate) fn locate(
    own: Option<&Path>,
    link: impl AsRef<Path>,
    force: bool,
) -> anyhow::Result<Option<Found>> {
    if let Some(own) = own {
        let libtorch = from_variable(own)?;
        let source = Source::Variable;
        return Ok(Some(Found { source, libtorch }));
    }
    if !force && let Some(libtorch) = from_link(link.as_ref()) {
        let source = Source::Link;
        return Ok(Some(Found { source, libtorch }));
    }
    Ok(pythons().iter().find_map(|python| from_python(python)))
}

fn from_variable(own: &Path) -> anyhow::Result<LibTorch> {
    let shown = own.display();
    if own.is_relative() {
        bail!(
            "LIBTORCH={shown} is relative, and build scripts run in other folders; set an absolute path"
        );
    }
    LibTorch::inspect(own).or_else(|why| {
        bail!(
            "LIBTORCH={shown} {why}; point it at LibTorch {WANTED}, or unset it and run `cargo xtask setup`"
        )
    })
}

fn from_link(link: &Path) -> Option<LibTorch> {
    if link.symlink_metadata().is_err() {
        return None;
    }
    match LibTorch::inspect(link) {
        Ok(libtorch) => Some(libtorch),
        Err(why) => {
            eprintln!("{} {why}; searching for another LibTorch", link.display());
            None
        }
    }
}

/// Prints version and folder of torch without importing it (which would need all of its CUDA packages).
const ASK: &str = r#"
import importlib.metadata, importlib.util, os
try:
    version = importlib.metadata.version("torch")
    spec = importlib.util.find_spec("torch")
    print(version, os.path.dirname(spec.origin), sep="\n")
except Exception:
    pass
"#;

/// The Pythons to try, the one of the active virtual environment first.
pub(crate) fn pythons() -> Vec<PathBuf> {
    let of_environment = std::env::var_os("VIRTUAL_ENV").map(|folder| {
        let bin = if cfg!(windows) { "Scripts" } else { "bin" };
        Path::new(&folder).join(bin).join("python")
    });
    of_environment.into_iter().chain(["python3".into(), "python".into()]).collect()
}

fn from_python(python: &Path) -> Option<Found> {
    let answer = Command::new(python)
        .args(["-c", ASK])
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let name = python.display().to_string();
    let (version, folder) = parse_answer(&String::from_utf8_lossy(&answer.stdout))?;
    if release(&version) != WANTED {
        eprintln!("`{name}` has torch {version}; {WANTED} is wanted: not used");
        return None;
    }
    match LibTorch::inspect(&folder) {
        Ok(libtorch) => Some(Found { source: Source::Python(name), libtorch }),
        Err(Unusable::Missing(part)) => {
            eprintln!("the torch of `{name}` has no {part}: not used");
            None
        }
        Err(_) => None,
    }
}

fn parse_answer(answer: &str) -> Option<(String, PathBuf)> {
    let mut lines = answer.lines();
    let version = lines.next()?.trim();
    let folder = lines.next()?.trim();
    (!version.is_empty() && !folder.is_empty()).then(|| (version.to_owned(), folder.into()))
}

#[cfg(test)]
mod tests {
    use super::super::libtorch::tests::fake;
    use super::*;

    #[test]
    fn an_own_libtorch_goes_before_the_link() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("own");
        let link = folder.path().join("link");
        fake(&own, WANTED);
        fake(&link, WANTED);
        let found = locate(Some(&own), &link, false).unwrap().unwrap();
        assert_eq!(found.source, Source::Variable);
        let found = locate(None, &link, false).unwrap().unwrap();
        assert_eq!(found.source, Source::Link);
    }

    #[test]
    fn an_own_libtorch_that_cannot_be_used_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fake(folder.path(), "2.4.1");
        let why = from_variable(folder.path()).unwrap_err().to_string();
        assert!(why.contains("is LibTorch 2.4.1; 2.13.0 is wanted; point it at"), "{why}");
        let why = from_variable(Path::new("libtorch")).unwrap_err().to_string();
        assert!(why.contains("set an absolute path"), "{why}");
    }

    #[test]
    fn pythons_answer_is_read() {
        let answer = parse_answer("2.13.0+cu130\n/env/site-packages/torch\n");
        let expected = ("2.13.0+cu130".to_owned(), "/env/site-packages/torch".into());
        assert_eq!(answer, Some(expected));
        assert_eq!(parse_answer(""), None);
        assert_eq!(parse_answer("2.13.0\n"), None);
    }
}
