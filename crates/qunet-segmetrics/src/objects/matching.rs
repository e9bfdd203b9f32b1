use serde::{Deserialize, Serialize};

use super::ObjectOverlaps;
use crate::EmptyPolicy;

/// How many lesions were found, and how many findings are lesions.
///
/// One finding may cover several lesions and the reverse: each object is judged by itself. Counts
/// of many volumes are added before the scores are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LesionScores {
    /// Number of predicted objects.
    pub predicted: u64,
    /// Of those, with a true one that they overlap enough.
    pub predicted_hits: u64,
    /// Number of true objects.
    pub actual: u64,
    /// Of those, with a predicted one that they overlap enough.
    pub detected: u64,
}

impl LesionScores {
    /// Share of the predicted objects that hit a true one, in [0, 1], higher = better.
    #[must_use]
    pub fn precision(&self, policy: EmptyPolicy) -> Option<f64> {
        policy.ratio(self.predicted_hits, self.predicted)
    }

    /// Share of the true objects that were detected, in [0, 1], higher = better.
    #[must_use]
    pub fn recall(&self, policy: EmptyPolicy) -> Option<f64> {
        policy.ratio(self.detected, self.actual)
    }

    /// (hits + detected) / (predicted + actual), in [0, 1], higher = better: the F1 score where
    /// objects match one to one.
    #[must_use]
    pub fn f1(&self, policy: EmptyPolicy) -> Option<f64> {
        policy.ratio(self.predicted_hits + self.detected, self.predicted + self.actual)
    }
}

/// Panoptic quality of the objects of one class (Kirillov et al. 2019): objects match one to one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PanopticQuality {
    /// Number of pairs that match (TP).
    pub matched: u64,
    /// Number of predicted objects: TP + FP.
    pub predicted: u64,
    /// Number of true objects: TP + FN.
    pub actual: u64,
    /// Sum of the Jaccard indices of the pairs that match.
    pub jaccard_sum: f64,
}

impl PanopticQuality {
    /// Segmentation quality SQ: mean Jaccard index of the pairs that match, in [0, 1], higher =
    /// better; what `policy` says without such a pair.
    #[must_use]
    pub fn segmentation(&self, policy: EmptyPolicy) -> Option<f64> {
        policy.quotient(self.jaccard_sum, self.matched as f64)
    }

    /// Recognition quality RQ: TP / (TP + FP/2 + FN/2), in [0, 1], higher = better.
    #[must_use]
    pub fn recognition(&self, policy: EmptyPolicy) -> Option<f64> {
        policy.ratio(2 * self.matched, self.predicted + self.actual)
    }

    /// Panoptic quality PQ = SQ RQ, in [0, 1], higher = better; 0 where there are objects and none
    /// match.
    #[must_use]
    pub fn quality(&self, policy: EmptyPolicy) -> Option<f64> {
        policy.quotient(2.0 * self.jaccard_sum, (self.predicted + self.actual) as f64)
    }
}

impl ObjectOverlaps {
    /// Lesion-wise detection: a pair of objects hits where its Jaccard index is above `threshold`.
    ///
    /// 0 = any pixel in common is enough.
    #[must_use]
    pub fn lesions(&self, threshold: f64) -> LesionScores {
        let mut hits = vec![false; self.prediction_sizes.len()];
        let mut detected = vec![false; self.truth_sizes.len()];
        for pair in self.pairs().iter().filter(|pair| pair.jaccard > threshold) {
            hits[pair.prediction] = true;
            detected[pair.truth] = true;
        }
        let count = |marks: &[bool]| marks.iter().filter(|&&mark| mark).count() as u64;
        LesionScores {
            predicted: hits.len() as u64,
            predicted_hits: count(&hits),
            actual: detected.len() as u64,
            detected: count(&detected),
        }
    }

    /// Panoptic quality: pairs with a Jaccard index above `threshold` match, the highest first, each
    /// object once.
    ///
    /// From 0.5 on, the usual threshold, no object can be in two such pairs, so the order has no
    /// say; below, the best pairs win and, of equal ones, the first.
    #[must_use]
    pub fn panoptic(&self, threshold: f64) -> PanopticQuality {
        let mut pairs: Vec<_> =
            self.pairs().iter().filter(|pair| pair.jaccard > threshold).collect();
        pairs.sort_by(|a, b| b.jaccard.total_cmp(&a.jaccard));
        let mut free =
            [vec![true; self.prediction_sizes.len()], vec![true; self.truth_sizes.len()]];
        let mut quality = PanopticQuality {
            predicted: free[0].len() as u64,
            actual: free[1].len() as u64,
            ..PanopticQuality::default()
        };
        for pair in pairs {
            if free[0][pair.prediction] && free[1][pair.truth] {
                (free[0][pair.prediction], free[1][pair.truth]) = (false, false);
                quality.matched += 1;
                quality.jaccard_sum += pair.jaccard;
            }
        }
        quality
    }
}
