//! The rows as aligned text.

use super::row::{Row, grouped, short, value};

const HEAD: [&str; 12] = [
    "case",
    "pixels",
    "threads",
    "peer",
    "ours ns/px",
    "peer ns/px",
    "ratio",
    "range",
    "bar",
    "",
    "our value",
    "peer's value",
];

/// Columns of words; all others hold numbers and are aligned to the right.
const WORDS: [usize; 4] = [0, 1, 3, 9];

/// Every table with its title, and how many bars are met.
pub(crate) fn tables(rows: &[Row]) -> String {
    let mut text = String::new();
    for (title, members) in grouped(rows) {
        let cells: Vec<[String; 13]> = members.into_iter().map(cells).collect();
        text += &format!("\n{title}\n{}", aligned(&cells));
    }
    let bars: Vec<bool> = rows.iter().filter_map(Row::met).collect();
    let met = bars.iter().filter(|met| **met).count();
    text + &format!("\n{met} of {} bars met\n", bars.len())
}

/// The last cell says how far the values are apart.
fn cells(row: &Row) -> [String; 13] {
    let verdict = row.met().map_or("", |met| if met { "pass" } else { "miss" });
    [
        row.case.clone(),
        row.pixels(),
        row.threads.to_string(),
        row.peer.clone(),
        short(row.ours_ns_px),
        short(row.peer_ns_px),
        short(row.ratio),
        format!("{}-{}", short(row.ratio_min), short(row.ratio_max)),
        row.bar.map(|bar| bar.to_string()).unwrap_or_default(),
        verdict.to_owned(),
        value(row.value_ours),
        value(row.value_peer),
        row.agreement(),
    ]
}

fn aligned(rows: &[[String; 13]]) -> String {
    let mut head = HEAD.map(str::to_owned).to_vec();
    head.push("difference".to_owned());
    let lines: Vec<&[String]> =
        std::iter::once(head.as_slice()).chain(rows.iter().map(<[String; 13]>::as_slice)).collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|column| lines.iter().map(|line| line[column].len()).max().unwrap_or(0))
        .collect();
    lines.iter().map(|line| one_line(line, &widths)).collect()
}

fn one_line(cells: &[String], widths: &[usize]) -> String {
    let mut text = String::new();
    let last = cells.len() - 1;
    for (column, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        let cell = if WORDS.contains(&column) || column == last {
            format!("{cell:width$}")
        } else {
            format!("{cell:>width$}")
        };
        text += &format!("{cell}  ");
    }
    format!("{}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::super::row::tests::row;
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let slow = Row {
            peer: "OpenCV, idiom".into(),
            ratio: 12.0,
            bar: Some(15.0),
            relative_difference: Some(3.2e-11),
            ..row()
        };
        let without = Row { peer: "SciPy".into(), bar: None, ..row() };
        let text = tables(&[row(), slow, without]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "Variance of Laplacian");
        assert_eq!(
            lines[2],
            "case                   pixels      threads  peer           ours ns/px  peer ns/px  \
             ratio      range  bar        our value  peer's value  difference"
        );
        assert_eq!(
            lines[3],
            "variance of Laplacian  u8 512x512        1  OpenCV              0.100       0.410   \
             4.10  4.00-4.25    4  pass          1             1  0"
        );
        assert!(lines[4].contains(" 15  miss ") && lines[4].ends_with("3e-11"), "{}", lines[4]);
        assert!(!lines[5].contains("pass") && !lines[5].contains("miss"));
        assert_eq!(lines[7], "1 of 2 bars met");
    }
}
