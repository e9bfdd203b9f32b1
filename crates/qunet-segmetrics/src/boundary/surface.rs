//! The surface pixels of a mask, 64 of a row at a time.

use qunet_grid::bits::BitRows;

use super::pair::{Bounds, Pair, beyond};
use super::points::Points;
use super::{BorderConnectivity, BoundaryOptions, ImageEdge};

/// One mask of a pair.
struct Mask<'a> {
    rows: &'a BitRows,
    extent: [usize; 3],
    /// What lies beyond the image, 64 pixels of it.
    edge: u64,
    /// A row beyond the image.
    outside: Vec<u64>,
}

impl Mask<'_> {
    /// The row `dz`, `dy` beside row (`z`, `y`), as far as `bounds` go.
    fn row(&self, [z, y]: [usize; 2], [dz, dy]: [isize; 2], bounds: Bounds) -> &[u64] {
        let (z, y) = (z.wrapping_add_signed(dz), y.wrapping_add_signed(dy));
        let inside = z < self.extent[0] && y < self.extent[1];
        let row = if inside { self.rows.row(z * self.extent[1] + y) } else { &self.outside[..] };
        &row[bounds.start[2]..bounds.end[2]]
    }
}

/// The surface pixels within `bounds`, which must hold the whole foreground.
pub(super) fn surface(
    rows: &BitRows,
    pair: &Pair,
    bounds: Bounds,
    options: BoundaryOptions,
) -> Points {
    let edge = if options.image_edge == ImageEdge::Foreground { u64::MAX } else { 0 };
    let mask = Mask { rows, extent: pair.extent, edge, outside: vec![edge; rows.per_row] };
    let [depth, height, words] = bounds.size();
    let mut points = Points::empty(depth, height, words);
    let full = options.connectivity == BorderConnectivity::Full;
    let neighbours = neighbours(pair.ndim, full);
    let per_row = points.per_row();
    pair.work.for_each_piece(points.words_mut(), height * per_row, |z, plane| {
        let mut inner = vec![0; words];
        for (y, row) in plane.chunks_exact_mut(per_row).enumerate() {
            let at = [bounds.start[0] + z, bounds.start[1] + y];
            let own = mask.row(at, [0, 0], bounds);
            if own.iter().all(|&word| word == 0) {
                continue;
            }
            inner.copy_from_slice(own);
            if !full {
                erode(&mut inner, &mask, bounds);
            }
            for &step in &neighbours {
                let beside = mask.row(at, step, bounds);
                inner.iter_mut().zip(beside).for_each(|(inner, beside)| *inner &= beside);
            }
            if full {
                erode(&mut inner, &mask, bounds);
            }
            for ((to, own), inner) in row[1..].iter_mut().zip(own).zip(&inner) {
                *to = own & !inner;
            }
        }
    });
    points
}

/// The steps along z and y to the other rows that a pixel has neighbours in.
fn neighbours(ndim: usize, full: bool) -> Vec<[isize; 2]> {
    let reach = |used: bool| if used { -1..=1 } else { 0..=0_isize };
    let steps = reach(ndim > 2).flat_map(|dz| reach(ndim > 1).map(move |dy| [dz, dy]));
    let apart = |[dz, dy]: [isize; 2]| dz.abs() + dy.abs();
    steps.filter(|&step| apart(step) == 1 || (full && apart(step) == 2)).collect()
}

/// Clears the pixels of a row that have background before or after them.
fn erode(row: &mut [u64], mask: &Mask<'_>, bounds: Bounds) {
    let at_end = bounds.end[2] == mask.rows.per_row;
    if at_end && let Some(last) = row.last_mut() {
        *last |= mask.edge & beyond(mask.extent[2]);
    }
    let mut before = if bounds.start[2] == 0 { mask.edge } else { 0 };
    for i in 0..row.len() {
        let here = row[i];
        let after = row.get(i + 1).copied().unwrap_or(if at_end { mask.edge } else { 0 });
        row[i] = here & (here << 1 | before >> 63) & (here >> 1 | after << 63);
        before = here;
    }
}
