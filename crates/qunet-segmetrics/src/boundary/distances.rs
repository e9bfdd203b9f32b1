use ndarray::{ArrayRef, Dimension};

use super::BoundaryOptions;
use super::directed::{Directed, directed};
use super::pair::{Pair, check_percent, check_tolerance};
use super::surface::surface;
use crate::{EmptyPolicy, Result};

/// The distances between the surface pixels of a prediction and a truth, in the units of the
/// spacing; every metric of them is read from here.
///
/// | surfaces | distances (HD, HDp, ASSD, MASD) | surface Dice |
/// |---|---|---|
/// | both empty | `None` | what the policy says |
/// | one empty | `None` | 0 |
/// | neither | finite, lower = better | in [0, 1], higher = better |
///
/// | mask | surface pixels, background beyond | surface pixels, foreground beyond |
/// |---|---|---|
/// | one pixel of 3 x 3, at a corner or the centre | 1 | 1 |
/// | a full 1 x 5 row | 5 | none |
/// | a full 3 x 3 image | 8 | none |
/// | the left 2 columns of 4 x 4 | 8 | 4 |
///
/// ```
/// use ndarray::array;
/// use qunet_segmetrics::{BoundaryOptions, EmptyPolicy, SurfaceDistances};
///
/// let prediction = array![[true, false, false, false]];
/// let truth = array![[false, false, true, true]];
/// let distances =
///     SurfaceDistances::between(&prediction, &truth, &[1.0, 0.5], BoundaryOptions::default())?;
/// assert_eq!(distances.hausdorff(), Some(1.5));
/// assert_eq!(distances.assd(), Some((1.0 + 1.0 + 1.5) / 3.0));
/// assert_eq!(distances.masd(), Some((1.0 + 1.25) / 2.0));
/// assert_eq!(distances.surface_dice(1.0, EmptyPolicy::Undefined)?, Some(2.0 / 3.0));
/// // The one pixel on the left is 2 from the nearer of the two on the right, which are 2 and 3 from it,
/// // times 1/2.
/// assert_eq!(distances.from_prediction(), [1.0]);
/// assert_eq!(distances.from_truth(), [1.0, 1.5]);
/// assert_eq!(distances.hausdorff_max_directed(50.0)?, Some(1.25));
/// assert_eq!(distances.hausdorff_pooled(50.0)?, Some(1.0));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SurfaceDistances {
    from_prediction: Directed,
    from_truth: Directed,
    /// Number of surface pixels of both.
    points: u64,
    options: BoundaryOptions,
}

impl SurfaceDistances {
    /// Between two masks of one to three axes; `spacing` has one length per axis, in array order.
    ///
    /// With the feature `parallel`, the threads are those of the `rayon` pool that it is called in.
    ///
    /// # Errors
    /// [`crate::Error::ShapeMismatch`]; [`qunet_grid::Error::Dimensions`] for no or more than three axes;
    /// [`qunet_grid::Error::Spacing`] unless there is one length from 1e-100 to 1e100 for each axis.
    pub fn between<D: Dimension>(
        prediction: &ArrayRef<bool, D>,
        truth: &ArrayRef<bool, D>,
        spacing: &[f64],
        options: BoundaryOptions,
    ) -> Result<Self> {
        Ok(Self::from_pair(&Pair::new(prediction, truth, spacing)?, options))
    }

    fn from_pair(pair: &Pair, options: BoundaryOptions) -> Self {
        let none = || Directed::new(std::iter::empty());
        let mut distances =
            Self { from_prediction: none(), from_truth: none(), points: 0, options };
        let Some(bounds) = pair.bounds else { return distances };
        let of = |mask| surface(mask, pair, bounds, options);
        let (prediction, truth) = pair.work.join(|| of(&pair.prediction), || of(&pair.truth));
        let counts = [prediction.count(), truth.count()];
        distances.points = counts[0] + counts[1];
        if !counts.contains(&0) {
            let directed = |from, to| directed(from, to, pair);
            (distances.from_prediction, distances.from_truth) =
                pair.work.join(|| directed(&prediction, &truth), || directed(&truth, &prediction));
        }
        distances
    }

    /// From each surface pixel of the prediction to the truth's surface, ascending.
    #[must_use]
    pub fn from_prediction(&self) -> &[f64] {
        self.from_prediction.all()
    }

    /// From each surface pixel of the truth to the prediction's surface, ascending.
    #[must_use]
    pub fn from_truth(&self) -> &[f64] {
        self.from_truth.all()
    }

    /// Hausdorff distance: the largest distance of either direction.
    #[must_use]
    pub fn hausdorff(&self) -> Option<f64> {
        Some(self.from_prediction.largest()?.max(self.from_truth.largest()?))
    }

    /// HDp as in MONAI: the larger of the two directed percentiles, `percent` in [0, 100].
    ///
    /// # Errors
    /// [`crate::Error::Percentile`] outside [0, 100].
    pub fn hausdorff_max_directed(&self, percent: f64) -> Result<Option<f64>> {
        check_percent(percent)?;
        let directed = |distances: &Directed| distances.percentile(percent, self.options.quantile);
        let pair = directed(&self.from_prediction).zip(directed(&self.from_truth));
        Ok(pair.map(|(a, b)| a.max(b)))
    }

    /// HDp as in medpy: the percentile of the distances of both directions together.
    ///
    /// # Errors
    /// [`crate::Error::Percentile`] outside [0, 100].
    pub fn hausdorff_pooled(&self, percent: f64) -> Result<Option<f64>> {
        check_percent(percent)?;
        let pooled = self.from_prediction.pooled(&self.from_truth);
        Ok(pooled.percentile(percent, self.options.quantile))
    }

    /// Average symmetric surface distance: the mean over the distances of both directions together.
    #[must_use]
    pub fn assd(&self) -> Option<f64> {
        let count = self.from_prediction.count() + self.from_truth.count();
        let sum = self.from_prediction.sum() + self.from_truth.sum();
        (count > 0).then(|| sum / count as f64)
    }

    /// Mean average surface distance: the mean of the two directed means.
    #[must_use]
    pub fn masd(&self) -> Option<f64> {
        Some((self.from_prediction.mean()? + self.from_truth.mean()?) / 2.0)
    }

    /// Surface Dice (NSD) by pixels: the part of both surfaces within `tolerance` of the other.
    ///
    /// # Errors
    /// [`crate::Error::Tolerance`] unless it is finite and not negative.
    pub fn surface_dice(&self, tolerance: f64, policy: EmptyPolicy) -> Result<Option<f64>> {
        check_tolerance(tolerance)?;
        let hits = self.from_prediction.within(tolerance) + self.from_truth.within(tolerance);
        Ok(policy.ratio(hits, self.points))
    }
}
