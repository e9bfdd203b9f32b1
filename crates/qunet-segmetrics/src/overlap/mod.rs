//! Overlap of a prediction and the truth: the paper's five metrics, further ones, those of several
//! classes, and those of probabilities.

mod classes;
mod further;
mod soft;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::{classes::Average, soft::SoftOverlap};
use crate::{ConfusionCounts, EmptyPolicy, Summary};

/// The overlap metrics of one prediction, in [0, 1] and higher = better; `None` = undefined.
pub type OverlapScores = PerMetric<Option<f64>>;

/// The overlap metrics of many predictions, each summarised over them.
pub type OverlapSummary = PerMetric<Summary>;

/// The overlap metrics of section III of S. Roychowdhury, QU-net++ (2021).
///
/// ```
/// use qunet_segmetrics::OverlapMetric;
///
/// let names: Vec<String> = OverlapMetric::ALL.iter().map(ToString::to_string).collect();
/// assert_eq!(names, ["precision", "recall", "jaccard", "dice", "accuracy"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverlapMetric {
    /// TP / (TP + FP).
    Precision,
    /// TP / (TP + FN).
    Recall,
    /// TP / (TP + FP + FN), also called IoU.
    Jaccard,
    /// 2 TP / (2 TP + FP + FN), also called F1.
    Dice,
    /// (TP + TN) / (TP + FP + FN + TN).
    Accuracy,
}

impl OverlapMetric {
    /// All metrics, in the order of the paper's Table I.
    pub const ALL: [Self; 5] =
        [Self::Precision, Self::Recall, Self::Jaccard, Self::Dice, Self::Accuracy];

    /// The metric of `counts`.
    ///
    /// # Example
    /// ```
    /// use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, OverlapMetric};
    ///
    /// let counts = ConfusionCounts { true_positives: 3, false_positives: 1, ..Default::default() };
    /// assert_eq!(OverlapMetric::Precision.of(&counts, EmptyPolicy::Undefined), Some(0.75));
    /// ```
    #[must_use]
    pub fn of(self, counts: &ConfusionCounts, policy: EmptyPolicy) -> Option<f64> {
        let hits = counts.true_positives;
        let either = counts.predicted() + counts.false_negatives;
        match self {
            Self::Precision => policy.ratio(hits, counts.predicted()),
            Self::Recall => policy.ratio(hits, counts.actual()),
            Self::Jaccard => policy.ratio(hits, either),
            Self::Dice => policy.ratio(2 * hits, counts.predicted() + counts.actual()),
            Self::Accuracy => policy.ratio(hits + counts.true_negatives, counts.pixels()),
        }
    }
}

impl fmt::Display for OverlapMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::Jaccard => "jaccard",
            Self::Dice => "dice",
            Self::Accuracy => "accuracy",
        })
    }
}

/// The overlap metrics as methods; all lie in [0, 1] and higher = better.
///
/// Each is what `policy` says where its denominator is 0.
impl ConfusionCounts {
    /// Precision: TP / (TP + FP), the part of the prediction that is true.
    ///
    /// # Example
    /// ```
    /// # use qunet_segmetrics::{ConfusionCounts, EmptyPolicy};
    /// let counts = ConfusionCounts { true_positives: 3, false_positives: 1, ..Default::default() };
    /// assert_eq!(counts.precision(EmptyPolicy::Undefined), Some(0.75));
    /// ```
    #[must_use]
    pub fn precision(&self, policy: EmptyPolicy) -> Option<f64> {
        OverlapMetric::Precision.of(self, policy)
    }

    /// Recall: TP / (TP + FN), the part of the truth that is predicted.
    ///
    /// # Example
    /// ```
    /// # use qunet_segmetrics::{ConfusionCounts, EmptyPolicy};
    /// let counts = ConfusionCounts { true_positives: 3, false_negatives: 2, ..Default::default() };
    /// assert_eq!(counts.recall(EmptyPolicy::Undefined), Some(0.6));
    /// ```
    #[must_use]
    pub fn recall(&self, policy: EmptyPolicy) -> Option<f64> {
        OverlapMetric::Recall.of(self, policy)
    }

    /// Jaccard index J: TP / (TP + FP + FN), intersection over union.
    ///
    /// # Example
    /// ```
    /// # use qunet_segmetrics::{ConfusionCounts, EmptyPolicy};
    /// let counts = ConfusionCounts {
    ///     true_positives: 3, false_positives: 1, false_negatives: 2, true_negatives: 9,
    /// };
    /// assert_eq!(counts.jaccard(EmptyPolicy::Undefined), Some(0.5));
    /// ```
    #[must_use]
    pub fn jaccard(&self, policy: EmptyPolicy) -> Option<f64> {
        OverlapMetric::Jaccard.of(self, policy)
    }

    /// Dice coefficient D: 2 TP / (2 TP + FP + FN) = 2 J / (1 + J).
    ///
    /// # Example
    /// ```
    /// # use qunet_segmetrics::{ConfusionCounts, EmptyPolicy};
    /// let counts = ConfusionCounts {
    ///     true_positives: 3, false_positives: 1, false_negatives: 2, true_negatives: 9,
    /// };
    /// assert_eq!(counts.dice(EmptyPolicy::Undefined), Some(6.0 / 9.0));
    /// ```
    #[must_use]
    pub fn dice(&self, policy: EmptyPolicy) -> Option<f64> {
        OverlapMetric::Dice.of(self, policy)
    }

    /// Accuracy: (TP + TN) / all pixels; near 1 for any small lesion, however bad the mask.
    ///
    /// # Example
    /// ```
    /// # use qunet_segmetrics::{ConfusionCounts, EmptyPolicy};
    /// let counts = ConfusionCounts {
    ///     true_positives: 3, false_positives: 1, false_negatives: 2, true_negatives: 9,
    /// };
    /// assert_eq!(counts.accuracy(EmptyPolicy::Undefined), Some(0.8));
    /// ```
    #[must_use]
    pub fn accuracy(&self, policy: EmptyPolicy) -> Option<f64> {
        OverlapMetric::Accuracy.of(self, policy)
    }

    /// Specificity: TN / (TN + FP), the part of the background that is left alone.
    ///
    /// # Example
    /// ```
    /// # use qunet_segmetrics::{ConfusionCounts, EmptyPolicy};
    /// let counts = ConfusionCounts { false_positives: 1, true_negatives: 9, ..Default::default() };
    /// assert_eq!(counts.specificity(EmptyPolicy::Undefined), Some(0.9));
    /// ```
    #[must_use]
    pub fn specificity(&self, policy: EmptyPolicy) -> Option<f64> {
        let background = self.true_negatives + self.false_positives;
        policy.ratio(self.true_negatives, background)
    }

    /// All overlap metrics at once.
    ///
    /// # Example
    /// ```
    /// # use qunet_segmetrics::{ConfusionCounts, EmptyPolicy};
    /// let missed = ConfusionCounts { false_negatives: 5, true_negatives: 5, ..Default::default() };
    /// let scores = missed.scores(EmptyPolicy::Undefined);
    /// assert_eq!((scores.precision, scores.recall), (None, Some(0.0)));
    /// assert_eq!((scores.dice, scores.accuracy), (Some(0.0), Some(0.5)));
    /// ```
    #[must_use]
    pub fn scores(&self, policy: EmptyPolicy) -> OverlapScores {
        PerMetric::from_fn(|metric| metric.of(self, policy))
    }
}

/// One value for each [`OverlapMetric`].
///
/// ```
/// use qunet_segmetrics::{OverlapMetric, PerMetric};
///
/// let lengths = PerMetric::from_fn(|metric| metric.to_string().len());
/// assert_eq!(lengths.dice, 4);
/// assert_eq!(*lengths.get(OverlapMetric::Recall), 6);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PerMetric<T> {
    /// Of the precision.
    pub precision: T,
    /// Of the recall.
    pub recall: T,
    /// Of the Jaccard index.
    pub jaccard: T,
    /// Of the Dice coefficient.
    pub dice: T,
    /// Of the accuracy.
    pub accuracy: T,
}

impl<T> PerMetric<T> {
    /// The values that `value` gives, asked in the order of [`OverlapMetric::ALL`].
    pub fn from_fn(mut value: impl FnMut(OverlapMetric) -> T) -> Self {
        Self {
            precision: value(OverlapMetric::Precision),
            recall: value(OverlapMetric::Recall),
            jaccard: value(OverlapMetric::Jaccard),
            dice: value(OverlapMetric::Dice),
            accuracy: value(OverlapMetric::Accuracy),
        }
    }

    /// The value of one metric.
    pub fn get(&self, metric: OverlapMetric) -> &T {
        match metric {
            OverlapMetric::Precision => &self.precision,
            OverlapMetric::Recall => &self.recall,
            OverlapMetric::Jaccard => &self.jaccard,
            OverlapMetric::Dice => &self.dice,
            OverlapMetric::Accuracy => &self.accuracy,
        }
    }
}
