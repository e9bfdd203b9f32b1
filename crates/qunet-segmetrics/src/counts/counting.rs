use ndarray::{ArrayRef, Dimension};

use super::{ConfusionCounts, kernel};
use crate::{Result, arrays::same_shape};

/// Which pixels are counted: those in `region` whose true label is not `ignore`.
///
/// ```
/// use ndarray::array;
/// use qunet_segmetrics::Counting;
///
/// let (prediction, truth) = (array![1_u8, 1, 0, 1], array![1_u8, 255, 0, 0]);
/// let region = array![true, true, true, false];
/// let counting = Counting { region: Some(&*region), ignore: Some(255) };
/// let counts = counting.counts(&prediction, &truth, 1)?;
/// assert_eq!((counts.pixels(), counts.true_positives, counts.false_positives), (2, 1, 0));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Debug)]
pub struct Counting<'a, L, D: Dimension> {
    /// Where it is false, a pixel does not count; `None` = everywhere.
    pub region: Option<&'a ArrayRef<bool, D>>,
    /// The true label of pixels that nobody annotated, often 255; `None` = all are annotated.
    pub ignore: Option<L>,
}

impl<L: Copy + PartialEq, D: Dimension> Counting<'_, L, D> {
    /// Counts of the pixels equal to `label` against all others, of any dimension and stride.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) where the shapes differ.
    pub fn counts(
        &self,
        prediction: &ArrayRef<L, D>,
        truth: &ArrayRef<L, D>,
        label: L,
    ) -> Result<ConfusionCounts> {
        self.check(prediction, truth)?;
        Ok(kernel::sums(prediction, truth, self.region, (label, self.ignore)).into())
    }

    pub(super) fn check(&self, prediction: &ArrayRef<L, D>, truth: &ArrayRef<L, D>) -> Result<()> {
        same_shape("truth", prediction.shape(), truth.shape())?;
        match self.region {
            Some(region) => same_shape("region", prediction.shape(), region.shape()),
            None => Ok(()),
        }
    }
}
