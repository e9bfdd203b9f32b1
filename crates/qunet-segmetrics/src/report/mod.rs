//! Any number of metrics of many volumes, per slice, per volume and pooled, as tables and files.

mod builder;
mod csv;
mod nnunet;
mod table;

use std::{collections::BTreeMap, io};

use serde::{Deserialize, Serialize};

pub use self::builder::ReportBuilder;
use crate::{ConfusionCounts, EmptyPolicy, Error, Interval, Result, Summary};

/// The name under which what holds for all foreground classes together stands in tables.
const FOREGROUND: &str = "(foreground)";

/// Values of metrics by their names; `None` = undefined.
pub type MetricValues = BTreeMap<String, Option<f64>>;

/// The metrics of one class in one slice or one volume.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportRow {
    /// The volume.
    pub case: String,
    /// Index of the slice; `None` for the whole volume.
    pub slice: Option<usize>,
    /// The class.
    pub class: String,
    /// Its confusion counts, those of a volume added over its slices; `None` where none were given.
    pub counts: Option<ConfusionCounts>,
    /// Its metrics.
    pub values: MetricValues,
}

/// One metric over many slices or volumes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricSummary {
    /// Mean, spread, quartiles, and how many were undefined.
    pub summary: Summary,
    /// Interval of the mean; `None` where no [`Bootstrap`](crate::Bootstrap) was asked for, or
    /// without a defined value.
    pub interval: Option<Interval>,
}

/// One class, or all foreground classes, brought to one number per metric in three ways.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassSummary {
    /// The class; "(foreground)" for all foreground classes.
    pub class: String,
    /// Each slice weighs the same; intervals draw whole volumes.
    pub over_slices: BTreeMap<String, MetricSummary>,
    /// Each volume weighs the same.
    pub over_volumes: BTreeMap<String, MetricSummary>,
    /// The counts of all volumes added; `None` where a volume has none.
    pub pooled_counts: Option<ConfusionCounts>,
    /// Each pixel weighs the same: metrics of the added counts; `None` for those that do not follow
    /// from counts.
    pub pooled: MetricValues,
}

/// Metrics of many volumes and classes, per slice, per volume and pooled.
///
/// Three ways lead to one number per class, and they differ by more than most methods do:
///
/// - **over slices**: the metric of each slice, then their mean. Slices of one volume are not
///   independent, so the interval of this mean draws whole volumes.
/// - **over volumes**: the metric of each volume from counts added over its slices, then the mean
///   over volumes. This is what most challenges report.
/// - **pooled**: the metric once, from counts added over everything; large volumes dominate.
///
/// All foreground classes together: a slice or volume has the mean over its foreground classes for
/// which the metric is defined; pooled counts are added over the classes.
///
/// [`ReportBuilder`] makes it. Its `Display` is an aligned table of volumes and summaries, with
/// "-" for undefined; `{:#}` shows the slices too.
///
/// Where little is given:
///
/// | given | report |
/// |---|---|
/// | nothing | no rows, no classes, nothing defined |
/// | slices of a volume, no volume | counts of the volume are their sum; its given metrics are undefined |
/// | a volume, no slices | nothing over slices |
/// | a slice or volume without counts | its counted metrics and the pooled ones are undefined |
/// | NaN or infinity | undefined |
/// | a class that a volume lacks | the volume does not count for the class, not even as undefined |
///
/// ```
/// use qunet_segmetrics::{Bootstrap, ConfusionCounts, EmptyPolicy, ReportBuilder};
///
/// let counts = |true_positives, false_negatives| ConfusionCounts {
///     true_positives, false_negatives, ..Default::default()
/// };
/// let mut builder = ReportBuilder::new(EmptyPolicy::Undefined)
///     .overlap()
///     .given(["hd95"])
///     .bootstrap(Bootstrap::default());
/// builder.slice("ct_01", 0, "lesion", counts(1, 1), [Some(2.5)]);
/// builder.slice("ct_01", 1, "lesion", counts(9, 1), [Some(1.0)]);
/// builder.volume("ct_01", "lesion", None, [Some(2.5)]);
/// builder.volume("ct_02", "lesion", counts(0, 0), [None]);
/// let report = builder.build()?;
///
/// let lesion = report.class("lesion")?;
/// assert_eq!(lesion.over_slices["recall"].summary.mean, Some(0.7));
/// assert_eq!(lesion.over_volumes["recall"].summary.mean, Some(10.0 / 12.0));
/// assert_eq!(lesion.over_volumes["recall"].summary.undefined, 1);
/// assert_eq!(lesion.pooled["recall"], Some(10.0 / 12.0));
/// assert_eq!(lesion.pooled["hd95"], None);
///
/// println!("{report}");
/// let mut json = Vec::new();
/// report.write_json(&mut json)?;
/// assert_eq!(qunet_segmetrics::Report::read_json(&json[..])?, report);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// What a metric is where it reads 0/0.
    pub empty_policy: EmptyPolicy,
    /// The metrics, in the order of the columns.
    pub metrics: Vec<String>,
    /// The class that is no foreground.
    pub background: Option<String>,
    /// The slices, in the order given.
    pub slices: Vec<ReportRow>,
    /// The volumes, each class of a volume in turn.
    pub volumes: Vec<ReportRow>,
    /// Each class, in the order in which they were first given.
    pub classes: Vec<ClassSummary>,
    /// All foreground classes together.
    pub foreground: ClassSummary,
}

impl Report {
    /// The summary of one class.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a class that was not given.
    pub fn class(&self, class: &str) -> Result<&ClassSummary> {
        let found = self.classes.iter().find(|summary| summary.class == class);
        found.ok_or_else(|| {
            let known = self.classes.iter().map(|summary| summary.class.clone()).collect();
            Error::Unknown { kind: "class", name: class.to_owned(), known }
        })
    }

    /// The values of a metric of one class, by volume: what
    /// [`PairedCases`](crate::PairedCases) compares.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a class or metric that was not given.
    ///
    /// # Example
    /// ```
    /// use qunet_segmetrics::{Bootstrap, EmptyPolicy, PairedCases, ReportBuilder, Unmatched};
    ///
    /// let report = |hd95: [f64; 3]| {
    ///     let mut builder = ReportBuilder::new(EmptyPolicy::Undefined).given(["hd95"]);
    ///     for (case, value) in ["ct_01", "ct_02", "ct_03"].into_iter().zip(hd95) {
    ///         builder.volume(case, "lesion", None, [Some(value)]);
    ///     }
    ///     builder.build()
    /// };
    /// let (ours, theirs) = (report([2.0, 3.0, 1.5])?, report([2.5, 4.0, 1.5])?);
    /// let pairs = PairedCases::by_name(
    ///     ours.volume_values("lesion", "hd95")?,
    ///     theirs.volume_values("lesion", "hd95")?,
    ///     Unmatched::Refuse,
    /// )?;
    /// assert_eq!(pairs.difference(&Bootstrap::default())?.differences.mean, Some(-0.5));
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    pub fn volume_values(&self, class: &str, metric: &str) -> Result<Vec<(&str, Option<f64>)>> {
        self.class(class)?;
        if !self.metrics.iter().any(|known| known == metric) {
            let (name, known) = (metric.to_owned(), self.metrics.clone());
            return Err(Error::Unknown { kind: "metric", name, known });
        }
        let rows = self.volumes.iter().filter(|row| row.class == class);
        Ok(rows.map(|row| (row.case.as_str(), value(&row.values, metric))).collect())
    }

    /// Writes the report as JSON with the names of its fields; undefined is `null`. Numbers read
    /// back as the same `f64`.
    ///
    /// # Errors
    /// Where `to` cannot be written to.
    pub fn write_json(&self, mut to: impl io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut to, self)?;
        writeln!(to)
    }

    /// Reads what [`write_json`](Self::write_json) wrote.
    ///
    /// # Errors
    /// Where `from` cannot be read, or is not the JSON of a report: with line and column.
    pub fn read_json(from: impl io::Read) -> io::Result<Self> {
        Ok(serde_json::from_reader(io::BufReader::new(from))?)
    }

    /// The summaries that tables show: each class, and all of them where that says more.
    fn summaries(&self) -> impl Iterator<Item = &ClassSummary> {
        let foreground =
            self.classes.iter().filter(|class| Some(&class.class) != self.background.as_ref());
        let several = (foreground.count() > 1).then_some(&self.foreground);
        self.classes.iter().chain(several)
    }
}

/// The value of a metric; undefined where there is none of that name.
fn value(values: &MetricValues, metric: &str) -> Option<f64> {
    values.get(metric).copied().flatten()
}
