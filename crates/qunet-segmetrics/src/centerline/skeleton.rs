//! The morphological skeleton of a mask.

use ndarray::{Array, ArrayRef, ArrayView3, Axis, Dimension, s};

use qunet_grid::as_volume;

use crate::{ImageEdge, Result};

/// The morphological skeleton of a mask of one to three axes and any stride (C. Lantuéjoul, 1978):
/// the pixels that each erosion of the mask loses when it is opened.
///
/// Erosion is by the neighbours that share a face, dilation by all neighbours: the skeleton of
/// the authors of clDice and of MONAI's `soft_skel`, which take more of the mask to lie beyond the
/// image (`ImageEdge::Foreground`); a mask that fills the image has no skeleton there. A skeleton
/// keeps to the middle of the mask but may have gaps, and be two pixels wide.
///
/// # Errors
/// [`Error::Dimensions`](qunet_grid::Error::Dimensions) for no or more than three axes.
///
/// # Example
/// ```
/// use ndarray::Array2;
/// use qunet_segmetrics::{ImageEdge, skeleton};
///
/// let bar = Array2::from_shape_fn((5, 9), |(y, x)| (1..4).contains(&y) && (1..8).contains(&x));
/// let middle = skeleton(&bar, ImageEdge::Background)?;
/// assert!((2..7).all(|x| middle[[2, x]]));
/// assert!(middle.indexed_iter().all(|(at, &on)| !on || bar[at]));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
pub fn skeleton<D: Dimension>(mask: &ArrayRef<bool, D>, edge: ImageEdge) -> Result<Array<bool, D>> {
    let mut found = Array::from_elem(mask.raw_dim(), false);
    let whole = as_volume(mask)?;
    let Some(ranges) = surroundings(&whole) else { return Ok(found) };
    let [z, y, x] = ranges.map(|[start, end]| start..end);
    let part = whole.slice(s![z.clone(), y.clone(), x.clone()]);
    let lines = thin(&part, mask.ndim(), edge);
    if let Ok(mut found) = found.view_mut().into_shape_with_order(whole.dim()) {
        let mut part = found.slice_mut(s![z, y, x]);
        part.iter_mut().zip(lines).for_each(|(pixel, line)| *pixel = line);
    }
    Ok(found)
}

/// Start and end along each axis of the box around the foreground, with a pixel of background on
/// each side where the image has one.
fn surroundings(mask: &ArrayView3<'_, bool>) -> Option<[[usize; 2]; 3]> {
    let mut ranges = [[0; 2]; 3];
    for (axis, range) in ranges.iter_mut().enumerate() {
        let slices = mask.axis_iter(Axis(axis));
        let filled: Vec<bool> = slices.map(|slice| slice.iter().any(|&pixel| pixel)).collect();
        let first = filled.iter().position(|&filled| filled)?;
        let last = filled.iter().rposition(|&filled| filled)?;
        *range = [first.saturating_sub(1), (last + 2).min(filled.len())];
    }
    Some(ranges)
}

/// The skeleton of a volume, in row-major order.
fn thin(mask: &ArrayView3<'_, bool>, axes: usize, edge: ImageEdge) -> Vec<bool> {
    let shape = Morphology::new(mask.dim().into(), axes, edge);
    let mut eroded: Vec<bool> = mask.iter().copied().collect();
    let mut skeleton = vec![false; eroded.len()];
    loop {
        let next = shape.erode(&eroded);
        let opened = shape.dilate(&next);
        for ((line, &pixel), &opened) in skeleton.iter_mut().zip(&eroded).zip(&opened) {
            *line |= pixel & !opened;
        }
        // A mask that fills the image stays as it is where there is more of it beyond.
        if next == eroded {
            return skeleton;
        }
        eroded = next;
    }
}

/// Erosion and dilation of the pixels of a volume in row-major order.
struct Morphology {
    /// (number of pixels from one to the next, length) of each axis of the mask.
    axes: Vec<(usize, usize)>,
    edge: ImageEdge,
}

impl Morphology {
    /// Of volumes of this extent that have so many axes of their own, the last ones.
    fn new([depth, height, width]: [usize; 3], axes: usize, edge: ImageEdge) -> Self {
        let all = [(height * width, depth), (width, height), (1, width)];
        Self { axes: all[3 - axes..].to_vec(), edge }
    }

    /// The pixels that are foreground together with their neighbours along each axis.
    fn erode(&self, pixels: &[bool]) -> Vec<bool> {
        let mut eroded = pixels.to_vec();
        for &axis in &self.axes {
            with_neighbours(&mut eroded, pixels, axis, |pixel, beside| *pixel &= beside);
            if self.edge == ImageEdge::Background {
                clear_edges(&mut eroded, axis);
            }
        }
        eroded
    }

    /// The pixels that are foreground or have a neighbour that is, diagonal ones included.
    fn dilate(&self, pixels: &[bool]) -> Vec<bool> {
        let mut dilated = pixels.to_vec();
        for &axis in &self.axes {
            let before = dilated.clone();
            with_neighbours(&mut dilated, &before, axis, |pixel, beside| *pixel |= beside);
        }
        dilated
    }
}

/// Combines each pixel with both of its neighbours along an axis, where the volume has them.
fn with_neighbours(
    changed: &mut [bool],
    pixels: &[bool],
    (step, length): (usize, usize),
    combine: impl Fn(&mut bool, bool),
) {
    let line = (step * length).max(1);
    for (changed, pixels) in changed.chunks_exact_mut(line).zip(pixels.chunks_exact(line)) {
        let inner = line - step;
        changed[..inner].iter_mut().zip(&pixels[step..]).for_each(|(a, &b)| combine(a, b));
        changed[step..].iter_mut().zip(&pixels[..inner]).for_each(|(a, &b)| combine(a, b));
    }
}

/// Makes the first and the last pixels along an axis background.
fn clear_edges(pixels: &mut [bool], (step, length): (usize, usize)) {
    for line in pixels.chunks_exact_mut((step * length).max(1)) {
        let inner = line.len() - step;
        line[..step].fill(false);
        line[inner..].fill(false);
    }
}
