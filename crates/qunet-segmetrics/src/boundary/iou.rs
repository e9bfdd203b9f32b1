use std::num::NonZeroUsize;

use ndarray::{Array, ArrayRef, Axis, Dimension};

use crate::{ConfusionCounts, EmptyPolicy, Result, arrays::same_shape};

/// Boundary IoU (B. Cheng et al., 2021): the Jaccard index of the masks' inner borders of `width`
/// pixels, in [0, 1], higher = better; the policy decides where both masks are empty.
///
/// A mask's border is what `width` erosions by a 3 x 3 (3D: 3 x 3 x 3) square remove, so the pixels
/// within `width` steps, diagonal ones included, of the background or of what lies beyond the
/// image. Anisotropic spacing is not taken into account. [`boundary_width`] has the usual width.
///
/// # Errors
/// [`crate::Error::ShapeMismatch`].
///
/// ```
/// use std::num::NonZeroUsize;
/// use ndarray::Array2;
/// use qunet_segmetrics::{EmptyPolicy, boundary_iou};
///
/// let prediction = Array2::from_elem((5, 5), true);
/// let mut truth = prediction.clone();
/// truth[[2, 2]] = false;
/// // The border of the prediction has 16 pixels; that of the truth has 24, all but the hole.
/// let iou = boundary_iou(&prediction, &truth, NonZeroUsize::MIN, EmptyPolicy::One)?;
/// assert_eq!(iou, Some(16.0 / 24.0));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
pub fn boundary_iou<D: Dimension>(
    prediction: &ArrayRef<bool, D>,
    truth: &ArrayRef<bool, D>,
    width: NonZeroUsize,
    policy: EmptyPolicy,
) -> Result<Option<f64>> {
    same_shape("truth", prediction.shape(), truth.shape())?;
    let counts = ConfusionCounts::from_masks(&border(prediction, width), &border(truth, width))?;
    Ok(counts.jaccard(policy))
}

/// The border width for an image of this shape: `max(1, round(fraction · diagonal))` pixels; 0.02
/// is the published fraction.
///
/// ```
/// assert_eq!(qunet_segmetrics::boundary_width(&[300, 400], 0.02).get(), 10);
/// ```
#[must_use]
pub fn boundary_width(shape: &[usize], fraction: f64) -> NonZeroUsize {
    let diagonal = shape.iter().map(|&n| (n as f64).powi(2)).sum::<f64>().sqrt();
    NonZeroUsize::new((fraction * diagonal).round_ties_even() as usize).unwrap_or(NonZeroUsize::MIN)
}

fn border<D: Dimension>(mask: &ArrayRef<bool, D>, width: NonZeroUsize) -> Array<bool, D> {
    let mut inner = mask.to_owned();
    // The square is the product of the axes, so one axis after the other erodes alike.
    for axis in 0..mask.ndim() {
        for mut lane in inner.lanes_mut(Axis(axis)) {
            erode(lane.iter_mut(), width.get());
            erode(lane.iter_mut().rev(), width.get());
        }
    }
    inner.zip_mut_with(mask, |inner, &inside| *inner = inside & !*inner);
    inner
}

/// Clears the pixels within `width` after each run of background, the edge of the image included.
fn erode<'a>(lane: impl Iterator<Item = &'a mut bool>, width: usize) {
    let mut run = 0;
    for pixel in lane {
        run = if *pixel { run + 1 } else { 0 };
        *pixel = run > width;
    }
}
