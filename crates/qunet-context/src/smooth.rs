//! Maps along z: smoothing, and how alike neighbouring slices are.

use ndarray::{Array1, ArrayRef2, ArrayRef3, Axis, Zip};
use ndarray_stats::Quantile1dExt;
use ndarray_stats::interpolate::Linear;
use noisy_float::types::{N64, n64};
use qunet_grid::parallel::Work;

use crate::Result;
use crate::slices::of_stack;

/// Smooths the slices of `maps` `(N, H, W)` that are not drawn along z with the weights 1, 2, 1:
///
/// ```text
/// p'(z) = (p(z - 1) + 2 p(z) + p(z + 1)) / 4
/// ```
///
/// Values from before decide on both sides, and beyond the ends the outermost slice repeats. Drawn
/// slices stay as they are: they hold what the annotator drew as probabilities 0 and 1, and bear on
/// their neighbours.
///
/// # Errors
/// [`Error::NamedTwice`](crate::Error::NamedTwice) and
/// [`Error::PastTheEnd`](crate::Error::PastTheEnd) for the numbers of the drawn slices.
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_context::smooth_along_z;
///
/// let mut maps = array![[[1.0_f32]], [[0.5]], [[0.0]], [[0.5]]];
/// smooth_along_z(&mut maps, &[0])?;
/// // (1 + 2 · 0.5 + 0) / 4, (0.5 + 0 + 0.5) / 4 and (0 + 2 · 0.5 + 0.5) / 4.
/// assert_eq!(maps, array![[[1.0]], [[0.5]], [[0.25]], [[0.375]]]);
/// # Ok::<(), qunet_context::Error>(())
/// ```
pub fn smooth_along_z(maps: &mut ArrayRef3<f32>, drawn: &[usize]) -> Result<()> {
    let count = maps.len_of(Axis(0));
    let drawn = of_stack(drawn, count)?;
    // The slice before, as it was; at the start the first slice itself.
    let mut before = if count > 0 { maps.index_axis(Axis(0), 0).to_owned() } else { return Ok(()) };
    for slice in 0..count {
        let here = maps.index_axis(Axis(0), slice).to_owned();
        if drawn.binary_search(&slice).is_err() {
            let (mut smoothed, after) = maps.view_mut().split_at(Axis(0), slice + 1);
            let after = if slice + 1 < count { after.index_axis(Axis(0), 0) } else { here.view() };
            Zip::from(smoothed.index_axis_mut(Axis(0), slice))
                .and(&before)
                .and(&after)
                // Halves before sums: nothing overflows.
                .for_each(|value, a, b| *value = 0.5 * *value + (0.25 * a + 0.25 * b));
        }
        before = here;
    }
    Ok(())
}

/// The median, over pairs of neighbouring slices of `stack` `(N, H, W)`, of the Pearson correlation
/// of their pixels, in [-1, 1]: near 1 where slices lie close together.
///
/// A pair has none where a slice is constant or has a value that is not finite; `None` where no
/// pair has one, or for fewer than two slices.
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_context::neighbour_correlation;
///
/// let stack = array![[[1.0_f32, 2.0, 3.0]], [[3.0, 5.0, 7.0]], [[0.0, -1.0, -2.0]]];
/// // The second slice rises with the first (1), the third falls (-1): their median is 0.
/// assert_eq!(neighbour_correlation(&stack), Some(0.0));
/// assert_eq!(neighbour_correlation(&array![[[1.0, 2.0]], [[4.0, 4.0]]]), None);
/// ```
#[must_use]
pub fn neighbour_correlation(stack: &ArrayRef3<f32>) -> Option<f64> {
    let pairs = stack.len_of(Axis(0)).saturating_sub(1);
    let plane = |slice| stack.index_axis(Axis(0), slice);
    let found = Work::on(stack.len()).map(pairs, |i| correlation(&plane(i), &plane(i + 1)));
    let mut found: Array1<N64> = found.into_iter().flatten().map(n64).collect();
    found.quantile_mut(n64(0.5), &Linear).ok().map(N64::raw)
}

fn correlation(one: &ArrayRef2<f32>, other: &ArrayRef2<f32>) -> Option<f64> {
    let (a, b) = (mean_where_varied(one)?, mean_where_varied(other)?);
    let (mut both, mut first, mut second) = (0.0, 0.0, 0.0);
    Zip::from(one).and(other).for_each(|&x, &y| {
        let (x, y) = (f64::from(x) - a, f64::from(y) - b);
        both += x * y;
        first += x * x;
        second += y * y;
    });
    Some((both / (first.sqrt() * second.sqrt())).clamp(-1.0, 1.0)).filter(|it| it.is_finite())
}

/// The mean of the pixels, where they are finite and not all the same.
fn mean_where_varied(plane: &ArrayRef2<f32>) -> Option<f64> {
    let first = plane.first()?;
    // By comparison: the rounded mean of equal pixels may lie beside them.
    let varied = plane.iter().any(|value| value != first);
    let mean = plane.iter().map(|&value| f64::from(value)).sum::<f64>() / plane.len() as f64;
    (varied && mean.is_finite()).then_some(mean)
}
