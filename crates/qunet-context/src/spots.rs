//! Small predicted spots that nothing next door confirms.

use ndarray::{Array1, ArrayRef2, ArrayRef3, Axis};
use ndarray_stats::Quantile1dExt;
use ndarray_stats::interpolate::Linear;
use noisy_float::types::{N64, n64};
use qunet_grid::parallel::Work;
use qunet_grid::{Connectivity, Objects};
use serde::{Deserialize, Serialize};

use crate::slices::{classes_on, next_to, of_stack, others};
use crate::{Error, Result};

/// How many steps between pixels that share a side lie at most between things that touch.
const REACH: usize = 2;

/// What [`remove_spots`] took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedSpots {
    /// How many components.
    pub spots: usize,
    /// The sum of their pixels.
    pub pixels: usize,
}

/// Makes small components of slices that nobody drew background, where nothing next door touches
/// them.
///
/// On every slice of `labels` `(N, H, W)` that is not drawn, a spot is a component of one class
/// (pixels that share a side) that
///
/// - has fewer pixels than the quantile `quantile` (linear between values, as NumPy's) of the
///   components of that class on all drawn slices, and
/// - lies on neither neighbour slice within two steps, of pixels that share a side, of a pixel of
///   that class.
///
/// Labels from before the removal decide, so that spots do not fall one after the other. A class
/// that no drawn slice shows has no usual size: nothing of it is removed. Drawn slices stay as they
/// are.
///
/// # Errors
/// [`Error::NamedTwice`] and [`Error::PastTheEnd`] for the numbers of the drawn slices;
/// [`Error::Quantile`] unless `quantile` is in [0, 1].
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_context::remove_spots;
///
/// let mut labels = array![
///     [[1_u8, 1, 1, 0, 0, 0, 0, 0]], // drawn: one component of 3 pixels
///     [[0, 0, 0, 0, 1, 0, 0, 1]],    // 2 and 5 steps from the nearest pixel next door
/// ];
/// let removed = remove_spots(&mut labels, &[0], 0.25)?;
/// assert_eq!((removed.spots, removed.pixels), (1, 1));
/// assert_eq!(labels.index_axis(ndarray::Axis(0), 1), array![[0, 0, 0, 0, 1, 0, 0, 0]]);
/// # Ok::<(), qunet_context::Error>(())
/// ```
pub fn remove_spots(
    labels: &mut ArrayRef3<u8>,
    drawn: &[usize],
    quantile: f64,
) -> Result<RemovedSpots> {
    if !(0.0..=1.0).contains(&quantile) {
        return Err(Error::Quantile { value: quantile });
    }
    let count = labels.len_of(Axis(0));
    let drawn = of_stack(drawn, count)?;
    let usual = UsualSizes::of(labels, &drawn, quantile)?;
    let left: Vec<usize> = others(&drawn, count).collect();
    let found = {
        let labels = &*labels;
        Work::on(labels.len()).map(left.len(), |i| spots_on(labels, left[i], &usual))
    };
    let mut removed = RemovedSpots::default();
    for (slice, spots) in left.into_iter().zip(found) {
        for spot in spots? {
            removed.spots += 1;
            removed.pixels += spot.len();
            spot.into_iter().for_each(|[row, column]| labels[[slice, row, column]] = 0);
        }
    }
    Ok(removed)
}

/// Rows and columns of the pixels of a component.
type Pixels = Vec<[usize; 2]>;

/// The quantile of the sizes of drawn components, by class.
struct UsualSizes([Option<f64>; 256]);

impl UsualSizes {
    fn of(labels: &ArrayRef3<u8>, drawn: &[usize], quantile: f64) -> Result<Self> {
        let mut sizes = vec![Vec::new(); 256];
        for &slice in drawn {
            let plane = labels.index_axis(Axis(0), slice);
            for class in classes_on(&plane) {
                let objects = objects_of(&plane, class)?;
                sizes[usize::from(class)].extend(objects.sizes().iter().map(|&it| n64(it as f64)));
            }
        }
        let mut usual = [None; 256];
        for (usual, sizes) in usual.iter_mut().zip(sizes) {
            let found = Array1::from(sizes).quantile_mut(n64(quantile), &Linear);
            *usual = found.ok().map(N64::raw);
        }
        Ok(Self(usual))
    }
}

fn objects_of(plane: &ArrayRef2<u8>, class: u8) -> Result<Objects<ndarray::Ix2>> {
    Ok(Objects::from_mask(&plane.mapv(|label| label == class), Connectivity::Faces)?)
}

/// The spots of one slice that nobody drew.
fn spots_on(labels: &ArrayRef3<u8>, slice: usize, usual: &UsualSizes) -> Result<Vec<Pixels>> {
    let plane = labels.index_axis(Axis(0), slice);
    let mut spots = Vec::new();
    for class in classes_on(&plane) {
        let Some(usual) = usual.0[usize::from(class)] else { continue };
        let objects = objects_of(&plane, class)?;
        let sizes = objects.sizes().to_vec();
        let small = objects.retain(|object| (sizes[object] as f64) < usual);
        let mut pixels: Vec<Pixels> = vec![Vec::new(); small.count()];
        for ((row, column), &number) in small.labels().indexed_iter().filter(|(_, it)| **it > 0) {
            pixels[number as usize - 1].push([row, column]);
        }
        let is_alone = |spot: &Pixels| {
            !next_to(slice, labels.len_of(Axis(0))).any(|other| {
                let other = labels.index_axis(Axis(0), other);
                spot.iter().any(|&pixel| is_near(&other, class, pixel))
            })
        };
        spots.extend(pixels.into_iter().filter(is_alone));
    }
    Ok(spots)
}

/// Whether a pixel of `class` lies within [`REACH`] steps of the place.
fn is_near(plane: &ArrayRef2<u8>, class: u8, [row, column]: [usize; 2]) -> bool {
    let (rows, columns) = plane.dim();
    let within =
        |at: usize, steps: usize, end: usize| at.saturating_sub(steps)..(at + steps + 1).min(end);
    within(row, REACH, rows)
        .any(|y| within(column, REACH - y.abs_diff(row), columns).any(|x| plane[[y, x]] == class))
}
