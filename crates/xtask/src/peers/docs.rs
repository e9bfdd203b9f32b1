//! Puts the tables and the figure of a run into the docs.

use std::fs;
use std::path::Path;

use anyhow::Context;

use super::row::Row;
use super::{markdown, write};
use crate::command;
use crate::workspace::Workspace;

const PAGE: &str = "docs/benchmarks.md";
const FIGURE: &str = "docs/images/benchmarks-quality.svg";

/// What stands around the tables in the page.
const BEGIN: &str = "<!-- begin: cargo xtask peers quality --docs -->\n";
const END: &str = "<!-- end: cargo xtask peers quality --docs -->\n";

/// Replaces the tables in the page and draws its figure anew.
pub(crate) fn refresh(workspace: &Workspace, record: &Path, rows: &[Row]) -> anyhow::Result<()> {
    let page = workspace.root().join(PAGE);
    let text =
        fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    write(&page, &with_tables(&text, record, rows)?)?;
    draw(workspace, record)
}

fn with_tables(text: &str, record: &Path, rows: &[Row]) -> anyhow::Result<String> {
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = parts.with_context(|| {
        format!("{PAGE} has lost its two comments; put back {} and {}", BEGIN.trim(), END.trim())
    })?;
    let name = record.file_name().unwrap_or(record.as_os_str()).to_string_lossy();
    let tables = markdown::tables(rows);
    Ok(format!("{before}{BEGIN}\nFrom `{name}`.\n\n{tables}\n{END}{after}"))
}

fn draw(workspace: &Workspace, record: &Path) -> anyhow::Result<()> {
    let record =
        std::path::absolute(record).with_context(|| format!("cannot find {}", record.display()))?;
    let mut cargo = workspace.cargo();
    cargo.args(["run", "-p", "qunet-benches", "--example", "plot_peers", "--"]);
    command::run(cargo.arg(record).arg(FIGURE))
}

#[cfg(test)]
mod tests {
    use super::super::row::tests::row;
    use super::*;

    #[test]
    fn only_what_is_between_the_comments_changes() {
        let page = format!("# Page\n{BEGIN}old\n{END}rest\n");
        let text = with_tables(&page, Path::new("a/2026-11-23-quality.json"), &[row()]).unwrap();
        assert!(text.starts_with("# Page\n") && text.ends_with("rest\n"));
        assert!(text.contains("From `2026-11-23-quality.json`.") && !text.contains("old"));
        assert_eq!(
            with_tables(&text, Path::new("2026-11-23-quality.json"), &[row()]).unwrap(),
            text
        );
    }

    #[test]
    fn a_page_without_the_comments_is_an_error() {
        let why = with_tables("# Page\n", Path::new("rows.json"), &[]).unwrap_err().to_string();
        assert!(why.starts_with("docs/benchmarks.md has lost its two comments"), "{why}");
    }

    #[test]
    fn the_page_has_the_comments() {
        let page = Workspace::find().unwrap().root().join(PAGE);
        assert!(with_tables(&fs::read_to_string(page).unwrap(), Path::new("x"), &[]).is_ok());
    }
}
