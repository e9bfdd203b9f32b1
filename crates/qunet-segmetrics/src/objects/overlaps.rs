use ndarray::Dimension;
use serde::{Deserialize, Serialize};

use super::Objects;
use super::runs::for_each_overlap;
use crate::{Result, shape::same_shape};

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
/// let objects = |mask| Objects::of(mask, Connectivity::Full);
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
    pub(super) prediction_sizes: Vec<u64>,
    pub(super) truth_sizes: Vec<u64>,
}

impl ObjectOverlaps {
    /// Overlaps of the objects of two masks of one shape.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) where the shapes differ.
    pub fn between<D: Dimension>(prediction: &Objects<D>, truth: &Objects<D>) -> Result<Self> {
        same_shape("truth", prediction.shape(), truth.shape())?;
        let mut shared = Vec::new();
        prediction.for_each_row_pair(truth, |predicted, actual| {
            for_each_overlap(predicted, actual, |p, t, pixels| {
                shared.push((p.object, t.object, pixels as u64));
            });
        });
        shared.sort_unstable_by_key(|&(p, t, _)| (p, t));
        shared.dedup_by(|again, first| {
            let same = (again.0, again.1) == (first.0, first.1);
            first.2 += if same { again.2 } else { 0 };
            same
        });
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
}
