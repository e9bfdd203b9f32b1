//! Arrays of one shape, checked and walked row by row.

use ndarray::{ArrayRef, Dimension};
use qunet_grid::{contiguous, vectorised};

use crate::{Error, Result};

/// Refuses an array of another shape than the first.
pub(crate) fn same_shape(name: &'static str, expected: &[usize], found: &[usize]) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(Error::ShapeMismatch { name, expected: expected.to_vec(), found: found.to_vec() })
}

/// The index of the element at `position` in row-major order.
pub(crate) fn unravel(mut position: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (at, &length) in index.iter_mut().zip(shape).rev() {
        *at = position % length;
        position /= length;
    }
    index
}

/// Calls `visit` with the rows of a probability map, its truth and where they count, in row-major order
/// whatever the strides; values in the region are in [0, 1].
///
/// # Errors
/// [`Error::ShapeMismatch`] where the shapes differ, [`Error::NotAProbability`] for the first value
/// in the region that is NaN or outside [0, 1]; rows before it have been visited.
pub(crate) fn for_each_row<D: Dimension>(
    probability: &ArrayRef<f32, D>,
    truth: &ArrayRef<bool, D>,
    region: Option<&ArrayRef<bool, D>>,
    mut visit: impl FnMut(&[f32], &[bool], &[bool]),
) -> Result<()> {
    same_shape("truth", probability.shape(), truth.shape())?;
    if let Some(region) = region {
        same_shape("region", probability.shape(), region.shape())?;
    }
    let everywhere = vec![true; probability.shape().last().copied().unwrap_or(1)];
    let (mut p_line, mut t_line, mut r_line) = (Vec::new(), Vec::new(), Vec::new());
    let mut regions = region.map(|region| region.rows().into_iter());
    for (number, (p, t)) in probability.rows().into_iter().zip(truth.rows()).enumerate() {
        let inside = regions.as_mut().and_then(Iterator::next);
        let inside = inside.as_ref().map_or(&everywhere[..], |row| contiguous(row, &mut r_line));
        let p = contiguous(&p, &mut p_line);
        if improbable(p, inside) > 0
            && let Some(column) = p.iter().zip(inside).position(|(&p, &inside)| bad(p, inside))
        {
            let index = unravel(number * p.len() + column, probability.shape());
            return Err(Error::NotAProbability { name: "the map", index, value: p[column] });
        }
        visit(p, contiguous(&t, &mut t_line), inside);
    }
    Ok(())
}

#[inline(always)]
fn bad(value: f32, inside: bool) -> bool {
    inside & !(0.0..=1.0).contains(&value)
}

vectorised! {
    /// How many values in the region are not in [0, 1].
    fn improbable(values: &[f32], region: &[bool]) -> usize {
        values.iter().zip(region).map(|(&value, &inside)| usize::from(bad(value, inside))).sum()
    }
}
