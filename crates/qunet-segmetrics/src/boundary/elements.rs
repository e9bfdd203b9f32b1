use ndarray::{ArrayRef, Dimension};

use super::cells::{Elements, element_sizes};
use super::pair::{Pair, check_percent, check_tolerance};
use crate::{EmptyPolicy, Result};

/// The distances between the surface elements of a prediction and a truth, each weighted by its
/// size: the form of DeepMind's `surface-distance` and of MONAI's `use_subvoxels`.
///
/// An element lies where pixels meet, half a pixel from their centres. Its size is the contour
/// length (2D, marching squares) or the surface area (3D, marching cubes) between them, in the
/// units of the spacing; in 1D it is 1. Beyond the image there is background.
///
/// | elements | distances | surface Dice |
/// |---|---|---|
/// | both empty | `None` | what the policy says |
/// | one empty | `None` | 0 |
/// | neither | finite, lower = better | in [0, 1], higher = better |
///
/// ```
/// use ndarray::array;
/// use qunet_segmetrics::{EmptyPolicy, SurfaceElementDistances};
///
/// // A single pixel has four elements, one at each of its corners.
/// let prediction = array![[true, false, false]];
/// let truth = array![[false, false, true]];
/// let distances = SurfaceElementDistances::between(&prediction, &truth, &[1.0, 1.0])?;
/// assert_eq!(distances.hausdorff(), Some(2.0));
/// assert_eq!(distances.robust_hausdorff(50.0)?, Some(1.0));
/// assert_eq!(distances.from_prediction().iter().map(|e| e.0).collect::<Vec<_>>(), [1., 1., 2., 2.]);
/// assert_eq!(distances.from_truth(), distances.from_prediction());
/// assert_eq!(distances.average_from_prediction(), Some(1.5));
/// assert_eq!(distances.average_from_truth(), Some(1.5));
/// assert_eq!(distances.masd(), Some(1.5));
/// assert_eq!(distances.surface_dice(1.0, EmptyPolicy::Undefined)?, Some(0.5));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SurfaceElementDistances {
    from_prediction: Vec<(f64, f64)>,
    from_truth: Vec<(f64, f64)>,
    total: f64,
}

impl SurfaceElementDistances {
    /// Between two masks of one to three axes; `spacing` has one length per axis, in array order.
    ///
    /// With the feature `parallel`, the threads are those of the `rayon` pool that it is called in.
    ///
    /// # Errors
    /// [`crate::Error::ShapeMismatch`]; [`qunet_grid::Error::Dimensions`] for no or more than three
    /// axes; [`qunet_grid::Error::Spacing`] unless there is one length from 1e-100 to 1e100 for each axis.
    pub fn between<D: Dimension>(
        prediction: &ArrayRef<bool, D>,
        truth: &ArrayRef<bool, D>,
        spacing: &[f64],
    ) -> Result<Self> {
        Ok(Self::from_pair(&Pair::new(prediction, truth, spacing)?))
    }

    fn from_pair(pair: &Pair) -> Self {
        let mut distances =
            Self { from_prediction: Vec::new(), from_truth: Vec::new(), total: 0.0 };
        let Some(bounds) = pair.bounds else { return distances };
        let sizes = element_sizes(pair.ndim, pair.lengths);
        let of = |mask| Elements::new(mask, pair, bounds, &sizes);
        let (prediction, truth) = pair.work.join(|| of(&pair.prediction), || of(&pair.truth));
        distances.total = prediction.total() + truth.total();
        if !prediction.is_empty() && !truth.is_empty() {
            (distances.from_prediction, distances.from_truth) = pair
                .work
                .join(|| prediction.distances(&truth, pair), || truth.distances(&prediction, pair));
        }
        distances
    }

    /// (distance, size) of each element of the prediction, ascending.
    #[must_use]
    pub fn from_prediction(&self) -> &[(f64, f64)] {
        &self.from_prediction
    }

    /// (distance, size) of each element of the truth, ascending.
    #[must_use]
    pub fn from_truth(&self) -> &[(f64, f64)] {
        &self.from_truth
    }

    /// Hausdorff distance: the largest distance of either direction.
    #[must_use]
    pub fn hausdorff(&self) -> Option<f64> {
        Some(self.from_prediction.last()?.0.max(self.from_truth.last()?.0))
    }

    /// Robust Hausdorff distance (HDp): the larger of the two directed distances within which
    /// `percent` of the surface lies; the first such distance, without interpolation.
    ///
    /// # Errors
    /// [`crate::Error::Percentile`] outside [0, 100].
    pub fn robust_hausdorff(&self, percent: f64) -> Result<Option<f64>> {
        check_percent(percent)?;
        let pair =
            percentile(&self.from_prediction, percent).zip(percentile(&self.from_truth, percent));
        Ok(pair.map(|(a, b)| a.max(b)))
    }

    /// Average surface distance from the prediction to the truth: `Σ size · distance / Σ size`.
    #[must_use]
    pub fn average_from_prediction(&self) -> Option<f64> {
        average(&self.from_prediction)
    }

    /// Average surface distance from the truth to the prediction: `Σ size · distance / Σ size`.
    #[must_use]
    pub fn average_from_truth(&self) -> Option<f64> {
        average(&self.from_truth)
    }

    /// Mean average surface distance: the mean of the two averages.
    #[must_use]
    pub fn masd(&self) -> Option<f64> {
        Some((self.average_from_prediction()? + self.average_from_truth()?) / 2.0)
    }

    /// Surface Dice (NSD): the part of both surfaces, by size, within `tolerance` of the other.
    ///
    /// # Errors
    /// [`crate::Error::Tolerance`] unless it is finite and not negative.
    pub fn surface_dice(&self, tolerance: f64, policy: EmptyPolicy) -> Result<Option<f64>> {
        check_tolerance(tolerance)?;
        if self.total == 0.0 {
            return Ok(policy.ratio(0, 0));
        }
        let within = |sorted: &[(f64, f64)]| {
            total(&sorted[..sorted.partition_point(|&(d, _)| d <= tolerance)])
        };
        let hits = within(&self.from_prediction) + within(&self.from_truth);
        // Sums in different orders may differ in the last place.
        Ok(Some((hits / self.total).min(1.0)))
    }
}

fn total(elements: &[(f64, f64)]) -> f64 {
    elements.iter().map(|&(_, size)| size).sum()
}

fn average(elements: &[(f64, f64)]) -> Option<f64> {
    let weighted: f64 = elements.iter().map(|&(distance, size)| distance * size).sum();
    (!elements.is_empty()).then(|| weighted / total(elements))
}

fn percentile(sorted: &[(f64, f64)], percent: f64) -> Option<f64> {
    let total = total(sorted);
    let mut so_far = 0.0;
    let reached = sorted.iter().find(|&&(_, size)| {
        so_far += size;
        so_far / total >= percent / 100.0
    });
    Some(reached.or(sorted.last())?.0)
}
