//! The rows as Markdown, for the docs.

use super::row::{Row, grouped, short, value};

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

#[cfg(test)]
mod tests {
    use super::super::row::tests::row;
    use super::*;

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
