//! The cells between pixels that the surface of a mask passes through, 64 of a row at a time, and
//! how much contour or surface passes each: marching squares and marching cubes (W. Lorensen and
//! H. Cline, 1987) with every vertex midway between two pixel centres.

use std::sync::OnceLock;

use qunet_grid::bits::{BitRows, WORD, ones};

use super::pair::{Bounds, Pair};
use super::points::Points;
use super::search::nearest;

pub(super) struct Elements {
    cells: Points,
    /// The size of the surface in each, row by row.
    sizes: Vec<f64>,
}

impl Elements {
    /// `sizes` are those of the codes; see `element_sizes`.
    pub(super) fn new(rows: &BitRows, pair: &Pair, bounds: Bounds, sizes: &[f64]) -> Self {
        // A cell has the place of its last pixel, so there is one more than pixels along each axis.
        let [depth, height, words] = bounds.size();
        let (deep, high) = (pair.ndim > 2, pair.ndim > 1);
        let cells = Points::empty(depth + usize::from(deep), height + usize::from(high), words + 1);
        let mut elements = Self { cells, sizes: Vec::new() };
        for row in 0..elements.cells.count_rows() {
            let at = [row / elements.cells.height, row % elements.cells.height];
            // The pixels 0 or 1 row and 0 or 1 slice before.
            let before = |dz, dy| padded_row(rows, pair, bounds, at, [dz, dy]);
            let near = [before(0, 0), before(0, 1), before(1, 0), before(1, 1)];
            elements.add_row(row, &near[..1 << (pair.ndim - 1)], sizes);
        }
        elements
    }

    /// `near` are the rows of pixels of its cells, from the last.
    fn add_row(&mut self, row: usize, near: &[Option<&[u64]>], sizes: &[f64]) {
        let per_row = self.cells.per_row();
        let cells = &mut self.cells.rows.words[row * per_row..][..per_row];
        if near.iter().flatten().all(|pixels| pixels.iter().all(|&word| word == 0)) {
            return;
        }
        let word = |pixels: &Option<&[u64]>, i: usize| {
            pixels.and_then(|pixels| pixels.get(i)).copied().unwrap_or(0)
        };
        for i in 0..per_row - 2 {
            // Bit 2 k of a code is a pixel of the row k, bit 2 k + 1 the one before it along x.
            let mut bits = [0; 8];
            for (pair, pixels) in bits.chunks_exact_mut(2).zip(near) {
                let before = if i > 0 { word(pixels, i - 1) >> (WORD - 1) } else { 0 };
                pair[0] = word(pixels, i);
                pair[1] = pair[0] << 1 | before;
            }
            let bits = &bits[..2 * near.len()];
            let any = bits.iter().fold(0, |any, bit| any | bit);
            let all = bits.iter().fold(u64::MAX, |all, bit| all & bit);
            cells[i + 1] = any & !all;
            for place in ones(any & !all) {
                let code = bits.iter().rev().fold(0, |code, bit| code << 1 | bit >> place & 1);
                self.sizes.push(sizes[code as usize]);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }

    /// The size of all.
    pub(super) fn total(&self) -> f64 {
        self.sizes.iter().sum()
    }

    /// (distance, size) of each, ascending.
    pub(super) fn distances(&self, to: &Self, pair: &Pair) -> Vec<(f64, f64)> {
        let squares = nearest(&self.cells, &to.cells, pair.lengths, pair.work);
        let distances = squares.into_iter().map(f64::sqrt);
        let mut pairs: Vec<_> = distances.zip(self.sizes.iter().copied()).collect();
        pairs.sort_unstable_by_key(|&(distance, size)| (distance.to_bits(), size.to_bits()));
        pairs
    }
}

/// The row of pixels that is `back` slices and rows before a row of cells, `None` beyond `bounds`.
fn padded_row<'a>(
    rows: &'a BitRows,
    pair: &Pair,
    bounds: Bounds,
    at: [usize; 2],
    back: [usize; 2],
) -> Option<&'a [u64]> {
    let mut place = [0; 2];
    for axis in 0..2 {
        let inside = at[axis].checked_sub(back[axis])? + bounds.start[axis];
        place[axis] = Some(inside).filter(|&inside| inside < bounds.end[axis])?;
    }
    let row = rows.row(place[0] * pair.extent[1] + place[1]);
    Some(&row[bounds.start[2]..bounds.end[2]])
}

/// A vertex in half pixels: 0, 1 or 2 along z, y, x of the cell.
type Vertex = [i32; 3];
/// A triangle's normal for unit spacing, its length the triangle's area.
type Normal = [f64; 3];

/// The codes with four pixels inside, an outside one alone on two faces, where the published table
/// cuts off the outside pixels; the symmetry of the cell does not decide these.
const OUTSIDE_CUT_OFF: [usize; 12] = [30, 54, 57, 86, 89, 120, 147, 149, 154, 156, 180, 210];

/// The length or area within a cell of `2^ndim` pixels for each of its codes; bit `4 dz + 2 dy + dx`
/// of a code is the pixel that many steps before the cell's last.
pub(super) fn element_sizes(ndim: usize, [z, y, x]: [f64; 3]) -> Vec<f64> {
    match ndim {
        1 => vec![0.0, 1.0, 1.0, 0.0],
        2 => {
            let corner = 0.5 * y.hypot(x);
            (0..16_u32)
                .map(|code| match code {
                    0 | 15 => 0.0,
                    0b0011 | 0b1100 => x,
                    0b0101 | 0b1010 => y,
                    0b0110 | 0b1001 => 2.0 * corner,
                    _ => corner,
                })
                .collect()
        }
        _ => {
            let area = |n: &Normal| {
                ((n[0] * y * x).powi(2) + (n[1] * z * x).powi(2) + (n[2] * z * y).powi(2)).sqrt()
            };
            cube_normals().iter().map(|normals| normals.iter().map(area).sum()).collect()
        }
    }
}

/// The triangles of each of the 256 codes.
fn cube_normals() -> &'static [Vec<Normal>] {
    static NORMALS: OnceLock<Vec<Vec<Normal>>> = OnceLock::new();
    NORMALS.get_or_init(|| {
        let triangles = |code| loops(segments(code)).iter().flat_map(|l| largest(l).1).collect();
        (0..256).map(triangles).collect()
    })
}

/// Where the surface crosses the six faces. A face with two inside corners on a diagonal has two
/// crossings, around the inside corners or around the outside ones, whichever the cell has fewer of.
fn segments(code: usize) -> Vec<(Vertex, Vertex)> {
    let inside = |corner: usize| code >> corner & 1 == 1;
    let cut_off_inside = code.count_ones() <= 4 && !OUTSIDE_CUT_OFF.contains(&code);
    let mut segments = Vec::new();
    for (axis, side) in (0..6).map(|face| (face / 2, face % 2)) {
        let (u, v) = (1 << ((axis + 1) % 3), 1 << ((axis + 2) % 3));
        let ring = [0, u, u | v, v].map(|corner| corner | (side << axis));
        let middle = |i: usize| midpoint(ring[i % 4], ring[(i + 1) % 4]);
        let cuts: Vec<usize> =
            (0..4).filter(|&i| inside(ring[i]) != inside(ring[(i + 1) % 4])).collect();
        match cuts[..] {
            [a, b] => segments.push((middle(a), middle(b))),
            [_, _, _, _] => {
                let alone = (0..4).filter(|&i| inside(ring[i]) == cut_off_inside);
                segments.extend(alone.map(|i| (middle(i + 3), middle(i))));
            }
            _ => {}
        }
    }
    segments
}

fn midpoint(a: usize, b: usize) -> Vertex {
    [2, 1, 0].map(|bit| ((a >> bit & 1) + (b >> bit & 1)) as i32)
}

/// The closed polygons that the segments form.
fn loops(mut segments: Vec<(Vertex, Vertex)>) -> Vec<Vec<Vertex>> {
    let mut loops = Vec::new();
    while let Some((first, mut end)) = segments.pop() {
        let mut polygon = vec![first];
        while let Some(next) = segments.iter().position(|&(a, b)| a == end || b == end) {
            let (a, b) = segments.swap_remove(next);
            polygon.push(end);
            end = if a == end { b } else { a };
        }
        loops.push(polygon);
    }
    loops
}

/// The triangulation of a polygon with the largest area at unit spacing, the published choice.
fn largest(polygon: &[Vertex]) -> (f64, Vec<Normal>) {
    let last = polygon.len() - 1;
    let mut best = (0.0, Vec::new());
    for i in 1..last {
        let (before, after) = (largest(&polygon[..=i]), largest(&polygon[i..]));
        let normal = normal(polygon[0], polygon[i], polygon[last]);
        let area = before.0 + after.0 + normal.iter().map(|n| n * n).sum::<f64>().sqrt();
        if area > best.0 {
            best = (area, [vec![normal], before.1, after.1].concat());
        }
    }
    best
}

fn normal(a: Vertex, b: Vertex, c: Vertex) -> Normal {
    let side = |to: Vertex| [0, 1, 2].map(|i| f64::from(to[i] - a[i]) / 2.0);
    let (u, v) = (side(b), side(c));
    [(1, 2), (2, 0), (0, 1)].map(|(i, j)| 0.5 * (u[i] * v[j] - u[j] * v[i]))
}
