//! The pages of the repository, line by line, and what stands in them in backticks and links.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The repository root.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package).to_path_buf()
}

/// All files below a folder that end in `.extension`; build output and hidden folders are left out.
pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_link = path.is_symlink();
        if path.is_dir() && !is_link && name != "target" && !name.starts_with('.') {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|end| end == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A page in Markdown.
pub struct Page {
    pub path: PathBuf,
    text: String,
}

/// One line of a page, outside code blocks.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    page: &'a Page,
    number: usize,
    pub text: &'a str,
}

impl Page {
    /// A page by its path from the root.
    pub fn open(path: &str) -> Self {
        Self::read(root().join(path))
    }

    pub fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
        Self { path, text }
    }

    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// The lines that are not in a code block.
    pub fn lines(&self) -> Vec<Line<'_>> {
        let mut in_code = false;
        let outside = |(number, text): (usize, _)| {
            let fence = str::trim_start(text).starts_with("```");
            in_code ^= fence;
            (!in_code && !fence).then_some(Line { page: self, number: number + 1, text })
        };
        self.text.lines().enumerate().filter_map(outside).collect()
    }

    /// What a link behind `#` may name: the headings, as GitHub spells them.
    pub fn anchors(&self) -> BTreeSet<String> {
        let heading = |line: Line<'_>| {
            let text = line.text.trim_start_matches('#');
            (text.len() < line.text.len()).then(|| anchor(text.trim()))
        };
        self.lines().into_iter().filter_map(heading).collect()
    }

    /// The rows of each table with its header row; the row of dashes is left out.
    pub fn rows(&self) -> Vec<(Vec<&str>, Line<'_>)> {
        let (mut header, mut rows) = (Vec::new(), Vec::new());
        for line in self.lines() {
            let cells = line.cells();
            if cells.is_empty() {
                header.clear();
            } else if header.is_empty() {
                header = cells;
            } else if !cells[0].starts_with("--") && !cells[0].starts_with(":-") {
                rows.push((header.clone(), line));
            }
        }
        rows
    }
}

impl<'a> Line<'a> {
    /// A sentence on this line that says where it is.
    pub fn fault(&self, what: impl std::fmt::Display) -> String {
        let path = self.page.path.strip_prefix(root()).unwrap_or(&self.page.path);
        format!("{}:{}: {what}", path.display(), self.number)
    }

    /// The cells of a row of a table; none where it is not one.
    pub fn cells(&self) -> Vec<&'a str> {
        let row = self.text.trim().strip_prefix('|').and_then(|row| row.strip_suffix('|'));
        row.map_or_else(Vec::new, |row| row.split('|').map(str::trim).collect())
    }

    /// The targets of the links.
    pub fn links(&self) -> Vec<&'a str> {
        let plain = outside_code(self.text);
        let target = |(at, _): (usize, &str)| {
            let rest = &self.text[at + 2..];
            Some(&rest[..rest.find(')')?])
        };
        self.text.match_indices("](").filter(|(at, _)| plain[*at]).filter_map(target).collect()
    }
}

/// What stands in backticks.
pub fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// For each byte, whether it is outside backticks.
fn outside_code(text: &str) -> Vec<bool> {
    let mut outside = true;
    let flags = text.bytes().map(|byte| {
        outside ^= byte == b'`';
        outside
    });
    flags.collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// A path without `.` and `..`.
pub fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                tidied.pop();
            }
            _ => tidied.push(part),
        }
    }
    tidied
}
