//! A label map completed from a few drawn slices.

use ndarray::{Array3, ArrayRef3, Axis};
use qunet_grid::parallel::Work;

use crate::slices::{classes_on, of_stack, others};
use crate::{Drawn, Result};

/// Fills the slices between drawn ones by interpolation of their masks along z.
///
/// Drawn slices of the label map `(N, H, W)` stay as they are. On every other slice a pixel gets
/// the class whose [signed distance](crate::signed_distance), interpolated linearly between the
/// nearest drawn slices on both sides, is largest, if it is positive, else 0:
///
/// ```text
/// s_c(z) = (1 - t) s_c(before) + t s_c(after),   t = (z - before) / (after - before)
/// ```
///
/// A class that is one object on both sides is followed: its distances are moved along the straight
/// line between the two centres, as [`Drawn`] tells. A class that a drawn slice does not show is
/// -[`FAR`](crate::FAR) everywhere on it. Before the first and after the last drawn slice, that
/// slice repeats; ties go to the lower class. Pixels with the label
/// [`IGNORE`](qunet_grid::IGNORE) count as background, and where no slice is drawn, all is
/// background. `spacing` is that of the axes, in mm. Four bytes a pixel are held for each class that
/// a drawn slice shows.
///
/// # Errors
/// [`Error::Grid`](crate::Error::Grid) for a spacing that is no length;
/// [`Error::NamedTwice`](crate::Error::NamedTwice) and
/// [`Error::PastTheEnd`](crate::Error::PastTheEnd) for the numbers of the drawn slices, which may
/// come in any order.
///
/// # Example
/// ```
/// use ndarray::{array, s};
/// use qunet_context::interpolate_labels;
///
/// // Class 1 shrinks from 5 pixels to 1, class 2 is on the last slice alone.
/// let labels = array![
///     [[0_u8, 1, 1, 1, 1, 1, 0, 0, 0]],
///     [[0, 0, 0, 0, 0, 0, 0, 0, 0]],
///     [[0, 0, 0, 1, 0, 0, 0, 0, 2]],
///     [[0, 0, 0, 0, 0, 0, 0, 0, 0]],
/// ];
/// let filled = interpolate_labels(&labels, &[0, 2], [5.0, 1.0, 1.0])?;
/// // Halfway, of pixels 2, 3 and 4: (2 - 1) / 2, (3 + 1) / 2 and (2 - 1) / 2; of pixels 1 and 5:
/// // (1 - 2) / 2. Class 2 has (-20 + 1) / 2 at most.
/// assert_eq!(filled.slice(s![1, 0, ..]), array![0, 0, 1, 1, 1, 0, 0, 0, 0]);
/// assert_eq!(filled.slice(s![3, 0, ..]), array![0, 0, 0, 1, 0, 0, 0, 0, 2]);
/// # Ok::<(), qunet_context::Error>(())
/// ```
pub fn interpolate_labels(
    labels: &ArrayRef3<u8>,
    drawn: &[usize],
    spacing: [f64; 3],
) -> Result<Array3<u8>> {
    let count = labels.len_of(Axis(0));
    let slices = of_stack(drawn, count)?;
    let shown = slices.iter().flat_map(|&slice| classes_on(&labels.index_axis(Axis(0), slice)));
    let classes = usize::from(shown.max().unwrap_or(1));
    let known = Drawn::new(labels, &slices, classes, spacing)?;

    let mut filled = Array3::zeros(labels.dim());
    for &slice in &slices {
        filled.index_axis_mut(Axis(0), slice).assign(&labels.index_axis(Axis(0), slice));
    }
    let left: Vec<usize> = others(&slices, count).collect();
    let planes =
        Work::on(labels.len()).map(left.len(), |i| known.interpolated_labels(left[i], &[]));
    for (slice, plane) in left.into_iter().zip(planes) {
        if let Some(plane) = plane? {
            filled.index_axis_mut(Axis(0), slice).assign(&plane);
        }
    }
    Ok(filled)
}
