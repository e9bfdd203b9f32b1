//! Pixels by their probability: areas under curves, and counts over thresholds.

use serde::{Deserialize, Serialize};

use super::ScoredPixels;
use crate::ConfusionCounts;

/// The counts of a probability map binarised as `probability > threshold`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdCounts {
    /// The threshold, a probability.
    pub threshold: f32,
    /// The counts at it; every metric of counts is a method.
    pub counts: ConfusionCounts,
}

impl ScoredPixels {
    /// Area under the ROC curve: how often a true pixel has a higher probability than another,
    /// ties counting half; in [0, 1], higher = better; `None` without pixels of both kinds.
    #[must_use]
    pub fn roc_auc(&self) -> Option<f64> {
        roc_auc(self.ties())
    }

    /// Average precision: sum over the distinct thresholds of precision times the gain of
    /// recall; in [0, 1], higher = better; `None` without a true pixel.
    #[must_use]
    pub fn average_precision(&self) -> Option<f64> {
        average_precision(self.ties().rev())
    }

    /// The counts at each of `thresholds`, in their order.
    ///
    /// Each takes a binary search; a NaN threshold marks no pixel.
    #[must_use]
    pub fn sweep(&self, thresholds: &[f32]) -> Vec<ThresholdCounts> {
        let mut negatives_below = vec![0_u64];
        let mut below = 0;
        negatives_below.extend(self.sorted.iter().map(|&(_, actual)| {
            below += u64::from(!actual);
            below
        }));
        let pixels = self.sorted.len() as u64;
        let at = |&threshold: &f32| {
            // Nothing is above NaN.
            let cut = self.sorted.partition_point(|&(p, _)| threshold.is_nan() || p <= threshold);
            let true_negatives = negatives_below[cut];
            let false_negatives = cut as u64 - true_negatives;
            let false_positives = below - true_negatives;
            let true_positives = pixels - cut as u64 - false_positives;
            let counts = ConfusionCounts {
                true_positives,
                false_positives,
                false_negatives,
                true_negatives,
            };
            ThresholdCounts { threshold, counts }
        };
        thresholds.iter().map(at).collect()
    }

    /// The counts at every probability that occurs, ascending, after a first threshold of -1 that
    /// marks all pixels: the ROC and the precision-recall curve.
    ///
    /// # Example
    /// ```
    /// use ndarray::array;
    /// use qunet_segmetrics::{EmptyPolicy, ScoredPixels};
    ///
    /// let pixels = ScoredPixels::new(&array![0.0, 0.5, 0.5], &array![false, true, false], None)?;
    /// let policy = EmptyPolicy::Undefined;
    /// let roc: Vec<_> = pixels
    ///     .curve()
    ///     .iter()
    ///     .map(|point| (point.counts.false_positive_rate(policy), point.counts.recall(policy)))
    ///     .collect();
    /// assert_eq!(roc, [(Some(1.0), Some(1.0)), (Some(0.5), Some(1.0)), (Some(0.0), Some(0.0))]);
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    #[must_use]
    pub fn curve(&self) -> Vec<ThresholdCounts> {
        let distinct = self.sorted.chunk_by(|a, b| a.0 == b.0).map(|tied| tied[0].0);
        self.sweep(&[-1.0].into_iter().chain(distinct).collect::<Vec<_>>())
    }

    /// The first of `thresholds` at which `score`, a metric where higher = better, is highest;
    /// `None` where it is undefined at all.
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_segmetrics::{EmptyPolicy, ScoredPixels};
    ///
    /// let probability = array![0.25, 0.375, 0.75];
    /// let pixels = ScoredPixels::new(&probability, &array![false, true, true], None)?;
    /// let dice = |counts: &qunet_segmetrics::ConfusionCounts| counts.dice(EmptyPolicy::Undefined);
    /// let best = pixels.best_threshold(&[0.25, 0.5], dice).map(|best| best.threshold);
    /// assert_eq!(best, Some(0.25));
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    #[must_use]
    pub fn best_threshold(
        &self,
        thresholds: &[f32],
        score: impl Fn(&ConfusionCounts) -> Option<f64>,
    ) -> Option<ThresholdCounts> {
        ThresholdCounts::best(self.sweep(thresholds), score)
    }

    /// The numbers of false and true pixels of each probability, from low to high.
    fn ties(&self) -> impl DoubleEndedIterator<Item = (u64, u64)> {
        self.sorted.chunk_by(|a, b| a.0 == b.0).map(|tied| {
            let positives = tied.iter().filter(|pixel| pixel.1).count();
            ((tied.len() - positives) as u64, positives as u64)
        })
    }
}

/// Of the numbers of false and true pixels that are tied, from low to high probability.
pub(super) fn roc_auc(ascending: impl Iterator<Item = (u64, u64)>) -> Option<f64> {
    let (mut negatives, mut positives, mut twice_wins) = (0_u64, 0_u64, 0_u128);
    for (n, p) in ascending {
        twice_wins += u128::from(p) * u128::from(2 * negatives + n);
        negatives += n;
        positives += p;
    }
    let pairs = 2.0 * positives as f64 * negatives as f64;
    (pairs > 0.0).then(|| twice_wins as f64 / pairs)
}

/// Of the numbers of false and true pixels that are tied, from high to low probability.
pub(super) fn average_precision(descending: impl Iterator<Item = (u64, u64)>) -> Option<f64> {
    let (mut predicted, mut found, mut sum) = (0_u64, 0_u64, 0.0);
    for (n, p) in descending.filter(|&(n, p)| n + p > 0) {
        predicted += n + p;
        found += p;
        sum += found as f64 / predicted as f64 * p as f64;
    }
    (found > 0).then(|| sum / found as f64)
}

impl ThresholdCounts {
    /// The first point of a curve at which `score`, a metric where higher = better, is highest;
    /// `None` where it is undefined at all.
    #[must_use]
    pub fn best(
        curve: impl IntoIterator<Item = Self>,
        score: impl Fn(&ConfusionCounts) -> Option<f64>,
    ) -> Option<Self> {
        let mut best: Option<(f64, Self)> = None;
        for point in curve {
            if let Some(score) = score(&point.counts)
                && best.is_none_or(|(highest, _)| score > highest)
            {
                best = Some((score, point));
            }
        }
        best.map(|(_, point)| point)
    }
}
