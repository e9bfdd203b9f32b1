//! The rows as Markdown, and their tables and figure in the docs.

use std::fs;
use std::path::Path;

use anyhow::Context;

use super::measure::Family;
use super::row::{Row, grouped, short, value};
use super::write;
use crate::command;
use crate::workspace::Workspace;

const PAGE: &str = "docs/benchmarks.md";

const HEAD: &str = "\
| what | pixels | threads | beside | ours ns/px | theirs ns/px | ratio (range) | bar | our value | theirs | difference |
|---|---|--:|---|--:|--:|--:|---|--:|--:|---|
";

/// Every table under a heading of its own.
pub(crate) fn tables(rows: &[Row]) -> String {
    let tables = grouped(rows).into_iter().map(|(title, members)| {
        let lines: String = members.into_iter().map(line).collect();
        format!("### {title}\n\n{HEAD}{lines}")
    });
    tables.collect::<Vec<_>>().join("\n")
}

fn line(row: &Row) -> String {
    let Row { case, threads, peer, .. } = row;
    let (ours, theirs, ratio) = (short(row.ours_ns_px), short(row.peer_ns_px), short(row.ratio));
    let range = format!("{}-{}", short(row.ratio_min), short(row.ratio_max));
    let bar = match (row.bar, row.met()) {
        (Some(bar), Some(true)) => format!("{bar}"),
        (Some(bar), _) => format!("{bar}, missed"),
        (None, _) => String::new(),
    };
    let values = format!("{} | {}", value(row.value_ours), value(row.value_peer));
    let (pixels, agreement) = (row.pixels(), row.agreement());
    format!(
        "| {case} | {pixels} | {threads} | {peer} | {ours} | {theirs} | **{ratio}** ({range}) | \
         {bar} | {values} | {agreement} |\n"
    )
}

/// What stands before and after the tables of a family in the page.
fn comments(family: Family) -> [String; 2] {
    ["begin", "end"]
        .map(|side| format!("<!-- {side}: cargo xtask peers {} --docs -->\n", family.name()))
}

/// Replaces the family's tables in the page and draws its figure, if it has one, anew.
pub(crate) fn refresh(
    workspace: &Workspace,
    family: Family,
    record: impl AsRef<Path>,
    rows: &[Row],
) -> anyhow::Result<()> {
    let record = record.as_ref();
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
    let tables = tables(rows);
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

    #[test]
    fn a_line_has_a_cell_for_every_column() {
        let missed = Row { ratio: 3.0, ..row() };
        let text = tables(&[row(), missed]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "### Variance of Laplacian");
        assert_eq!(
            lines[4],
            "| variance of Laplacian | u8 512x512 | 1 | OpenCV | 0.100 | 0.410 | **4.10** \
             (4.00-4.25) | 4 | 1 | 1 | 0 |"
        );
        assert!(lines[5].contains("| 4, missed |"));
        let cells = |line: &str| line.matches('|').count();
        assert!(lines[2..].iter().all(|line| cells(line) == cells(lines[2])));
    }
}
