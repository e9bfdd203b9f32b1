//! Exact Euclidean distance transform by lower envelopes of parabolas (P. Felzenszwalb and
//! D. Huttenlocher, 2012), kept only where distances are asked for.

use super::grid::Grid;
use crate::bits::WORD;
use crate::parallel::Work;

/// The squared distance from each of `queries` to the nearest of `targets`, of which there is one at
/// least. Time and memory are linear in the box.
pub(super) fn nearest(
    queries: &[[usize; 3]],
    targets: &Grid,
    lengths: [f64; 3],
    work: Work,
) -> Vec<f64> {
    let (depth, height, width) = (targets.depth, targets.height, targets.width());
    let shifted = |&[z, y, x]: &[usize; 3]| [z, y, x - WORD];
    let points: Vec<_> = targets.points().map(|point| shifted(&point)).collect();
    let (columns, pixels) = needed_columns(queries.iter().map(shifted), height, width);
    let slices: Vec<_> = points.chunk_by(|a, b| a[0] == b[0]).collect();
    let planes = work.map(slices.len(), |i| in_plane(slices[i], &pixels, [height, width], lengths));
    // Column by column, contiguous along z.
    let mut squares = vec![f64::INFINITY; pixels.len() * depth];
    work.for_each_piece(&mut squares, depth, |place, column| {
        for (slice, plane) in slices.iter().zip(&planes) {
            column[slice[0][0]] = plane[place];
        }
        let mut envelope = Envelope::default();
        envelope.build(column.iter().copied(), lengths[0]);
        let mut piece = 0;
        for (z, value) in column.iter_mut().enumerate() {
            *value = envelope.at(z, &mut piece);
        }
    });
    let place_of = |[z, y, x]: [usize; 3]| columns[y * width + x] * depth + z;
    queries.iter().map(|query| squares[place_of(shifted(query))]).collect()
}

/// At some pixels of a plane, the squared distance to the nearest of its points.
fn in_plane(
    points: &[[usize; 3]],
    pixels: &[usize],
    [height, width]: [usize; 2],
    lengths: [f64; 3],
) -> Vec<f64> {
    let mut needed_x = vec![false; width];
    for &pixel in pixels {
        needed_x[pixel % width] = true;
    }
    let mut plane = vec![f64::INFINITY; height * width];
    for row in points.chunk_by(|a, b| a[1] == b[1]) {
        along_row(row, &mut plane[row[0][1] * width..][..width], lengths[2]);
    }
    let mut envelope = Envelope::default();
    for x in (0..width).filter(|&x| needed_x[x]) {
        envelope.build(plane[x..].iter().step_by(width).copied(), lengths[1]);
        let mut piece = 0;
        for y in 0..height {
            plane[y * width + x] = envelope.at(y, &mut piece);
        }
    }
    pixels.iter().map(|&pixel| plane[pixel]).collect()
}

/// The number of each (y, x) that has a query, and those pixels in order of their numbers.
fn needed_columns(
    queries: impl Iterator<Item = [usize; 3]>,
    height: usize,
    width: usize,
) -> (Vec<usize>, Vec<usize>) {
    let mut columns = vec![usize::MAX; height * width];
    let mut pixels = Vec::new();
    for [_, y, x] in queries {
        let column = &mut columns[y * width + x];
        if *column == usize::MAX {
            *column = pixels.len();
            pixels.push(y * width + x);
        }
    }
    (columns, pixels)
}

/// Squared distance along x to the nearest of the points of one row.
fn along_row(points: &[[usize; 3]], row: &mut [f64], spacing: f64) {
    let mut next = 0;
    for (x, value) in row.iter_mut().enumerate() {
        while next + 1 < points.len()
            && points[next + 1][2].abs_diff(x) <= points[next][2].abs_diff(x)
        {
            next += 1;
        }
        let distance = points[next][2].abs_diff(x) as f64 * spacing;
        *value = distance * distance;
    }
}

/// The lower envelope of the parabolas `height + (spacing (i - vertex))²` over pixels `i`.
#[derive(Default)]
struct Envelope {
    /// Vertex, height, and the position from which this parabola is the lowest.
    pieces: Vec<(usize, f64, f64)>,
    spacing: f64,
}

impl Envelope {
    /// Of one parabola for each finite height.
    fn build(&mut self, heights: impl Iterator<Item = f64>, spacing: f64) {
        self.pieces.clear();
        self.spacing = spacing;
        let square = spacing * spacing;
        for (vertex, height) in heights.enumerate().filter(|(_, height)| height.is_finite()) {
            let mut from = f64::NEG_INFINITY;
            while let Some(&(other, other_height, other_from)) = self.pieces.last() {
                let apart = (vertex - other) as f64;
                let middle = (vertex + other) as f64;
                from = 0.5 * (middle + (height - other_height) / (square * apart));
                if from > other_from {
                    break;
                }
                self.pieces.pop();
                from = f64::NEG_INFINITY;
            }
            self.pieces.push((vertex, height, from));
        }
    }

    /// Its height at pixel `i`; `piece` starts at 0 and `i` must not fall from call to call.
    fn at(&self, i: usize, piece: &mut usize) -> f64 {
        while self.pieces.get(*piece + 1).is_some_and(|next| next.2 < i as f64) {
            *piece += 1;
        }
        self.pieces.get(*piece).map_or(f64::INFINITY, |&(vertex, height, _)| {
            let distance = vertex.abs_diff(i) as f64 * self.spacing;
            distance * distance + height
        })
    }
}
