//! The band of the retina in OCT.

use ndarray::{Array1, Array2, Array3, Axis};
use ndarray_stats::interpolate::Higher;
use ndarray_stats::{Quantile1dExt, QuantileExt, Sort1dExt};
use noisy_float::types::{n32, n64};

use crate::{Error, Stack};

/// Speckle is averaged over this share of the height and width.
const SMOOTH: f64 = 0.01;
/// A row of the band is brighter than the vitreous by this share of what the brightest row is.
const EDGE: f32 = 0.3;
/// Fill of the scanner's own, not tissue.
const FILL: f32 = 255.0;
/// Surfaces are smoothed over this share of the width by their median.
const SURFACE: f64 = 0.08;

/// From the first to the last bright row of each column, surfaces smoothed along the row.
pub(super) fn find(stack: &Stack) -> Result<Array3<bool>, Error> {
    let [slices, height, width] = stack.shape();
    let mut found = Array3::from_elem((slices, height, width), false);
    for id in stack.ids() {
        let slice = stack.slice(id)?.to_f32();
        let (top, bottom) = surfaces(&smoothed(&slice));
        let mut band = found.index_axis_mut(Axis(0), id.0);
        for ((row, column), inside) in band.indexed_iter_mut() {
            *inside = (top[column]..=bottom[column]).contains(&row);
        }
    }
    Ok(found)
}

/// The first and last row of the band in each column.
fn surfaces(image: &Array2<f32>) -> (Vec<usize>, Vec<usize>) {
    let (mut top, mut bottom) = (Vec::new(), Vec::new());
    for column in image.columns() {
        // Pixels of a stack, and so their means, are finite.
        let mut values = column.mapv(n32);
        let (quarter, last) = (values.len() / 4, values.len() - 1);
        let dark = values.get_from_sorted_mut(quarter).raw();
        let bright = values.get_from_sorted_mut(last).raw();
        let edge = dark + EDGE * (bright - dark);
        let is_bright = |&(_, &value): &(usize, &f32)| value > edge;
        let first = column.iter().enumerate().find(is_bright).map_or(0, |(row, _)| row);
        let last = column.iter().enumerate().rev().find(is_bright).map_or(0, |(row, _)| row);
        top.push(first);
        bottom.push(last);
    }
    let radius = ((image.ncols() as f64 * SURFACE / 2.0) as usize).max(1);
    (medians(&top, radius), medians(&bottom, radius))
}

fn medians(values: &[usize], radius: usize) -> Vec<usize> {
    let window = |at: usize| {
        let near = at.saturating_sub(radius)..(at + radius + 1).min(values.len());
        let median = Array1::from(values[near].to_vec()).quantile_mut(n64(0.5), &Higher);
        // A window holds its own place at least.
        median.unwrap_or(values[at])
    };
    (0..values.len()).map(window).collect()
}

/// Fill becomes the darkest value, and the rest box means of both axes.
fn smoothed(slice: &Array2<f32>) -> Array2<f32> {
    let low = slice.min().copied().unwrap_or(FILL);
    let mut image = slice.mapv(|value| if value == FILL { low } else { value });
    for axis in [Axis(0), Axis(1)] {
        let radius = ((image.len_of(axis) as f64 * SMOOTH) as usize).max(1);
        for mut lane in image.lanes_mut(axis) {
            let means = box_means(&lane.to_owned(), radius);
            lane.assign(&means);
        }
    }
    image
}

fn box_means(lane: &Array1<f32>, radius: usize) -> Array1<f32> {
    let mut sums = vec![0f64];
    sums.extend(lane.iter().scan(0.0, |sum, &value| {
        *sum += f64::from(value);
        Some(*sum)
    }));
    Array1::from_shape_fn(lane.len(), |at| {
        let (from, to) = (at.saturating_sub(radius), (at + radius + 1).min(lane.len()));
        ((sums[to] - sums[from]) / (to - from) as f64) as f32
    })
}
