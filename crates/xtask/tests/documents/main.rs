//! What the documents name exists: files, tests, items, links, and the dependencies of the crates.

#![allow(clippy::unwrap_used, unreachable_pub, reason = "helpers of tests")]

mod pages;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use pages::{Line, Page, code, root, tidy};
use source::{Places, Source};

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} places have drifted:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_path_exists() {
    let mut faults = Vec::new();
    for page in ["docs/parity.md", "docs/architecture.md"].map(Page::open) {
        for line in page.lines() {
            let mut places = Places::new(&page);
            let missing = code(line.text).filter(|token| places.find(token) == Some(None));
            let missing: Vec<&str> = missing.collect();
            faults.extend(missing.iter().map(|path| line.fault(format!("no file `{path}`"))));
        }
    }
    assert_none(&faults);
}

/// Names in a column "Test", and names followed by "in" and a file anywhere. A group of names up to a
/// semicolon is in the files that the group names, or anywhere.
#[test]
fn every_test_exists() {
    let source = Source::read();
    let mut faults = Vec::new();
    for page in ["docs/parity.md", "docs/architecture.md"].map(Page::open) {
        for (header, line) in page.rows() {
            let cells = header.iter().zip(line.cells());
            for (_, cell) in cells.filter(|(column, _)| **column == "Test") {
                for group in cell.split(';') {
                    faults.extend(faults_of_tests(&source, &page, line, group));
                }
            }
        }
        for line in page.lines().into_iter().filter(|line| line.cells().is_empty()) {
            faults.extend(faults_of_mentions(&source, &page, line));
        }
    }
    assert_none(&faults);
}

fn faults_of_tests(source: &Source, page: &Page, line: Line<'_>, group: &str) -> Vec<String> {
    let mut places = Places::new(page);
    let files: Vec<PathBuf> = code(group).filter_map(|token| places.find(token)?).collect();
    let documented = group.contains("doc example of");
    let names = code(group).filter(|token| is_name(token) && !source.is_crate(token));
    let names = names.filter(|name| !(documented && source.is_item(name)));
    let missing = names.filter(|name| !source.has_test(name, &files));
    let place = |files: &[PathBuf]| if files.is_empty() { "" } else { " in the file it names" };
    missing.map(|name| line.fault(format!("no test `{name}`{}", place(&files)))).collect()
}

/// "`name` in `file.rs`" in running text.
fn faults_of_mentions(source: &Source, page: &Page, line: Line<'_>) -> Vec<String> {
    let parts: Vec<&str> = line.text.split('`').collect();
    let mut places = Places::new(page);
    let mut faults = Vec::new();
    for window in parts.windows(3).filter(|window| window[1].trim() == "in") {
        let (name, file) = (window[0], places.find(window[2]));
        if let (true, Some(Some(file))) = (is_name(name), file)
            && !source.has_test(name, &[file])
        {
            faults.push(line.fault(format!("no test `{name}` in `{}`", window[2])));
        }
    }
    faults
}

/// A word of the kind that functions have.
fn is_name(token: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    token.contains('_') && token.chars().all(allowed)
}

/// Items written as `crate::Item` or `crate::Item::name`.
#[test]
fn every_item_exists() {
    let source = Source::read();
    let mut faults = Vec::new();
    let page = Page::open("docs/parity.md");
    for line in page.lines() {
        for token in code(line.text) {
            let Some((name, item)) = token.split_once("::") else { continue };
            if source.is_crate(name) && !item.split("::").all(|word| source.has_word(name, word)) {
                faults.push(line.fault(format!("no item `{token}`")));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn every_link_resolves() {
    let root = root();
    let mut pages: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md"].map(|it| root.join(it)).into();
    pages.extend(pages::files(&root.join("docs"), "md"));
    let readmes = ["crates", "benches", "distributed", "examples", "experiments", "fuzz"];
    let readmes = readmes.iter().flat_map(|folder| pages::files(&root.join(folder), "md"));
    pages.extend(readmes.filter(|path| path.ends_with("README.md")));
    let mut faults = Vec::new();
    for page in pages.into_iter().map(Page::read) {
        for line in page.lines() {
            let broken = line.links().into_iter().filter_map(|link| broken_link(&page, link));
            faults.extend(broken.map(|why| line.fault(why)));
        }
    }
    assert_none(&faults);
}

/// Why a link leads nowhere; links out of the repository and into rustdoc are not looked at.
fn broken_link(page: &Page, link: &str) -> Option<String> {
    if link.contains("://") || link.contains("::") || link.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { page.path.clone() } else { tidy(&page.folder().join(path)) };
    if !target.exists() {
        return Some(format!("link to {link}, which does not exist"));
    }
    let is_known = || Page::read(target.clone()).anchors().contains(anchor);
    (!anchor.is_empty() && target.is_file() && !is_known())
        .then(|| format!("link to {link}, whose heading does not exist"))
}

/// A package's dependencies on others of the repository: always, and by a feature.
type Dependencies = BTreeMap<String, [BTreeSet<String>; 2]>;

/// The table of crates names every package of the repository, and what each depends on; "by feature"
/// stands before optional dependencies.
#[test]
fn the_table_of_crates_is_what_cargo_says() {
    let mut packages = dependencies(Path::new("Cargo.toml"));
    packages.extend(dependencies(Path::new("fuzz/Cargo.toml")));
    packages.extend(dependencies(Path::new("distributed/Cargo.toml")));
    let page = Page::open("docs/architecture.md");
    let mut faults = Vec::new();
    let mut listed = BTreeSet::new();
    for (header, line) in page.rows().into_iter().filter(|(header, _)| header[0] == "Package") {
        assert_eq!(header[2], "Depends on (of this workspace)");
        let cells = line.cells();
        let Some(name) = code(cells[0]).last().filter(|name| packages.contains_key(*name)) else {
            faults.push(line.fault(format!("{} is no package of the repository", cells[0])));
            continue;
        };
        listed.insert(name.to_owned());
        let (always, optional) = cells[2].split_once("by feature").unwrap_or((cells[2], ""));
        let full = |short: &str| match packages.contains_key(short) {
            true => short.to_owned(),
            false => format!("qunet-{short}"),
        };
        let found: [BTreeSet<String>; 2] =
            [always, optional].map(|part| code(part).map(full).collect());
        if found != packages[name] {
            let [always, optional] = &packages[name];
            faults
                .push(line.fault(format!("{name} depends on {always:?}, by feature {optional:?}")));
        }
    }
    let missing = packages.keys().filter(|name| !listed.contains(*name));
    faults.extend(missing.map(|name| format!("docs/architecture.md: no row for {name}")));
    assert_none(&faults);
}

fn dependencies(manifest: &Path) -> Dependencies {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(root().join(manifest))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let package = |package: &serde_json::Value| {
        // Of this repository (no registry), and neither for tests nor for build scripts.
        let ours = |it: &&serde_json::Value| it["source"].is_null() && it["kind"].is_null();
        let all = package["dependencies"].as_array().unwrap().iter().filter(ours);
        let named = |optional: bool| {
            let chosen = all.clone().filter(move |it| it["optional"] == optional);
            chosen.map(|it| it["name"].as_str().unwrap().to_owned()).collect()
        };
        (package["name"].as_str().unwrap().to_owned(), [named(false), named(true)])
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}
