//! Puts the tables and the figure of a run into the docs.

use std::fs;
use std::path::Path;

use anyhow::Context;

use super::family::Family;
use super::row::Row;
use super::{markdown, write};
use crate::command;
use crate::workspace::Workspace;

const PAGE: &str = "docs/benchmarks.md";

/// What stands before and after the tables of a family in the page.
fn comments(family: Family) -> [String; 2] {
    ["begin", "end"]
        .map(|side| format!("<!-- {side}: cargo xtask peers {} --docs -->\n", family.name()))
}

/// Replaces the family's tables in the page and draws its figure, if it has one, anew.
pub(crate) fn refresh(
    workspace: &Workspace,
    family: Family,
    record: &Path,
    rows: &[Row],
) -> anyhow::Result<()> {
    let page = workspace.root().join(PAGE);
    let text =
        fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    write(&page, &with_tables(&text, family, record, rows)?)?;
    family.figure().map_or(Ok(()), |figure| draw(workspace, record, figure))
}

fn with_tables(text: &str, family: Family, record: &Path, rows: &[Row]) -> anyhow::Result<String> {
    let [begin, end] = comments(family);
    let parts = text.split_once(&begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(&end)?;
        Some((before, after))
    });
    let (before, after) = parts.with_context(|| {
        format!("{PAGE} has lost its two comments; put back {} and {}", begin.trim(), end.trim())
    })?;
    let name = record.file_name().unwrap_or(record.as_os_str()).to_string_lossy();
    let tables = markdown::tables(rows);
    Ok(format!("{before}{begin}\nFrom `{name}`.\n\n{tables}\n{end}{after}"))
}

fn draw(workspace: &Workspace, record: &Path, figure: &str) -> anyhow::Result<()> {
    let record =
        std::path::absolute(record).with_context(|| format!("cannot find {}", record.display()))?;
    let mut cargo = workspace.cargo();
    cargo.args(["run", "-p", "qunet-benches", "--example", "plot_peers", "--"]);
    command::run(cargo.arg(record).arg(figure))
}

#[cfg(test)]
mod tests {
    use super::super::row::tests::row;
    use super::*;

    #[test]
    fn only_what_is_between_the_comments_changes() {
        let [begin, end] = comments(Family::Quality);
        let page = format!("# Page\n{begin}old\n{end}rest\n");
        let refreshed =
            |page: &str, record| with_tables(page, Family::Quality, Path::new(record), &[row()]);
        let text = refreshed(&page, "a/2026-11-23-quality.json").unwrap();
        assert!(text.starts_with("# Page\n") && text.ends_with("rest\n"));
        assert!(text.contains("From `2026-11-23-quality.json`.") && !text.contains("old"));
        assert_eq!(refreshed(&text, "2026-11-23-quality.json").unwrap(), text);
    }

    #[test]
    fn a_page_without_the_comments_is_an_error() {
        let why = with_tables("# Page\n", Family::Segmetrics, Path::new("rows.json"), &[]);
        let why = why.unwrap_err().to_string();
        assert!(why.starts_with("docs/benchmarks.md has lost its two comments"), "{why}");
    }

    #[test]
    fn the_page_has_the_comments() {
        let page = fs::read_to_string(Workspace::find().unwrap().root().join(PAGE)).unwrap();
        for family in [Family::Quality, Family::Segmetrics, Family::Model] {
            assert!(with_tables(&page, family, Path::new("x"), &[]).is_ok(), "{family:?}");
        }
    }
}
