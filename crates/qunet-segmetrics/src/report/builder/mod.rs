//! From counts and values to a report.

mod rows;
mod summaries;

use self::{rows::rows, summaries::summarised};
use super::Report;
use crate::{Bootstrap, ConfusionCounts, EmptyPolicy, Error, Result};

/// A metric that follows from confusion counts.
type OfCounts = fn(&ConfusionCounts, EmptyPolicy) -> Option<f64>;

/// Names that the columns of a CSV table have already.
pub(super) const RESERVED: [&str; 8] = [
    "level",
    "case",
    "slice",
    "class",
    "true_positives",
    "false_positives",
    "false_negatives",
    "true_negatives",
];

/// Collects counts and values of slices and volumes for a [`Report`].
///
/// First say which metrics there are: those that follow from counts (`overlap`, `counted`), and
/// those whose values come with each row (`given`), such as surface distances or scores of objects.
/// Then add slices, volumes, or both, in any order.
///
/// ```
/// use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, ReportBuilder};
///
/// let mut builder = ReportBuilder::new(EmptyPolicy::Undefined)
///     .counted("matthews", ConfusionCounts::matthews)
///     .given(["hd95", "lesion F1"])
///     .background("0");
/// let counts = ConfusionCounts { true_positives: 5, true_negatives: 5, ..Default::default() };
/// builder.volume("ct_01", "0", counts, [None, None]);
/// builder.volume("ct_01", "1", counts, [Some(3.0), Some(0.5)]);
/// let report = builder.build()?;
/// assert_eq!(report.metrics, ["matthews", "hd95", "lesion F1"]);
/// assert_eq!(report.foreground.over_volumes["lesion F1"].summary.mean, Some(0.5));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReportBuilder {
    empty_policy: EmptyPolicy,
    /// The metrics; `None` for those that are given.
    metrics: Vec<(String, Option<OfCounts>)>,
    background: Option<String>,
    bootstrap: Option<Bootstrap>,
    rows: Vec<Given>,
}

/// A row as it was given; the values in the order of the metrics that are given.
#[derive(Clone, Debug)]
struct Given {
    case: String,
    slice: Option<usize>,
    class: String,
    counts: Option<ConfusionCounts>,
    values: Vec<Option<f64>>,
}

impl ReportBuilder {
    /// A report without metrics yet; `empty_policy` says what 0/0 is in those of counts.
    #[must_use]
    pub fn new(empty_policy: EmptyPolicy) -> Self {
        Self { empty_policy, ..Self::default() }
    }

    /// Adds precision, recall, Jaccard, Dice and accuracy.
    #[must_use]
    pub fn overlap(self) -> Self {
        self.counted("precision", ConfusionCounts::precision)
            .counted("recall", ConfusionCounts::recall)
            .counted("jaccard", ConfusionCounts::jaccard)
            .counted("dice", ConfusionCounts::dice)
            .counted("accuracy", ConfusionCounts::accuracy)
    }

    /// Adds a metric that follows from counts, at every level.
    #[must_use]
    pub fn counted(mut self, metric: impl Into<String>, of_counts: OfCounts) -> Self {
        self.metrics.push((metric.into(), Some(of_counts)));
        self
    }

    /// Adds metrics whose values are given with each row, in this order.
    #[must_use]
    pub fn given<N: Into<String>>(mut self, metrics: impl IntoIterator<Item = N>) -> Self {
        self.metrics.extend(metrics.into_iter().map(|metric| (metric.into(), None)));
        self
    }

    /// Names the class that is left out of what holds for the foreground.
    #[must_use]
    pub fn background(mut self, class: impl Into<String>) -> Self {
        self.background = Some(class.into());
        self
    }

    /// Adds intervals to the means over slices and over volumes.
    #[must_use]
    pub fn bootstrap(mut self, bootstrap: Bootstrap) -> Self {
        self.bootstrap = Some(bootstrap);
        self
    }

    /// Adds one class of a slice: its counts, or `None`, and the values of the given metrics.
    pub fn slice(
        &mut self,
        case: impl Into<String>,
        slice: usize,
        class: impl Into<String>,
        counts: impl Into<Option<ConfusionCounts>>,
        values: impl IntoIterator<Item = Option<f64>>,
    ) -> &mut Self {
        self.row(case.into(), Some(slice), class.into(), counts.into(), values)
    }

    /// Adds one class of a volume: its counts, or `None` to add them over its slices, and the values
    /// of the given metrics. A volume without given metrics need not be added to its slices.
    pub fn volume(
        &mut self,
        case: impl Into<String>,
        class: impl Into<String>,
        counts: impl Into<Option<ConfusionCounts>>,
        values: impl IntoIterator<Item = Option<f64>>,
    ) -> &mut Self {
        self.row(case.into(), None, class.into(), counts.into(), values)
    }

    fn row(
        &mut self,
        case: String,
        slice: Option<usize>,
        class: String,
        counts: Option<ConfusionCounts>,
        values: impl IntoIterator<Item = Option<f64>>,
    ) -> &mut Self {
        let values = values.into_iter().collect();
        self.rows.push(Given { case, slice, class, counts, values });
        self
    }

    /// Computes the metrics and summarises them.
    ///
    /// # Errors
    /// [`Error::MetricName`] for a name that is empty, there twice or that of another column;
    /// [`Error::MetricValues`] for a row with too few or too many values; [`Error::Repeated`] for a
    /// row given twice; [`Error::VolumeCounts`] for a volume with other counts than its slices;
    /// [`Error::Bootstrap`] for settings out of range.
    pub fn build(&self) -> Result<Report> {
        let metrics: Vec<String> = self.metrics.iter().map(|(name, _)| name.clone()).collect();
        check_names(&metrics)?;
        let (slices, volumes) = rows(self)?;
        let (classes, foreground) = summarised(self, &slices, &volumes)?;
        Ok(Report {
            empty_policy: self.empty_policy,
            metrics,
            background: self.background.clone(),
            slices,
            volumes,
            classes,
            foreground,
        })
    }
}

fn check_names(metrics: &[String]) -> Result<()> {
    for (place, name) in metrics.iter().enumerate() {
        let rule = match name.as_str() {
            "" => "not empty",
            name if RESERVED.contains(&name) => "none of the other columns of a table",
            name if metrics[..place].iter().any(|other| other == name) => "there once",
            _ => continue,
        };
        return Err(Error::MetricName { name: name.clone(), rule });
    }
    Ok(())
}
