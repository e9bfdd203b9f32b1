//! How the separate objects (lesions, cells) of two masks match.

use ndarray::Dimension;
use serde::{Deserialize, Serialize};

use qunet_grid::Objects;

use crate::{EmptyPolicy, Result, arrays::same_shape, sums::sum_of_fields};

/// An object of the prediction and one of the truth that share pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectOverlap {
    /// Number of the predicted object, from 0.
    pub prediction: usize,
    /// Number of the true object, from 0.
    pub truth: usize,
    /// Number of pixels that both have.
    pub intersection: u64,
    /// Jaccard index of the two, in (0, 1].
    pub jaccard: f64,
}

/// How the objects of a prediction and of a truth overlap; the scores of objects follow from it.
///
/// ```
/// use ndarray::array;
/// use qunet_segmetrics::{Connectivity, EmptyPolicy, ObjectOverlaps, Objects};
///
/// let objects = |mask| Objects::from_mask(mask, Connectivity::Full);
/// let prediction = array![true, true, false, true, false, true];
/// let truth = array![false, true, false, true, false, false];
/// let overlaps = ObjectOverlaps::between(&objects(&prediction)?, &objects(&truth)?)?;
/// let shared: Vec<_> = overlaps.pairs().iter().map(|p| (p.prediction, p.truth, p.jaccard)).collect();
/// assert_eq!(shared, [(0, 0, 0.5), (1, 1, 1.0)]);
///
/// let lesions = overlaps.lesions(0.0);
/// assert_eq!((lesions.predicted, lesions.predicted_hits), (3, 2));
/// assert_eq!((lesions.actual, lesions.detected), (2, 2));
/// let policy = EmptyPolicy::Undefined;
/// assert_eq!((lesions.precision(policy), lesions.recall(policy)), (Some(2.0 / 3.0), Some(1.0)));
/// assert_eq!(lesions.f1(policy), Some(4.0 / 5.0));
///
/// // One pair has a Jaccard index of 1, the other of exactly 1/2, which is not above 1/2.
/// let panoptic = overlaps.panoptic(0.5);
/// assert_eq!((panoptic.matched, panoptic.predicted, panoptic.actual), (1, 3, 2));
/// assert_eq!((panoptic.segmentation(policy), panoptic.recognition(policy)), (Some(1.0), Some(0.4)));
/// assert_eq!(panoptic.quality(policy), Some(0.4));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectOverlaps {
    pairs: Vec<ObjectOverlap>,
    prediction_sizes: Vec<u64>,
    truth_sizes: Vec<u64>,
}

impl ObjectOverlaps {
    /// Overlaps of the objects of two masks of one shape.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) where the shapes differ.
    pub fn between<D: Dimension>(prediction: &Objects<D>, truth: &Objects<D>) -> Result<Self> {
        same_shape("truth", prediction.shape(), truth.shape())?;
        let shared = prediction.shared_pixels(truth)?;
        let (sizes, truth_sizes) = (prediction.sizes(), truth.sizes());
        let overlap = |(prediction, truth, intersection): (u32, u32, u64)| {
            let (prediction, truth) = (prediction as usize, truth as usize);
            let union = sizes[prediction] + truth_sizes[truth] - intersection;
            let jaccard = intersection as f64 / union as f64;
            ObjectOverlap { prediction, truth, intersection, jaccard }
        };
        Ok(Self {
            pairs: shared.into_iter().map(overlap).collect(),
            prediction_sizes: sizes.to_vec(),
            truth_sizes: truth_sizes.to_vec(),
        })
    }

    /// The pairs that share pixels, in the order of the predicted and then of the true objects.
    #[must_use]
    pub fn pairs(&self) -> &[ObjectOverlap] {
        &self.pairs
    }

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
///
/// That of many volumes is the sum of theirs.
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

sum_of_fields! { LesionScores { predicted, predicted_hits, actual, detected } }

sum_of_fields! { PanopticQuality { matched, predicted, actual, jaccard_sum } }
