//! A report in the layout of nnU-Net's `summary.json`.

use std::{collections::BTreeMap, io};

use serde::Serialize;

use super::{Report, ReportRow};
use crate::{ConfusionCounts, EmptyPolicy, Summary};

/// Metrics of one class, under nnU-Net's names.
type Metrics<T> = BTreeMap<&'static str, T>;

#[derive(Serialize)]
struct NnunetSummary<'a> {
    foreground_mean: Metrics<Option<f64>>,
    mean: BTreeMap<&'a str, Metrics<Option<f64>>>,
    metric_per_case: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct Case<'a> {
    metrics: BTreeMap<&'a str, Metrics<Value>>,
    prediction_file: String,
    reference_file: String,
}

#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
enum Value {
    Count(u64),
    Score(Option<f64>),
}

impl Report {
    /// Writes the volumes in the layout of nnU-Net v2's `summary.json`: Dice, IoU, TP, FP, FN, TN,
    /// `n_pred` and `n_ref` of each class per case, their means over the cases where they are
    /// defined, and the mean of these over the foreground classes.
    ///
    /// `files` gives the prediction's and the reference's file of a case. As there, Dice and IoU are
    /// undefined where prediction and truth are empty, whatever the report's policy; nnU-Net then
    /// writes `NaN`, which is not JSON and which strict readers refuse: here it is `null`. nnU-Net
    /// names classes by their integer labels ("1", or "(1, 2)" for a region).
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a volume without counts; where `to` cannot
    /// be written to.
    ///
    /// # Example
    /// ```
    /// use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, ReportBuilder};
    ///
    /// let mut builder = ReportBuilder::new(EmptyPolicy::Undefined);
    /// let counts = ConfusionCounts { true_positives: 3, false_positives: 2, ..Default::default() };
    /// builder.volume("ct_01", "1", counts, []);
    /// let mut summary = Vec::new();
    /// let files = |case: &str| [format!("pred/{case}.nii.gz"), format!("truth/{case}.nii.gz")];
    /// builder.build()?.write_nnunet_summary(&mut summary, files)?;
    /// let summary: serde_json::Value = serde_json::from_slice(&summary)?;
    /// assert_eq!(summary["foreground_mean"]["Dice"], 0.75);
    /// assert_eq!(summary["metric_per_case"][0]["metrics"]["1"]["n_pred"], 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_nnunet_summary(
        &self,
        mut to: impl io::Write,
        files: impl Fn(&str) -> [String; 2],
    ) -> io::Result<()> {
        let mut metric_per_case = Vec::new();
        for rows in self.volumes.chunk_by(|a, b| a.case == b.case) {
            let metrics = rows.iter().map(|row| Ok((row.class.as_str(), metrics(row)?)));
            let metrics = metrics.collect::<io::Result<_>>()?;
            let [prediction_file, reference_file] = files(&rows[0].case);
            metric_per_case.push(Case { metrics, prediction_file, reference_file });
        }
        let classes = || self.classes.iter().map(|summary| summary.class.as_str());
        let mean: BTreeMap<_, _> = classes()
            .map(|class| {
                let cases = metric_per_case.iter().filter_map(|case| case.metrics.get(class));
                (class, over_cases(cases))
            })
            .collect();
        let foreground = classes().filter(|class| Some(*class) != self.background.as_deref());
        let foreground_mean = over_classes(foreground.filter_map(|class| mean.get(class)));
        serde_json::to_writer_pretty(
            &mut to,
            &NnunetSummary { foreground_mean, mean, metric_per_case },
        )?;
        writeln!(to)
    }
}

fn metrics(row: &ReportRow) -> io::Result<Metrics<Value>> {
    let counts = row.counts.ok_or_else(|| {
        let name = format!("case {:?}, class {:?}", row.case, row.class);
        let message = format!("{name} has no counts, which nnU-Net's layout needs; give them");
        io::Error::new(io::ErrorKind::InvalidInput, message)
    })?;
    let score = |of: fn(&ConfusionCounts, EmptyPolicy) -> Option<f64>| {
        Value::Score(of(&counts, EmptyPolicy::Undefined))
    };
    Ok(BTreeMap::from([
        ("Dice", score(ConfusionCounts::dice)),
        ("IoU", score(ConfusionCounts::jaccard)),
        ("TP", Value::Count(counts.true_positives)),
        ("FP", Value::Count(counts.false_positives)),
        ("FN", Value::Count(counts.false_negatives)),
        ("TN", Value::Count(counts.true_negatives)),
        ("n_pred", Value::Count(counts.predicted())),
        ("n_ref", Value::Count(counts.actual())),
    ]))
}

/// The means of what is defined (NumPy's `nanmean`).
fn over_cases<'a>(cases: impl Iterator<Item = &'a Metrics<Value>>) -> Metrics<Option<f64>> {
    let mut values: Metrics<Vec<Option<f64>>> = BTreeMap::new();
    for (metric, value) in cases.flatten() {
        values.entry(metric).or_default().push(match value {
            Value::Count(count) => Some(*count as f64),
            Value::Score(score) => *score,
        });
    }
    values.into_iter().map(|(metric, values)| (metric, Summary::from_values(values).mean)).collect()
}

/// The means over classes, undefined where one is (NumPy's `mean`).
fn over_classes<'a>(
    classes: impl Iterator<Item = &'a Metrics<Option<f64>>>,
) -> Metrics<Option<f64>> {
    let mut values: Metrics<Vec<Option<f64>>> = BTreeMap::new();
    for (metric, value) in classes.flatten() {
        values.entry(metric).or_default().push(*value);
    }
    let mean =
        |values: Vec<_>| Some(Summary::from_values(values)).filter(|of| of.undefined == 0)?.mean;
    values.into_iter().map(|(metric, values)| (metric, mean(values))).collect()
}
