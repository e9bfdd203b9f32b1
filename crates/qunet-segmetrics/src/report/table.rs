//! A report as text for people.

use std::fmt;

use unicode_width::UnicodeWidthStr;

use super::{ClassSummary, MetricSummary, Report, ReportRow, value};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() && !self.slices.is_empty() {
            write_table(f, 3, &self.rows(&["case", "slice", "class"], &self.slices))?;
            writeln!(f)?;
        }
        write_table(f, 2, &self.rows(&["case", "class"], &self.volumes))?;
        writeln!(f)?;
        write_table(f, 2, &self.statistics())
    }
}

impl Report {
    fn rows(&self, names: &[&str], rows: &[ReportRow]) -> Vec<Vec<String>> {
        let lines = rows.iter().map(|row| {
            let slice = row.slice.map(|slice| slice.to_string());
            let names = [Some(row.case.clone()), slice, Some(row.class.clone())];
            let values = self.metrics.iter().map(|metric| number(value(&row.values, metric)));
            names.into_iter().flatten().chain(values).collect()
        });
        std::iter::once(self.header(names)).chain(lines).collect()
    }

    fn header(&self, names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).chain(self.metrics.iter().cloned()).collect()
    }

    fn statistics(&self) -> Vec<Vec<String>> {
        let lines = self.summaries().flat_map(|class| {
            let mut lines = Vec::new();
            if !self.slices.is_empty() {
                lines.extend(self.level(class, "slices", |metric| class.over_slices.get(metric)));
            }
            lines.extend(self.level(class, "volumes", |metric| class.over_volumes.get(metric)));
            let pooled = |metric: &str| number(value(&class.pooled, metric));
            lines.push(self.line(class, "pooled", pooled));
            lines
        });
        std::iter::once(self.header(&["class", "statistic"])).chain(lines).collect()
    }

    /// The lines of a class about one level.
    fn level<'a>(
        &self,
        class: &ClassSummary,
        level: &str,
        summary: impl Fn(&str) -> Option<&'a MetricSummary>,
    ) -> Vec<Vec<String>> {
        let line = |name: &str, cell: &dyn Fn(MetricSummary) -> String| {
            let cell = |metric: &str| cell(summary(metric).copied().unwrap_or_default());
            self.line(class, &format!("{name} {level}"), cell)
        };
        let mut lines = vec![line("mean over", &|of| number(of.summary.mean))];
        if self.metrics.iter().filter_map(|metric| summary(metric)).any(|of| of.interval.is_some())
        {
            lines.push(line("low end of mean over", &|of| number(of.interval.map(|i| i.low))));
            lines.push(line("high end of mean over", &|of| number(of.interval.map(|i| i.high))));
        }
        lines.push(line("std over", &|of| number(of.summary.std)));
        lines.push(line("least of", &|of| number(of.summary.min)));
        lines.push(line("lower quartile of", &|of| number(of.summary.lower_quartile)));
        lines.push(line("median over", &|of| number(of.summary.median)));
        lines.push(line("upper quartile of", &|of| number(of.summary.upper_quartile)));
        lines.push(line("greatest of", &|of| number(of.summary.max)));
        lines.push(line("undefined", &|of| of.summary.undefined.to_string()));
        lines
    }

    fn line(&self, class: &ClassSummary, name: &str, cell: impl Fn(&str) -> String) -> Vec<String> {
        let names = [class.class.clone(), name.to_owned()];
        names.into_iter().chain(self.metrics.iter().map(|metric| cell(metric))).collect()
    }
}

/// Four decimals, or powers of ten where they would show nothing or fill the line.
fn number(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value == 0.0 || (1e-3..1e9).contains(&value.abs()) => format!("{value:.4}"),
        Some(value) => format!("{value:.3e}"),
    }
}

/// Lines of cells as wide as the widest of their column; the first `names` columns from the left,
/// numbers from the right.
fn write_table(f: &mut fmt::Formatter<'_>, names: usize, lines: &[Vec<String>]) -> fmt::Result {
    // A line break in a name would tear the table.
    let visible = |cell: &String| cell.replace(|c: char| c.is_control(), " ");
    let lines: Vec<Vec<String>> =
        lines.iter().map(|line| line.iter().map(visible).collect()).collect();
    let columns = lines.first().map_or(0, Vec::len);
    let widest = |column: usize| lines.iter().map(|line| line[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    for line in &lines {
        let mut text = String::new();
        for (column, cell) in line.iter().enumerate() {
            let space = " ".repeat(widths[column] - cell.width());
            let gap = if column > 0 { "  " } else { "" };
            let (left, right) = if column < names { ("", &*space) } else { (&*space, "") };
            text.extend([gap, left, cell, right]);
        }
        writeln!(f, "{}", text.trim_end())?;
    }
    Ok(())
}
