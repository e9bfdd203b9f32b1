//! Exact Euclidean distance transform by lower envelopes of parabolas (P. Felzenszwalb and
//! D. Huttenlocher, Distance transforms of sampled functions, 2012).
//!
//! One dimension after the other: along x the nearest foreground of a row is found by walking it,
//! along y and z the envelope adds the squares. The columns along y and z that no query needs are
//! left out, which makes the distances of a surface cheap; the whole transform needs all of them.

use ndarray::{Array, ArrayRef, Dimension};

use crate::bits::{BitRows, WORD, ones};
use crate::parallel::Work;
use crate::{Error, Result, as_volume};

/// Columns along z that one thread takes at a time.
const TOGETHER: usize = 64;

/// Lengths of pixels whose squares, times those of any number of pixels, neither vanish nor overflow.
const LENGTHS: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// The squared Euclidean distance of each pixel to the nearest pixel that is true in `mask`:
///
/// ```text
/// d(p)² = min over q in mask of Σ over axes a of (spacing[a] (p[a] - q[a]))²
/// ```
///
/// In the square of the unit of `spacing`, which has one length per axis in array order; 0 on the
/// foreground, and infinite everywhere where there is none. Exact up to rounding, for masks of one
/// to three axes and any memory layout, in time linear in the number of pixels.
///
/// # Errors
/// [`Error::Dimensions`] for no or more than three axes; [`Error::Spacing`] unless there is one
/// length from 1e-100 to 1e100 for each axis.
///
/// # Example
/// ```
/// use ndarray::array;
///
/// // Rows 2 mm apart, pixels 1 mm wide: the last pixel of the second row is nearer to the true
/// // pixel above it (2² + 1²) than to that of its own row (3²).
/// let mask = array![[false, false, true, false], [true, false, false, false]];
/// let squares = qunet_grid::squared_distances(&mask, &[2.0, 1.0])?;
/// assert_eq!(squares, array![[4.0, 1.0, 0.0, 1.0], [0.0, 1.0, 4.0, 5.0]]);
/// # Ok::<(), qunet_grid::Error>(())
/// ```
pub fn squared_distances<D: Dimension>(
    mask: &ArrayRef<bool, D>,
    spacing: &[f64],
) -> Result<Array<f64, D>> {
    let lengths = axis_lengths(spacing, mask.ndim())?;
    let view = as_volume(mask)?;
    let (depth, height, width) = view.dim();
    let mut found = Array::from_elem(mask.raw_dim(), f64::INFINITY);
    let targets = BitRows::from_mask(&view);
    if targets.words.iter().all(|&word| word == 0) {
        return Ok(found);
    }
    let work = Work::on(view.len());
    let squares = Needed::all(height, width).squares(&targets, [depth, height], lengths, work);
    for (row, mut pixels) in found.rows_mut().into_iter().enumerate() {
        let (z, y) = (row / height, row % height);
        for (x, pixel) in pixels.iter_mut().enumerate() {
            *pixel = squares[(x * height + y) * depth + z];
        }
    }
    Ok(found)
}

/// As [`squared_distances`], for the pixels `queries` (z, y, x) only.
///
/// `targets` are the rows of `depth` slices of `height` rows with at least one pixel of foreground;
/// `lengths` are those of a step along z, y, x. Time and memory are linear in the columns along y
/// and z that hold queries.
///
/// ```
/// use ndarray::array;
/// use qunet_grid::{bits::BitRows, nearest_squared, parallel::Work};
///
/// let targets = BitRows::from_mask(&array![[[true, false, false], [false, false, false]]].view());
/// let squares = nearest_squared(&[[0, 1, 2]], &targets, [1, 2], [1.0, 3.0, 0.5], Work::on(6));
/// assert_eq!(squares, [9.0 + 1.0]);
/// ```
#[must_use]
pub fn nearest_squared(
    queries: &[[usize; 3]],
    targets: &BitRows,
    [depth, height]: [usize; 2],
    lengths: [f64; 3],
    work: Work,
) -> Vec<f64> {
    let (needed, columns) = Needed::by(queries, height, targets.per_row * WORD);
    let squares = needed.squares(targets, [depth, height], lengths, work);
    queries.iter().zip(columns).map(|(query, column)| squares[column * depth + query[0]]).collect()
}

/// The lengths of a step along z, y, x from a spacing in array order; 1 in front where there are
/// fewer than three axes.
///
/// # Errors
/// [`Error::Dimensions`] for no or more than three axes; [`Error::Spacing`] unless there is one
/// length from 1e-100 to 1e100 for each axis.
pub fn axis_lengths(spacing: &[f64], axes: usize) -> Result<[f64; 3]> {
    if !(1..=3).contains(&axes) {
        return Err(Error::Dimensions { found: axes });
    }
    if spacing.len() != axes || !spacing.iter().all(|length| LENGTHS.contains(length)) {
        return Err(Error::Spacing { axes, found: spacing.to_vec() });
    }
    let mut lengths = [1.0; 3];
    lengths[3 - axes..].copy_from_slice(spacing);
    Ok(lengths)
}

/// Which pixels of a slice distances are asked for at, in any slice.
struct Needed {
    /// The places along x of any query, ascending.
    across: Vec<usize>,
    /// The pixels of any query, as places in the columns of `across`, one after the other.
    pixels: Vec<usize>,
}

impl Needed {
    fn all(height: usize, width: usize) -> Self {
        Self { across: (0..width).collect(), pixels: (0..width * height).collect() }
    }

    /// By queries, with the place in `pixels` of each.
    fn by(queries: &[[usize; 3]], height: usize, width: usize) -> (Self, Vec<usize>) {
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
        (Self { across, pixels }, columns)
    }

    /// The squared distances of the needed pixels in all slices: those of a pixel side by side,
    /// along z.
    fn squares(
        &self,
        targets: &BitRows,
        [depth, height]: [usize; 2],
        lengths: [f64; 3],
        work: Work,
    ) -> Vec<f64> {
        let planes = work.map(depth, |z| self.in_plane(targets, z, height, lengths));
        let mut squares = vec![f64::INFINITY; self.pixels.len() * depth];
        work.for_each_piece(&mut squares, depth * TOGETHER, |piece, columns| {
            let mut envelope = Envelope::default();
            for (column, place) in columns.chunks_exact_mut(depth).zip(piece * TOGETHER..) {
                for (value, plane) in column.iter_mut().zip(&planes) {
                    *value = plane.get(place).copied().unwrap_or(f64::INFINITY);
                }
                envelope.replace(column, lengths[0]);
            }
        });
        squares
    }

    /// The squared distance from each pixel to the nearest foreground of slice `z`; empty where
    /// that has none.
    fn in_plane(&self, targets: &BitRows, z: usize, height: usize, lengths: [f64; 3]) -> Vec<f64> {
        let mut plane = Vec::new();
        let mut points = Vec::new();
        for y in 0..height {
            points.clear();
            for (i, &word) in targets.row(z * height + y).iter().enumerate() {
                points.extend(ones(word).map(|place| i * WORD + place));
            }
            if points.is_empty() {
                continue;
            }
            plane.resize(self.across.len() * height, f64::INFINITY);
            self.along_row(&points, lengths[2], |i, square| plane[i * height + y] = square);
        }
        let mut envelope = Envelope::default();
        for column in plane.chunks_exact_mut(height) {
            envelope.replace(column, lengths[1]);
        }
        if plane.is_empty() { plane } else { self.pixels.iter().map(|&at| plane[at]).collect() }
    }

    /// Gives `set` the squared distance along x to the nearest of the points of one row.
    fn along_row(&self, points: &[usize], length: f64, mut set: impl FnMut(usize, f64)) {
        let mut next = 0;
        for (i, &x) in self.across.iter().enumerate() {
            while next + 1 < points.len()
                && points[next + 1].abs_diff(x) <= points[next].abs_diff(x)
            {
                next += 1;
            }
            let distance = points[next].abs_diff(x) as f64 * length;
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
