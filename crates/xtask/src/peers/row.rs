//! One line of the comparison, as `benches/peers` writes it.

use anyhow::Context;
use serde::Deserialize;

/// Both sides of one computation. Ratios are peer / ours: above 1, ours is faster.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Row {
    /// Title of the table that it belongs to.
    pub(crate) table: String,
    pub(crate) case: String,
    pub(crate) dtype: String,
    /// Sides of the pixels' array, as in `829x512x512`.
    pub(crate) size: String,
    /// `smooth` (with noise) or `noise` alone.
    pub(crate) content: String,
    pub(crate) threads: usize,
    pub(crate) ours_ns_px: f64,
    pub(crate) peer: String,
    pub(crate) peer_ns_px: f64,
    pub(crate) ratio: f64,
    pub(crate) ratio_min: f64,
    pub(crate) ratio_max: f64,
    /// The ratio to reach.
    pub(crate) bar: Option<f64>,
    pub(crate) value_ours: Option<f64>,
    pub(crate) value_peer: Option<f64>,
    /// The largest among all values; none where they are not compared.
    pub(crate) relative_difference: Option<f64>,
    pub(crate) tolerance: Option<f64>,
    /// Why values are not compared.
    pub(crate) note: Option<String>,
}

/// The rows of a record.
pub(crate) fn parse(text: &str) -> anyhow::Result<Vec<Row>> {
    serde_json::from_str(text)
        .context("these are not the rows of `cargo xtask peers`; measure again with --json FILE")
}

impl Row {
    /// Whether the bar is met; none without a bar.
    pub(crate) fn met(&self) -> Option<bool> {
        self.bar.map(|bar| self.ratio >= bar)
    }

    /// What is measured on, in short.
    pub(crate) fn pixels(&self) -> String {
        let noise = if self.content == "noise" { " noise" } else { "" };
        format!("{} {}{noise}", self.dtype, self.size)
    }

    /// A sentence on values that differ by more than is allowed.
    pub(crate) fn difference(&self) -> Option<String> {
        let (difference, tolerance) = self.relative_difference.zip(self.tolerance)?;
        if difference <= tolerance {
            return None;
        }
        let Self { case, peer, .. } = self;
        let (ours, theirs) = (value(self.value_ours), value(self.value_peer));
        Some(format!(
            "{case} ({}): ours is {ours}, {peer}'s is {theirs}, relative difference \
             {difference:.0e} where {tolerance:.0e} is allowed",
            self.pixels()
        ))
    }

    /// How far the values are apart, or why they are not compared.
    pub(crate) fn agreement(&self) -> String {
        match (self.relative_difference, &self.note) {
            (Some(0.0), _) => "0".to_owned(),
            (Some(difference), _) => format!("{difference:.0e}"),
            (None, Some(note)) => note.clone(),
            (None, None) => String::new(),
        }
    }
}

/// A value to ten digits, a dash where there is none.
pub(crate) fn value(value: Option<f64>) -> String {
    let Some(value) = value else {
        return "-".to_owned();
    };
    let magnitude = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
    let decimals = usize::try_from(9 - magnitude).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number to three digits, as many as a timing is worth.
pub(crate) fn short(number: f64) -> String {
    match number.abs() {
        large if large >= 100.0 => format!("{number:.0}"),
        middle if middle >= 10.0 => format!("{number:.1}"),
        small if small >= 1.0 => format!("{number:.2}"),
        _ => format!("{number:.3}"),
    }
}

/// The rows of each table in their order, with its title.
pub(crate) fn grouped(rows: &[Row]) -> Vec<(&str, Vec<&Row>)> {
    let mut tables: Vec<(&str, Vec<&Row>)> = Vec::new();
    for row in rows {
        match tables.iter_mut().find(|(title, _)| *title == row.table) {
            Some((_, members)) => members.push(row),
            None => tables.push((&row.table, vec![row])),
        }
    }
    tables
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn row() -> Row {
        let line = r#"[{
            "table": "Variance of Laplacian", "case": "variance of Laplacian", "dtype": "u8",
            "size": "512x512", "content": "smooth", "threads": 1, "ours_ns_px": 0.1,
            "peer": "OpenCV", "peer_ns_px": 0.41, "ratio": 4.1, "ratio_min": 4.0,
            "ratio_max": 4.25, "bar": 4, "value_ours": 1.0, "value_peer": 1.0,
            "relative_difference": 0.0, "tolerance": 1e-9, "note": null
        }]"#;
        parse(line).unwrap().remove(0)
    }

    #[test]
    fn what_is_no_record_is_refused() {
        let why = parse("{}").unwrap_err().to_string();
        assert!(why.ends_with("measure again with --json FILE"), "{why}");
    }

    #[test]
    fn a_bar_is_met_from_its_ratio_on() {
        let row = row();
        assert_eq!(row.met(), Some(true));
        assert_eq!(Row { ratio: 3.9, ..row.clone() }.met(), Some(false));
        assert_eq!(Row { bar: None, ..row }.met(), None);
    }

    #[test]
    fn values_have_ten_digits_and_timings_three() {
        assert_eq!(value(Some(1234.56789012345)), "1234.56789");
        assert_eq!(value(Some(0.000123456789012)), "0.000123456789");
        assert_eq!(value(Some(123_456_789_012.5)), "123456789012");
        assert_eq!((value(Some(0.0)), value(None)), ("0".to_owned(), "-".to_owned()));
        assert_eq!([150.4, 12.34, 1.234, 0.0365].map(short), ["150", "12.3", "1.23", "0.036"]);
    }

    #[test]
    fn tables_keep_the_order_of_their_rows() {
        let other = Row { table: "other".into(), ..row() };
        let rows = [row(), other, Row { dtype: "u16".into(), ..row() }];
        let tables = grouped(&rows);
        assert_eq!(tables.len(), 2);
        assert_eq!(tables[0].1.iter().map(|row| &*row.dtype).collect::<Vec<_>>(), ["u8", "u16"]);
    }

    #[test]
    fn what_is_not_compared_says_why() {
        let row = Row {
            relative_difference: None,
            tolerance: None,
            note: Some("no pixels beyond the edge".into()),
            ..row()
        };
        assert_eq!(row.difference(), None);
        assert_eq!(row.agreement(), "no pixels beyond the edge");
        let compared = |difference| Row { relative_difference: Some(difference), ..row.clone() };
        assert_eq!([0.0, 3.2e-11].map(|found| compared(found).agreement()), ["0", "3e-11"]);
    }
}
