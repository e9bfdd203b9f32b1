//! A report as tables for other programs.

use std::borrow::Cow;
use std::io;

use super::{MetricValues, Report, builder::RESERVED, value};
use crate::ConfusionCounts;

/// The columns of the table of summaries.
const SUMMARY: [&str; 14] = [
    "level",
    "class",
    "metric",
    "mean",
    "std",
    "min",
    "lower_quartile",
    "median",
    "upper_quartile",
    "max",
    "defined",
    "undefined",
    "low",
    "high",
];

impl Report {
    /// Writes one line per slice, volume and pooled class as CSV.
    ///
    /// The columns are `level` (slice, volume or pooled), `case`, `slice`, `class`,
    /// `true_positives`, `false_positives`, `false_negatives`, `true_negatives` and the metrics. An
    /// undefined value is an empty field; numbers read back as the same `f64`. A name that a
    /// spreadsheet would run as a formula has an apostrophe before it.
    ///
    /// # Errors
    /// Where `to` cannot be written to.
    ///
    /// # Example
    /// ```
    /// use qunet_segmetrics::{EmptyPolicy, ReportBuilder};
    ///
    /// let mut builder = ReportBuilder::new(EmptyPolicy::Undefined).given(["hd95"]);
    /// builder.volume("ct_01", "lesion", None, [Some(2.5)]);
    /// let mut table = Vec::new();
    /// builder.build()?.write_csv(&mut table)?;
    /// assert!(String::from_utf8(table)?.contains("\nvolume,ct_01,,lesion,,,,,2.5\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_csv(&self, to: impl io::Write) -> io::Result<()> {
        let mut table = csv::Writer::from_writer(to);
        let reserved = RESERVED.map(Cow::from).into_iter();
        let names: Vec<Cow<'_, str>> =
            reserved.chain(self.metrics.iter().map(|metric| text(metric))).collect();
        table.write_record(names.iter().map(|name| name.as_bytes()))?;
        for (level, rows) in [("slice", &self.slices), ("volume", &self.volumes)] {
            for row in rows {
                let slice = row.slice.map(|slice| slice.to_string()).unwrap_or_default();
                let names = [level, &row.case, &slice, &row.class];
                table.write_record(self.fields(names, row.counts, &row.values))?;
            }
        }
        for class in self.summaries() {
            let names = ["pooled", "", "", &class.class];
            table.write_record(self.fields(names, class.pooled_counts, &class.pooled))?;
        }
        table.flush()
    }

    fn fields(
        &self,
        names: [&str; 4],
        counts: Option<ConfusionCounts>,
        values: &MetricValues,
    ) -> Vec<String> {
        let counts = [
            counts.map(|counts| counts.true_positives),
            counts.map(|counts| counts.false_positives),
            counts.map(|counts| counts.false_negatives),
            counts.map(|counts| counts.true_negatives),
        ];
        let counts = counts.map(|count| count.map(|count| count.to_string()).unwrap_or_default());
        let values = self.metrics.iter().map(|metric| field(value(values, metric)));
        let names = names.map(|name| text(name).into_owned());
        names.into_iter().chain(counts).chain(values).collect()
    }

    /// Writes one line per level, class and metric as CSV.
    ///
    /// The columns are `level` (slice or volume), `class`, `metric`, `mean`, `std`, `min`,
    /// `lower_quartile`, `median`, `upper_quartile`, `max`, `defined` and `undefined` (numbers of
    /// values), `low` and `high` (the interval of the mean). Undefined is an empty field.
    ///
    /// # Errors
    /// Where `to` cannot be written to.
    pub fn write_summary_csv(&self, to: impl io::Write) -> io::Result<()> {
        let mut table = csv::Writer::from_writer(to);
        table.write_record(SUMMARY)?;
        for class in self.summaries() {
            for (level, metrics) in [("slice", &class.over_slices), ("volume", &class.over_volumes)]
            {
                for metric in &self.metrics {
                    let of = metrics.get(metric).copied().unwrap_or_default();
                    let (summary, interval) = (of.summary, of.interval);
                    let names = [level, &class.class, metric].map(|name| text(name).into_owned());
                    let statistics = [
                        summary.mean,
                        summary.std,
                        summary.min,
                        summary.lower_quartile,
                        summary.median,
                        summary.upper_quartile,
                        summary.max,
                    ];
                    let counts = [summary.defined, summary.undefined].map(|n| n.to_string());
                    let ends = [interval.map(|i| i.low), interval.map(|i| i.high)];
                    let line = names.into_iter().chain(statistics.map(field));
                    table.write_record(line.chain(counts).chain(ends.map(field)))?;
                }
            }
        }
        table.flush()
    }
}

/// A text that no spreadsheet takes for a formula, as it does with what begins with one of these
/// characters. Numbers are no formulas.
fn text(text: &str) -> Cow<'_, str> {
    let begins = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if begins && !text.parse().is_ok_and(f64::is_finite) {
        return format!("'{text}").into();
    }
    text.into()
}

/// The shortest text that reads back as the same number.
fn field(value: Option<f64>) -> String {
    value.map(|value| format!("{value:?}")).unwrap_or_default()
}
