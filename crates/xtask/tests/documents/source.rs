//! The source files that documents name, their tests, and the words in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::pages::{Page, files, root, tidy};

/// Finds the files that one line names.
///
/// A path is spelled from the root (`docs/metrics.md`), by a crate (`qunet-stack/src`, or shorter
/// `stack/src`), from the page's own folder, or, behind a crate or path of the same line, from there
/// (`open.rs`).
pub struct Places {
    folders: Vec<PathBuf>,
}

impl Places {
    pub fn new(page: &Page) -> Self {
        Self { folders: vec![page.folder().to_path_buf()] }
    }

    /// None where the token is no path, `Some(None)` where it is one that does not exist.
    pub fn find(&mut self, token: &str) -> Option<Option<PathBuf>> {
        let root = root();
        if is_crate_folder(token) {
            let folder = root.join("crates").join(token);
            self.folders = vec![folder.join("src"), folder];
            return None;
        }
        if !is_path(token) {
            return None;
        }
        let short = root.join("crates").join(format!("qunet-{token}"));
        let named = [root.join(token), root.join("crates").join(token), short];
        let candidates = self.folders.iter().map(|folder| folder.join(token)).rev();
        let found = named.into_iter().chain(candidates).find(|path| path.exists());
        let found = found.map(|path| tidy(&path));
        if let Some(path) = &found {
            let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
            self.folders.push(folder.to_path_buf());
        }
        Some(found)
    }
}

fn is_crate_folder(token: &str) -> bool {
    let plain = token.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    plain && root().join("crates").join(token).join("Cargo.toml").is_file()
}

/// A file name that ends in `.rs`, or names with a slash that begin with a folder of the repository or
/// end in a slash; files that a run writes (`campaign.json`) are none of these.
fn is_path(token: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if token.is_empty() || !token.chars().all(allowed) || token.starts_with('/') {
        return false;
    }
    let folders = ["benches", "crates", "docs", "examples", "experiments", "fuzz", "src", "tests"];
    let begins = |first: &str| {
        folders.contains(&first) || first.starts_with("qunet-") || is_crate_folder(&short(first))
    };
    let first = token.split_once('/').map(|(first, _)| first);
    token.ends_with(".rs") || token.ends_with('/') || first.is_some_and(begins)
}

fn short(name: &str) -> String {
    format!("qunet-{name}")
}

/// All of the repository's Rust.
pub struct Source {
    /// The tests of each file.
    tests: BTreeMap<PathBuf, BTreeSet<String>>,
    /// The words of each crate's `src`, by the crate's short name.
    words: BTreeMap<String, BTreeSet<String>>,
}

impl Source {
    pub fn read() -> Self {
        let mut source = Self { tests: BTreeMap::new(), words: BTreeMap::new() };
        for folder in ["crates", "distributed", "examples", "benches", "experiments", "fuzz"] {
            for path in files(&root().join(folder), "rs") {
                source.add(path);
            }
        }
        source
    }

    fn add(&mut self, path: PathBuf) {
        let text = fs::read_to_string(&path).unwrap();
        if let Some(name) = crate_of(&path) {
            let is_part = |c: char| !(c.is_alphanumeric() || c == '_');
            let words = text.split(is_part).map(str::to_owned);
            self.words.entry(name).or_default().extend(words);
        }
        self.tests.insert(path, tests_of(&text));
    }

    pub fn is_crate(&self, short: &str) -> bool {
        self.words.contains_key(short)
    }

    /// Whether any crate has this word.
    pub fn is_item(&self, word: &str) -> bool {
        self.words.values().any(|words| words.contains(word))
    }

    pub fn has_word(&self, short: &str, word: &str) -> bool {
        self.words.get(short).is_some_and(|words| words.contains(word))
    }

    /// Whether a test of this name is in one of these files and folders, or anywhere where none are
    /// given.
    pub fn has_test(&self, name: &str, places: &[PathBuf]) -> bool {
        let is_meant =
            |path: &Path| places.is_empty() || places.iter().any(|place| path.starts_with(place));
        self.tests.iter().any(|(path, tests)| is_meant(path) && tests.contains(name))
    }
}

/// `stack` for a file in `crates/qunet-stack/src`.
fn crate_of(path: &Path) -> Option<String> {
    let mut parts = path.strip_prefix(root().join("crates")).ok()?.iter();
    let name = parts.next()?.to_str()?.strip_prefix("qunet-")?;
    (parts.next()? == "src").then(|| name.to_owned())
}

/// The functions behind `#[test]`, also those within `proptest!`.
fn tests_of(text: &str) -> BTreeSet<String> {
    let mut marked = false;
    let mut tests = BTreeSet::new();
    for line in text.lines().map(str::trim_start) {
        marked |= line == "#[test]";
        if let Some((_, rest)) = line.split_once("fn ").filter(|_| marked) {
            let end = |c: char| !(c.is_alphanumeric() || c == '_');
            tests.extend(rest.split(end).next().map(str::to_owned));
            marked = false;
        }
    }
    tests
}
