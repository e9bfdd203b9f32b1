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
