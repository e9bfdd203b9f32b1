//! Overlap of the centerlines of vessels and other thin shapes.

mod skeleton;

use ndarray::{ArrayRef, Dimension};
use serde::{Deserialize, Serialize};

pub use self::skeleton::skeleton;
use crate::{ConfusionCounts, EmptyPolicy, ImageEdge, Result, sums::sum_of_fields};

/// Centerline Dice (clDice): how much of each skeleton lies within the other mask; that of two
/// volumes is the sum of theirs.
///
/// S. Shit et al., clDice (2021). Made for tubes: it asks whether they are connected, not how thick
/// they are.
///
/// | skeletons | topology precision | topology sensitivity | clDice |
/// |---|---|---|---|
/// | both empty | what the policy says | what the policy says | what the policy says |
/// | prediction empty | what the policy says | 0 | 0 |
/// | truth empty | 0 | what the policy says | 0 |
///
/// ```
/// use ndarray::Array2;
/// use qunet_segmetrics::{CenterlineDice, EmptyPolicy, ImageEdge};
///
/// // A vessel of 3 x 12 pixels, and a prediction a third as wide that is broken in one place.
/// let vessel = Array2::from_shape_fn((7, 16), |(y, x)| (2..5).contains(&y) && (2..14).contains(&x));
/// let thin = Array2::from_shape_fn((7, 16), |(y, x)| y == 3 && (2..14).contains(&x) && x != 7);
/// let score = CenterlineDice::between(&thin, &vessel, ImageEdge::Background)?;
/// assert_eq!(score.topology_precision(EmptyPolicy::Undefined), Some(1.0));
/// assert_eq!(score.topology_sensitivity(EmptyPolicy::Undefined), Some(9.0 / 10.0));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CenterlineDice {
    /// Number of pixels of the prediction's skeleton.
    pub prediction: u64,
    /// Of those, within the truth.
    pub prediction_hits: u64,
    /// Number of pixels of the truth's skeleton.
    pub truth: u64,
    /// Of those, within the prediction.
    pub truth_hits: u64,
}

impl CenterlineDice {
    /// The score of two masks of one to three axes and any stride, by their [`skeleton`]s.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) where the shapes differ,
    /// [`Error::Dimensions`](qunet_grid::Error::Dimensions) for no or more than three axes.
    pub fn between<D: Dimension>(
        prediction: &ArrayRef<bool, D>,
        truth: &ArrayRef<bool, D>,
        edge: ImageEdge,
    ) -> Result<Self> {
        let skeletons = [skeleton(prediction, edge)?, skeleton(truth, edge)?];
        Self::from_skeletons(prediction, &skeletons[0], truth, &skeletons[1])
    }

    /// The score of two masks and skeletons of them that the caller made, such as by thinning.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) where the shapes differ.
    pub fn from_skeletons<D: Dimension>(
        prediction: &ArrayRef<bool, D>,
        prediction_skeleton: &ArrayRef<bool, D>,
        truth: &ArrayRef<bool, D>,
        truth_skeleton: &ArrayRef<bool, D>,
    ) -> Result<Self> {
        let of_prediction = ConfusionCounts::from_masks(prediction_skeleton, truth)?;
        let of_truth = ConfusionCounts::from_masks(truth_skeleton, prediction)?;
        Ok(Self {
            prediction: of_prediction.predicted(),
            prediction_hits: of_prediction.true_positives,
            truth: of_truth.predicted(),
            truth_hits: of_truth.true_positives,
        })
    }

    /// Share of the prediction's skeleton within the truth, in [0, 1], higher = better.
    #[must_use]
    pub fn topology_precision(&self, policy: EmptyPolicy) -> Option<f64> {
        policy.ratio(self.prediction_hits, self.prediction)
    }

    /// Share of the truth's skeleton within the prediction, in [0, 1], higher = better.
    #[must_use]
    pub fn topology_sensitivity(&self, policy: EmptyPolicy) -> Option<f64> {
        policy.ratio(self.truth_hits, self.truth)
    }

    /// clDice: the harmonic mean of topology precision and sensitivity, in [0, 1], higher = better.
    #[must_use]
    pub fn score(&self, policy: EmptyPolicy) -> Option<f64> {
        if self.prediction + self.truth == 0 {
            return policy.ratio(0, 0);
        }
        let shares = [
            EmptyPolicy::Zero.ratio(self.prediction_hits, self.prediction)?,
            EmptyPolicy::Zero.ratio(self.truth_hits, self.truth)?,
        ];
        EmptyPolicy::Zero.quotient(2.0 * shares[0] * shares[1], shares[0] + shares[1])
    }
}

sum_of_fields! { CenterlineDice { prediction, prediction_hits, truth, truth_hits } }
