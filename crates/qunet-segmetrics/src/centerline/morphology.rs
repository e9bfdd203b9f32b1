use crate::ImageEdge;

/// Erosion and dilation of the pixels of a volume in row-major order.
pub(super) struct Morphology {
    /// (number of pixels from one to the next, length) of each axis of the mask.
    axes: Vec<(usize, usize)>,
    edge: ImageEdge,
}

impl Morphology {
    /// Of volumes of this extent that have so many axes of their own, the last ones.
    pub(super) fn new([depth, height, width]: [usize; 3], axes: usize, edge: ImageEdge) -> Self {
        let all = [(height * width, depth), (width, height), (1, width)];
        Self { axes: all[3 - axes..].to_vec(), edge }
    }

    /// The pixels that are foreground together with their neighbours along each axis.
    pub(super) fn erode(&self, pixels: &[bool]) -> Vec<bool> {
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
    pub(super) fn dilate(&self, pixels: &[bool]) -> Vec<bool> {
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
