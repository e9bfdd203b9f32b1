use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    ConfusionCounts, EmptyPolicy, OverlapMetric, OverlapScores, OverlapSummary, PerMetric, Summary,
};

/// Counts and scores of one slice.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SliceScores {
    /// Index of the slice in its stack.
    pub slice: usize,
    /// Its confusion counts.
    pub counts: ConfusionCounts,
    /// Its scores.
    pub scores: OverlapScores,
}

/// Scores of the slices of a stack, and both ways to bring them to one number.
///
/// The mean over slices weighs every slice the same, and says how many had no value; the pooled
/// scores weigh every pixel the same. They differ by more than most methods do, so each has its
/// name. Section III of S. Roychowdhury, QU-net++ (2021) reports the mean over slices. Its
/// `Display` is an aligned table.
///
/// ```
/// use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, Evaluation};
///
/// let counts = |true_positives, false_negatives| ConfusionCounts {
///     true_positives, false_negatives, ..Default::default()
/// };
/// let slices = [(4, counts(1, 1)), (5, counts(98, 0)), (6, counts(0, 0))];
/// let evaluation = Evaluation::new(slices, EmptyPolicy::Undefined);
/// assert_eq!(evaluation.over_slices.recall.mean, Some(0.75));
/// assert_eq!(evaluation.over_slices.recall.undefined, 1);
/// assert_eq!(evaluation.pooled.recall, Some(0.99));
/// assert!(evaluation.to_string().contains("mean over slices"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// What a metric is where it reads 0/0.
    pub empty_policy: EmptyPolicy,
    /// The slices, in the order given.
    pub slices: Vec<SliceScores>,
    /// Each metric computed per slice, then summarised over the slices.
    pub over_slices: OverlapSummary,
    /// Counts added over all slices.
    pub pooled_counts: ConfusionCounts,
    /// Each metric computed once, from the added counts.
    pub pooled: OverlapScores,
}

impl Evaluation {
    /// Scores the counts of each slice, given with the slice's index.
    #[must_use]
    pub fn new(
        slices: impl IntoIterator<Item = (usize, ConfusionCounts)>,
        empty_policy: EmptyPolicy,
    ) -> Self {
        let score = |(slice, counts): (usize, ConfusionCounts)| SliceScores {
            slice,
            counts,
            scores: counts.scores(empty_policy),
        };
        let slices: Vec<SliceScores> = slices.into_iter().map(score).collect();
        let summarise =
            |metric| Summary::from_values(slices.iter().map(|slice| *slice.scores.get(metric)));
        let over_slices = PerMetric::from_fn(summarise);
        let pooled_counts: ConfusionCounts = slices.iter().map(|slice| slice.counts).sum();
        Self {
            empty_policy,
            slices,
            over_slices,
            pooled_counts,
            pooled: pooled_counts.scores(empty_policy),
        }
    }

    /// Each metric summarised over the slices that show a lesion in truth.
    ///
    /// A mean over all slices is moved by healthy ones on which something is found, each with a Dice
    /// of 0; this one is not, and [`false_healthy`](Self::false_healthy) counts those.
    ///
    /// ```
    /// use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, Evaluation};
    ///
    /// let counts = |true_positives, false_positives| ConfusionCounts {
    ///     true_positives, false_positives, ..Default::default()
    /// };
    /// let slices = [(0, counts(4, 2)), (1, counts(0, 3)), (2, counts(0, 0))];
    /// let evaluation = Evaluation::new(slices, EmptyPolicy::Undefined);
    /// // 2 · 4 / (2 · 4 + 2) on the only slice with lesion; 0 on the next pulls the mean to a half.
    /// assert_eq!(evaluation.over_lesion_slices().dice.mean, Some(0.8));
    /// assert_eq!(evaluation.over_slices.dice.mean, Some(0.4));
    /// assert_eq!(evaluation.false_healthy(), (1, 2));
    /// ```
    #[must_use]
    pub fn over_lesion_slices(&self) -> OverlapSummary {
        let diseased: Vec<&SliceScores> =
            self.slices.iter().filter(|slice| slice.has_lesion()).collect();
        PerMetric::from_fn(|metric| {
            Summary::from_values(diseased.iter().map(|slice| *slice.scores.get(metric)))
        })
    }

    /// The slices without lesion on which something is found, and all slices without lesion.
    #[must_use]
    pub fn false_healthy(&self) -> (usize, usize) {
        let healthy = || self.slices.iter().filter(|slice| !slice.has_lesion());
        (healthy().filter(|slice| slice.counts.false_positives > 0).count(), healthy().count())
    }
}

impl SliceScores {
    /// Whether the truth shows a lesion.
    #[must_use]
    pub fn has_lesion(&self) -> bool {
        self.counts.true_positives + self.counts.false_negatives > 0
    }
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "slice", |metric| metric.to_string())?;
        for slice in &self.slices {
            line(f, &slice.slice.to_string(), |metric| score(*slice.scores.get(metric)))?;
        }
        let summary = |metric| self.over_slices.get(metric);
        line(f, "mean over slices", |metric| score(summary(metric).mean))?;
        line(f, "std over slices", |metric| score(summary(metric).std))?;
        line(f, "median over slices", |metric| score(summary(metric).median))?;
        line(f, "undefined slices", |metric| summary(metric).undefined.to_string())?;
        line(f, "pooled over pixels", |metric| score(*self.pooled.get(metric)))
    }
}

fn line(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    cell: impl Fn(OverlapMetric) -> String,
) -> fmt::Result {
    write!(f, "{name:<18}")?;
    for metric in OverlapMetric::ALL {
        write!(f, " {:>9}", cell(metric))?;
    }
    writeln!(f)
}

fn score(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"))
}
