//! Scored pixels in the memory of one histogram.

use std::num::NonZeroUsize;

use ndarray::{ArrayRef, Dimension};
use serde::{Deserialize, Serialize};

use super::{
    CalibrationBin, CalibrationError, ThresholdCounts,
    calibration::bin,
    ranking::{average_precision, roc_auc},
};
use crate::{ConfusionCounts, Error, Result, arrays::for_each_row};

/// Scored pixels of any number of maps in the memory of one histogram.
///
/// Bins are of equal width, (low, high] and the first with 0. The counts at their limits, the
/// Brier score and the calibration error are exact; in [`roc_auc`](Self::roc_auc) and
/// [`average_precision`](Self::average_precision) the pixels of a bin count as tied, so that with
/// more bins they come closer to those of [`ScoredPixels`](super::ScoredPixels); 4096 are usual.
///
/// ```
/// use ndarray::array;
/// use qunet_segmetrics::ProbabilityHistogram;
///
/// let mut histogram = ProbabilityHistogram::new(4096.try_into().expect("not 0"));
/// histogram.add(&array![0.25, 0.75], &array![false, true], None)?;
/// histogram.add(&array![0.5, 0.25], &array![true, false], None)?;
/// assert_eq!((histogram.pixels(), histogram.roc_auc()), (4, Some(1.0)));
/// assert_eq!(histogram.roc_auc_slack(), Some(0.0));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbabilityHistogram {
    bins: Vec<CalibrationBin>,
    squared_errors: f64,
}

impl ProbabilityHistogram {
    /// A histogram of no pixels.
    #[must_use]
    pub fn new(bins: NonZeroUsize) -> Self {
        Self { bins: vec![CalibrationBin::default(); bins.get()], squared_errors: 0.0 }
    }

    /// Adds the pixels of a map in [0, 1], of any dimension and stride, where `region` is true
    /// (`None` = everywhere); all of them or, after an error, none.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the shapes differ, [`Error::NotAProbability`] for the first
    /// value in the region that is NaN or outside [0, 1].
    pub fn add<D: Dimension>(
        &mut self,
        probability: &ArrayRef<f32, D>,
        truth: &ArrayRef<bool, D>,
        region: Option<&ArrayRef<bool, D>>,
    ) -> Result<()> {
        for_each_row(probability, truth, region, |_, _, _| {})?;
        let Some(bins) = NonZeroUsize::new(self.bins.len()) else { return Ok(()) };
        for_each_row(probability, truth, region, |p, t, inside| {
            for ((&p, &actual), _) in p.iter().zip(t).zip(inside).filter(|&(_, &inside)| inside) {
                let wide = f64::from(p);
                self.bins[bin(p, bins)].observe(wide, actual);
                self.squared_errors += (wide - f64::from(u8::from(actual))).powi(2);
            }
        })
    }

    /// Adds the pixels of another histogram.
    ///
    /// # Errors
    /// [`Error::Bins`] where it has another number of bins.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.bins.len() != other.bins.len() {
            return Err(Error::Bins { found: other.bins.len(), histogram: self.bins.len() });
        }
        for (sum, part) in self.bins.iter_mut().zip(&other.bins) {
            *sum += *part;
        }
        self.squared_errors += other.squared_errors;
        Ok(())
    }

    /// Number of pixels.
    #[must_use]
    pub fn pixels(&self) -> u64 {
        self.bins.iter().map(|bin| bin.pixels).sum()
    }

    /// Area under the ROC curve, see [`ScoredPixels::roc_auc`](super::ScoredPixels::roc_auc).
    #[must_use]
    pub fn roc_auc(&self) -> Option<f64> {
        roc_auc(self.ties())
    }

    /// How far the area under the ROC curve is from the exact one at most: half of the share of
    /// the pairs of a true and a false pixel that are in one bin.
    #[must_use]
    pub fn roc_auc_slack(&self) -> Option<f64> {
        let [mut negatives, mut positives, mut tied] = [0.0; 3];
        for (n, p) in self.ties() {
            negatives += n as f64;
            positives += p as f64;
            tied += n as f64 * p as f64;
        }
        let pairs = negatives * positives;
        (pairs > 0.0).then(|| tied / pairs / 2.0)
    }

    /// Average precision, see
    /// [`ScoredPixels::average_precision`](super::ScoredPixels::average_precision).
    #[must_use]
    pub fn average_precision(&self) -> Option<f64> {
        average_precision(self.ties().rev())
    }

    /// Brier score: mean of (probability - truth)², in [0, 1], lower = better; `None` without a
    /// pixel.
    #[must_use]
    pub fn brier(&self) -> Option<f64> {
        let pixels = self.pixels();
        (pixels > 0).then(|| self.squared_errors / pixels as f64)
    }

    /// The reliability diagram of `bins` bins, each of several bins of the histogram.
    ///
    /// # Errors
    /// [`Error::Bins`] unless the histogram's number of bins is a multiple of `bins`.
    pub fn calibration_bins(&self, bins: NonZeroUsize) -> Result<Vec<CalibrationBin>> {
        let histogram = self.bins.len();
        if !histogram.is_multiple_of(bins.get()) {
            return Err(Error::Bins { found: bins.get(), histogram });
        }
        let together = |bins: &[CalibrationBin]| bins.iter().copied().sum();
        Ok(self.bins.chunks((histogram / bins).max(1)).map(together).collect())
    }

    /// Calibration error over the [`calibration_bins`](Self::calibration_bins); `None` without a
    /// pixel.
    ///
    /// # Errors
    /// [`Error::Bins`] unless the histogram's number of bins is a multiple of `bins`.
    pub fn calibration_error(&self, bins: NonZeroUsize) -> Result<Option<CalibrationError>> {
        Ok(CalibrationError::from_bins(&self.calibration_bins(bins)?))
    }

    /// The counts at the lower limit of each bin, ascending: the ROC and the precision-recall
    /// curve. At the first, 0, all pixels are marked. The limits are exact where the number of
    /// bins is a power of two.
    #[must_use]
    pub fn curve(&self) -> Vec<ThresholdCounts> {
        let [negatives, positives] = self
            .ties()
            .fold([0; 2], |[negatives, positives], (n, p)| [negatives + n, positives + p]);
        let mut counts = ConfusionCounts {
            true_positives: positives,
            false_positives: negatives,
            ..ConfusionCounts::default()
        };
        let limits = (0..self.bins.len()).map(|bin| bin as f32 / self.bins.len() as f32);
        let point = |(threshold, (n, p))| {
            let point = ThresholdCounts { threshold, counts };
            counts.true_positives -= p;
            counts.false_negatives += p;
            counts.false_positives -= n;
            counts.true_negatives += n;
            point
        };
        limits.zip(self.ties()).map(point).collect()
    }

    /// The numbers of false and true pixels of each bin.
    fn ties(&self) -> impl DoubleEndedIterator<Item = (u64, u64)> + ExactSizeIterator {
        self.bins.iter().map(|bin| (bin.pixels - bin.positives, bin.positives))
    }
}
