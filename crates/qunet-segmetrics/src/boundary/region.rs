use ndarray::{ArrayRef, Dimension};

use super::{BorderConnectivity, BoundaryOptions, ImageEdge};

/// A row-major mask with its extent as (z, y, x); 1D and 2D masks have leading extents of 1.
pub(super) struct Volume<'a> {
    pub(super) pixels: &'a [bool],
    pub(super) extent: [usize; 3],
    pub(super) ndim: usize,
}

/// Half-open ranges along z, y, x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BoundingBox {
    start: [usize; 3],
    end: [usize; 3],
}

/// Extents as (z, y, x), for up to three axes.
pub(super) fn extent<D: Dimension>(mask: &ArrayRef<bool, D>) -> [usize; 3] {
    let mut extent = [1; 3];
    extent[3 - mask.ndim()..].copy_from_slice(mask.shape());
    extent
}

impl Volume<'_> {
    fn row(&self, z: usize, y: usize) -> &[bool] {
        let width = self.extent[2];
        let start = (z * self.extent[1] + y) * width;
        &self.pixels[start..start + width]
    }

    /// The smallest box around the foreground.
    pub(super) fn bounding_box(&self) -> Option<BoundingBox> {
        let mut found: Option<BoundingBox> = None;
        for z in 0..self.extent[0] {
            for y in 0..self.extent[1] {
                let row = self.row(z, y);
                let Some(first) = row.iter().position(|&inside| inside) else { continue };
                let last = row.iter().rposition(|&inside| inside).unwrap_or(first);
                let here = BoundingBox { start: [z, y, first], end: [z + 1, y + 1, last + 1] };
                found = Some(found.map_or(here, |so_far| so_far.union(here)));
            }
        }
        found
    }

    /// How many cells between neighbouring pixels the box has, those on its outside included.
    pub(super) fn cells(&self, bounds: BoundingBox) -> [usize; 3] {
        let size = bounds.size();
        std::array::from_fn(|axis| size[axis] + usize::from(axis + self.ndim >= 3))
    }

    /// The surface pixels in raster order, relative to the start of `bounds`, which must hold the
    /// whole foreground.
    pub(super) fn surface(&self, bounds: BoundingBox, options: BoundaryOptions) -> Vec<[usize; 3]> {
        let padded = self.padded(bounds, options.image_edge);
        let size = bounds.size();
        let strides = [(size[1] + 2) * (size[2] + 2), size[2] + 2];
        let neighbours = neighbour_offsets(self.ndim, options.connectivity, strides);
        let mut points = Vec::new();
        let mut inner = vec![true; size[2]];
        for z in 0..size[0] {
            for y in 0..size[1] {
                let start = (z + 1) * strides[0] + (y + 1) * strides[1] + 1;
                let row = &padded[start..start + size[2]];
                if !row.contains(&true) {
                    continue;
                }
                inner.fill(true);
                for &offset in &neighbours {
                    let shifted = &padded[start.wrapping_add_signed(offset)..][..size[2]];
                    for (inner, &other) in inner.iter_mut().zip(shifted) {
                        *inner &= other;
                    }
                }
                let on_surface = row.iter().zip(&inner).map(|(&inside, &inner)| inside & !inner);
                points
                    .extend(on_surface.enumerate().filter(|&(_, yes)| yes).map(|(x, _)| [z, y, x]));
            }
        }
        points
    }

    /// The box with a margin of one pixel: background in the image, `edge` beyond it.
    pub(super) fn padded(&self, bounds: BoundingBox, edge: ImageEdge) -> Vec<bool> {
        let size = bounds.size();
        let row_length = size[2] + 2;
        let beyond = edge == ImageEdge::Foreground;
        // Position `i` of the padded axis is pixel `start + i - 1` of the image.
        let outside = |axis: usize, i: usize| {
            let at = bounds.start[axis] + i;
            at == 0 || at > self.extent[axis]
        };
        let mut padded = Vec::with_capacity((size[0] + 2) * (size[1] + 2) * row_length);
        for z in 0..size[0] + 2 {
            for y in 0..size[1] + 2 {
                if outside(0, z) || outside(1, y) {
                    padded.resize(padded.len() + row_length, beyond);
                } else if (1..=size[0]).contains(&z) && (1..=size[1]).contains(&y) {
                    let row = self.row(bounds.start[0] + z - 1, bounds.start[1] + y - 1);
                    padded.push(beyond && outside(2, 0));
                    padded.extend_from_slice(&row[bounds.start[2]..bounds.end[2]]);
                    padded.push(beyond && outside(2, size[2] + 1));
                } else {
                    padded.push(beyond && outside(2, 0));
                    padded.resize(padded.len() + size[2], false);
                    padded.push(beyond && outside(2, size[2] + 1));
                }
            }
        }
        padded
    }
}

impl BoundingBox {
    /// The smallest box around both.
    pub(super) fn union(self, other: Self) -> Self {
        Self {
            start: std::array::from_fn(|axis| self.start[axis].min(other.start[axis])),
            end: std::array::from_fn(|axis| self.end[axis].max(other.end[axis])),
        }
    }

    /// Its extent along z, y, x.
    pub(super) fn size(self) -> [usize; 3] {
        std::array::from_fn(|axis| self.end[axis] - self.start[axis])
    }
}

fn neighbour_offsets(
    ndim: usize,
    connectivity: BorderConnectivity,
    strides: [usize; 2],
) -> Vec<isize> {
    let reach = |used: bool| if used { -1..=1 } else { 0..=0_isize };
    let mut offsets = Vec::new();
    for z in reach(ndim > 2) {
        for y in reach(ndim > 1) {
            for x in reach(true) {
                let steps = z.abs() + y.abs() + x.abs();
                if steps == 1 || (steps > 1 && connectivity == BorderConnectivity::Full) {
                    offsets.push(z * strides[0] as isize + y * strides[1] as isize + x);
                }
            }
        }
    }
    offsets
}
