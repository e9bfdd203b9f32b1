//! Exact Euclidean distance transform by lower envelopes of parabolas (P. Felzenszwalb and
//! D. Huttenlocher, 2012), kept only where distances are asked for.

use super::grid::Grid;
use crate::bits::WORD;
use crate::parallel::Work;

/// Columns along z that one thread takes at a time.
const TOGETHER: usize = 64;

/// The squared distance from each of `queries` to the nearest of `targets`, of which there is one at
/// least. Time and memory are linear in the columns along y and z that hold queries.
pub(super) fn nearest(
    queries: &[[usize; 3]],
    targets: &Grid,
    lengths: [f64; 3],
    work: Work,
) -> Vec<f64> {
    let (depth, height) = (targets.depth, targets.height);
    let needed = Needed::by(queries, height, targets.per_row * WORD);
    let points: Vec<_> = targets.points().collect();
    let slices: Vec<_> = points.chunk_by(|a, b| a[0] == b[0]).collect();
    let planes = work.map(slices.len(), |i| needed.in_plane(slices[i], height, lengths));
    // Column by column, contiguous along z.
    let mut squares = vec![f64::INFINITY; needed.pixels.len() * depth];
    work.for_each_piece(&mut squares, depth * TOGETHER, |piece, columns| {
        let mut envelope = Envelope::default();
        for (column, place) in columns.chunks_exact_mut(depth).zip(piece * TOGETHER..) {
            for (slice, plane) in slices.iter().zip(&planes) {
                column[slice[0][0]] = plane[place];
            }
            envelope.replace(column, lengths[0]);
        }
    });
    let places = queries.iter().zip(&needed.columns);
    places.map(|(query, column)| squares[column * depth + query[0]]).collect()
}

/// What of each plane is asked for.
struct Needed {
    /// The places along x of any query, ascending.
    across: Vec<usize>,
    /// The pixels of any query, as places in the columns of `across`, one after the other.
    pixels: Vec<usize>,
    /// For each query, its place in `pixels`.
    columns: Vec<usize>,
}

impl Needed {
    fn by(queries: &[[usize; 3]], height: usize, width: usize) -> Self {
        let mut is_needed = vec![false; width];
        for query in queries {
            is_needed[query[2]] = true;
        }
        let across: Vec<_> = (0..width).filter(|&x| is_needed[x]).collect();
        let mut rank = vec![0; width];
        for (i, &x) in across.iter().enumerate() {
            rank[x] = i;
        }
        let mut numbers = vec![usize::MAX; across.len() * height];
        let mut pixels = Vec::new();
        let column_of = |&[_, y, x]: &[usize; 3]| {
            let pixel = rank[x] * height + y;
            if numbers[pixel] == usize::MAX {
                numbers[pixel] = pixels.len();
                pixels.push(pixel);
            }
            numbers[pixel]
        };
        let columns = queries.iter().map(column_of).collect();
        Self { across, pixels, columns }
    }

    /// The squared distance from each pixel to the nearest of the points of one plane.
    fn in_plane(&self, points: &[[usize; 3]], height: usize, lengths: [f64; 3]) -> Vec<f64> {
        let mut plane = vec![f64::INFINITY; self.across.len() * height];
        for row in points.chunk_by(|a, b| a[1] == b[1]) {
            let column = &mut plane[row[0][1]..];
            self.along_row(row, lengths[2], |i, square| column[i * height] = square);
        }
        let mut envelope = Envelope::default();
        for column in plane.chunks_exact_mut(height) {
            envelope.replace(column, lengths[1]);
        }
        self.pixels.iter().map(|&pixel| plane[pixel]).collect()
    }

    /// Hands on the squared distance along x to the nearest of the points of one row.
    fn along_row(&self, points: &[[usize; 3]], length: f64, mut set: impl FnMut(usize, f64)) {
        let mut next = 0;
        for (i, &x) in self.across.iter().enumerate() {
            while next + 1 < points.len()
                && points[next + 1][2].abs_diff(x) <= points[next][2].abs_diff(x)
            {
                next += 1;
            }
            let distance = points[next][2].abs_diff(x) as f64 * length;
            set(i, distance * distance);
        }
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
    /// Replaces the heights of a column by those of their envelope.
    fn replace(&mut self, column: &mut [f64], spacing: f64) {
        self.build(column.iter().copied(), spacing);
        let mut piece = 0;
        for (i, value) in column.iter_mut().enumerate() {
            *value = self.at(i, &mut piece);
        }
    }

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
