//! Counts of pixels by what a prediction and the truth say of them.

mod counting;
mod kernel;
mod matrix;

use ndarray::{ArrayRef, Dimension};
use serde::{Deserialize, Serialize};

use self::kernel::Sums;
pub use self::{counting::Counting, matrix::ConfusionMatrix};
use crate::{Result, sums::sum_of_fields};

/// How many pixels a prediction and the truth agree and differ on.
///
/// Counts of two parts of an image add up to the counts of the whole, so pooled scores are the
/// scores of a sum. The overlap metrics are methods; each takes the
/// [`EmptyPolicy`](crate::EmptyPolicy) for 0/0.
/// Section III of S. Roychowdhury, QU-net++ (2021).
///
/// ```
/// use qunet_segmetrics::{ConfusionCounts, EmptyPolicy};
///
/// let upper = ConfusionCounts {
///     true_positives: 2, false_positives: 1, false_negatives: 0, true_negatives: 3,
/// };
/// let lower = ConfusionCounts {
///     true_positives: 1, false_positives: 0, false_negatives: 2, true_negatives: 3,
/// };
/// let whole: ConfusionCounts = [upper, lower].into_iter().sum();
/// assert_eq!(whole.pixels(), 12);
/// assert_eq!(whole.jaccard(EmptyPolicy::Undefined), Some(3.0 / 6.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ConfusionCounts {
    /// Predicted and true (TP).
    pub true_positives: u64,
    /// Predicted, not true (FP).
    pub false_positives: u64,
    /// Not predicted, true (FN).
    pub false_negatives: u64,
    /// Neither (TN).
    pub true_negatives: u64,
}

impl ConfusionCounts {
    /// Counts of two masks of the same shape, of any dimension and stride.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) where the shapes differ.
    ///
    /// # Example
    /// ```
    /// use ndarray::array;
    /// use qunet_segmetrics::ConfusionCounts;
    ///
    /// let prediction = array![[true, true], [false, false]];
    /// let truth = array![[true, false], [true, false]];
    /// let counts = ConfusionCounts::from_masks(&prediction, &truth)?;
    /// assert_eq!((counts.true_positives, counts.false_positives), (1, 1));
    /// assert_eq!((counts.false_negatives, counts.true_negatives), (1, 1));
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    pub fn from_masks<D: Dimension>(
        prediction: &ArrayRef<bool, D>,
        truth: &ArrayRef<bool, D>,
    ) -> Result<Self> {
        Counting { region: None, ignore: None }.counts(prediction, truth, true)
    }

    /// Counts of two masks over the pixels where `region` is true.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) where the shapes differ.
    ///
    /// # Example
    /// ```
    /// use ndarray::array;
    /// use qunet_segmetrics::ConfusionCounts;
    ///
    /// let (prediction, truth) = (array![true, true, false], array![true, false, false]);
    /// let lungs = array![true, false, true];
    /// let counts = ConfusionCounts::from_masks_in(&prediction, &truth, &lungs)?;
    /// assert_eq!((counts.pixels(), counts.false_positives), (2, 0));
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    pub fn from_masks_in<D: Dimension>(
        prediction: &ArrayRef<bool, D>,
        truth: &ArrayRef<bool, D>,
        region: &ArrayRef<bool, D>,
    ) -> Result<Self> {
        Counting { region: Some(region), ignore: None }.counts(prediction, truth, true)
    }

    /// Counts of one class of two label maps: the pixels equal to `label` against all others.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) where the shapes differ.
    ///
    /// # Example
    /// ```
    /// use ndarray::array;
    /// use qunet_segmetrics::ConfusionCounts;
    ///
    /// let (prediction, truth) = (array![0_u8, 1, 2, 2], array![0_u8, 2, 2, 1]);
    /// let counts = ConfusionCounts::from_labels(&prediction, &truth, 2)?;
    /// assert_eq!((counts.true_positives, counts.false_negatives), (1, 1));
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    pub fn from_labels<L: Copy + PartialEq, D: Dimension>(
        prediction: &ArrayRef<L, D>,
        truth: &ArrayRef<L, D>,
        label: L,
    ) -> Result<Self> {
        Counting { region: None, ignore: None }.counts(prediction, truth, label)
    }

    /// Counts of one class of two label maps over the pixels where `region` is true.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) where the shapes differ.
    ///
    /// # Example
    /// ```
    /// use ndarray::array;
    /// use qunet_segmetrics::ConfusionCounts;
    ///
    /// // 255 marks pixels that nobody annotated.
    /// let (prediction, truth) = (array![1_u8, 1, 0], array![1_u8, 255, 0]);
    /// let annotated = truth.mapv(|label| label != 255);
    /// let counts = ConfusionCounts::from_labels_in(&prediction, &truth, &annotated, 1)?;
    /// assert_eq!((counts.pixels(), counts.false_positives), (2, 0));
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    pub fn from_labels_in<L: Copy + PartialEq, D: Dimension>(
        prediction: &ArrayRef<L, D>,
        truth: &ArrayRef<L, D>,
        region: &ArrayRef<bool, D>,
        label: L,
    ) -> Result<Self> {
        Counting { region: Some(region), ignore: None }.counts(prediction, truth, label)
    }

    /// Number of pixels counted.
    #[must_use]
    pub fn pixels(&self) -> u64 {
        self.predicted() + self.false_negatives + self.true_negatives
    }

    /// Number of pixels predicted as positive: TP + FP.
    #[must_use]
    pub fn predicted(&self) -> u64 {
        self.true_positives + self.false_positives
    }

    /// Number of pixels that are truly positive: TP + FN.
    #[must_use]
    pub fn actual(&self) -> u64 {
        self.true_positives + self.false_negatives
    }
}

impl From<Sums> for ConfusionCounts {
    fn from(sums: Sums) -> Self {
        Self {
            true_positives: sums.both,
            false_positives: sums.predicted - sums.both,
            false_negatives: sums.actual - sums.both,
            true_negatives: sums.pixels - sums.predicted - (sums.actual - sums.both),
        }
    }
}

sum_of_fields! {
    ConfusionCounts { true_positives, false_positives, false_negatives, true_negatives }
}
