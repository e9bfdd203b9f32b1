//! Whether a folder is a LibTorch that the bindings can be built against.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// The LibTorch that the `torch-sys` in Cargo.lock asks for.
pub(crate) const WANTED: &str = "2.13.0";

/// A folder with `lib/`, `include/` and the wanted version.
#[derive(Debug)]
pub(crate) struct LibTorch {
    root: PathBuf,
    version: String,
}

/// Why a folder is not a usable LibTorch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// There is no such folder.
    Absent,
    /// This part of it is not there.
    Missing(&'static str),
    /// Nothing in it says a version.
    NoVersion,
    /// It has this version instead of the wanted one.
    Version(String),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("does not exist"),
            Self::Missing(part) => write!(f, "has no {part}, so it is no LibTorch folder"),
            Self::NoVersion => write!(
                f,
                "says no version (neither build-version nor include/torch/headeronly/version.h); {WANTED} is wanted"
            ),
            Self::Version(found) => write!(f, "is LibTorch {found}; {WANTED} is wanted"),
        }
    }
}

impl LibTorch {
    /// Checks the folder; links are followed, the root is kept as an absolute path.
    pub(crate) fn inspect(root: impl AsRef<Path>) -> Result<Self, Unusable> {
        let root = root.as_ref().canonicalize().map_err(|_| Unusable::Absent)?;
        let library = |name: &str| {
            ["so", "dylib"]
                .iter()
                .any(|end| root.join("lib").join(format!("{name}.{end}")).is_file())
        };
        if !library("libtorch_cpu") {
            return Err(Unusable::Missing("lib/libtorch_cpu.so"));
        }
        if !library("libtorch") {
            return Err(Unusable::Missing("lib/libtorch.so"));
        }
        if !root.join("include/torch/csrc/api/include").is_dir() {
            return Err(Unusable::Missing("include/torch/csrc/api/include"));
        }
        let version = version(&root).ok_or(Unusable::NoVersion)?;
        // The bindings' own build script honours the same variable.
        let any_version = std::env::var_os("LIBTORCH_BYPASS_VERSION_CHECK").is_some();
        if release(&version) != WANTED && !any_version {
            return Err(Unusable::Version(version));
        }
        Ok(Self { root, version })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn version(&self) -> &str {
        &self.version
    }
}

/// "2.13.0" of "2.13.0+cpu".
pub(crate) fn release(version: &str) -> &str {
    version.split('+').next().unwrap_or(version).trim()
}

fn version(root: &Path) -> Option<String> {
    let stated = fs::read_to_string(root.join("build-version")).ok();
    let stated = stated.map(|text| text.trim().to_owned());
    stated.filter(|text| !text.is_empty()).or_else(|| {
        ["include/torch/headeronly/version.h", "include/torch/csrc/api/include/torch/version.h"]
            .iter()
            .filter_map(|header| fs::read_to_string(root.join(header)).ok())
            .find_map(|text| version_in_header(&text))
    })
}

/// Reads `#define TORCH_VERSION_MAJOR 2` and its two siblings.
fn version_in_header(text: &str) -> Option<String> {
    let number = |part: &str| -> Option<u32> {
        let name = format!("TORCH_VERSION_{part}");
        text.lines().find_map(|line| {
            let mut words = line.split_whitespace();
            let is_it = words.next() == Some("#define") && words.next() == Some(&name);
            is_it.then(|| words.next()?.parse().ok()).flatten()
        })
    };
    Some(format!("{}.{}.{}", number("MAJOR")?, number("MINOR")?, number("PATCH")?))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Makes the least that counts as a LibTorch.
    pub(crate) fn fake(root: &Path, build_version: &str) {
        fs::create_dir_all(root.join("lib")).unwrap();
        fs::create_dir_all(root.join("include/torch/csrc/api/include/torch")).unwrap();
        fs::write(root.join("lib/libtorch_cpu.so"), "x").unwrap();
        fs::write(root.join("lib/libtorch.so"), "x").unwrap();
        fs::write(root.join("build-version"), build_version).unwrap();
    }

    #[test]
    fn the_wanted_version_is_the_one_of_the_locked_bindings() {
        let lock = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));
        // torch-sys 0.26 asks for 2.13.0: change the constant, the wheels and this line together.
        assert!(lock.unwrap().contains("name = \"torch-sys\"\nversion = \"0.26."));
        assert_eq!(WANTED, "2.13.0");
    }

    #[test]
    fn version_in_the_file_or_in_a_header() {
        let folder = tempfile::tempdir().unwrap();
        fake(folder.path(), "2.13.0+cpu\n");
        assert_eq!(LibTorch::inspect(folder.path()).unwrap().version(), "2.13.0+cpu");
        fs::remove_file(folder.path().join("build-version")).unwrap();
        assert_eq!(LibTorch::inspect(folder.path()).unwrap_err(), Unusable::NoVersion);
        let header = folder.path().join("include/torch/headeronly");
        fs::create_dir_all(&header).unwrap();
        let text = "#pragma once\n#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 13\n\
                    #define TORCH_VERSION_PATCH 0\n#define TORCH_VERSION \"2.13.0\"\n";
        fs::write(header.join("version.h"), text).unwrap();
        assert_eq!(LibTorch::inspect(folder.path()).unwrap().version(), "2.13.0");
    }

    #[test]
    fn another_version_is_named_beside_the_wanted_one() {
        let folder = tempfile::tempdir().unwrap();
        fake(folder.path(), "2.11.0+cu130");
        let why = LibTorch::inspect(folder.path()).unwrap_err();
        assert_eq!(why.to_string(), "is LibTorch 2.11.0+cu130; 2.13.0 is wanted");
    }

    #[test]
    fn a_missing_part_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fake(folder.path(), "2.13.0");
        fs::remove_file(folder.path().join("lib/libtorch_cpu.so")).unwrap();
        let why = LibTorch::inspect(folder.path()).unwrap_err();
        assert_eq!(why, Unusable::Missing("lib/libtorch_cpu.so"));
        let nowhere = LibTorch::inspect(folder.path().join("nowhere")).unwrap_err();
        assert_eq!(nowhere, Unusable::Absent);
    }
}
