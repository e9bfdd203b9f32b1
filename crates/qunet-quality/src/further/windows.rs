//! Sums over the 3 x 3 windows of an image.

use std::ops::Range;

use crate::{
    Pixel,
    rows::{Edge, Neighbours, Part, Raster, Runs},
};

/// Pixels whose terms are computed before they are summed.
const BLOCK: usize = 128;

/// Pixels summed side by side.
const LANES: usize = 8;

/// The 3 x 3 pixels around a pixel, row by row.
pub(crate) type Window<T> = [[T; 3]; 3];

/// Sums of `N` terms over windows.
#[derive(Clone, Copy)]
pub(crate) struct Sums<const N: usize> {
    pub(crate) totals: [f64; N],
    /// How many windows were summed.
    pub(crate) count: u64,
}

/// Sums `terms` over the 3 x 3 windows of the region's pixels.
///
/// With an `edge`, every pixel of the region has a window, completed as [`Neighbours`] does;
/// without one, only pixels whose window lies within the region count.
pub(crate) fn sum_over_windows<T: Pixel, const N: usize>(
    raster: Raster<'_, T>,
    edge: Option<Edge<T>>,
    terms: impl Fn(Window<T>) -> [f64; N],
) -> Sums<N> {
    let neighbours = edge.map(|edge| Neighbours { raster, edge });
    let mut runs = Runs::new(raster.region, raster.image.dim(), 1, 1);
    let mut sums = Sums::none();
    raster.for_each_row(|rows, row| {
        // Row by row, so that sums stay short and, of integers, exact.
        let mut here = Sums::none();
        runs.for_each_part(row, |part| match part {
            Part::Inner(run) => {
                let around = run.start - 1..run.end + 1;
                let lines = [row - 1, row, row + 1].map(|row| &rows.get(row)[around.clone()]);
                here.add_run(lines, &terms);
            }
            Part::Rim(cols) => here.add_rim(neighbours.as_ref(), row, cols, &terms),
        });
        sums.add(here.totals, here.count);
    });
    sums
}

impl<const N: usize> Sums<N> {
    fn none() -> Self {
        Self { totals: [0.0; N], count: 0 }
    }

    fn add(&mut self, terms: [f64; N], count: u64) {
        for (total, term) in self.totals.iter_mut().zip(terms) {
            *total += term;
        }
        self.count += count;
    }

    /// Adds the windows of the region's pixels among the columns `cols`.
    fn add_rim<T: Pixel>(
        &mut self,
        neighbours: Option<&Neighbours<'_, T>>,
        row: usize,
        cols: Range<usize>,
        terms: &impl Fn(Window<T>) -> [f64; N],
    ) {
        let Some(neighbours) = neighbours else {
            return;
        };
        for col in cols {
            if neighbours.raster.contains(row, col) {
                self.add(terms(neighbours.window3((row, col))), 1);
            }
        }
    }

    /// Adds the windows about all pixels of the middle one of `lines` but its first and last.
    fn add_run<T: Copy>(&mut self, lines: [&[T]; 3], terms: &impl Fn(Window<T>) -> [f64; N]) {
        let mut block = [[0.0; N]; BLOCK];
        let width = lines[1].len() - 2;
        for start in (0..width).step_by(BLOCK) {
            let len = BLOCK.min(width - start);
            let lines = lines.map(|line| &line[start..start + len + 2]);
            respond(lines, &mut block[..len], terms);
            self.add(sum_in_lanes(&block[..len]), len as u64);
        }
    }
}

/// Writes the terms of all pixels of the middle one of `lines` but its first and last.
fn respond<T: Copy, const N: usize>(
    [up, here, down]: [&[T]; 3],
    block: &mut [[f64; N]],
    terms: &impl Fn(Window<T>) -> [f64; N],
) {
    let windows = up.windows(3).zip(here.windows(3)).zip(down.windows(3));
    for (out, ((u, h), d)) in block.iter_mut().zip(windows) {
        *out = terms([[u[0], u[1], u[2]], [h[0], h[1], h[2]], [d[0], d[1], d[2]]]);
    }
}

/// Sums of the columns: independent sums vectorise, and round less than one running sum.
pub(crate) fn sum_in_lanes<const N: usize>(values: &[[f64; N]]) -> [f64; N] {
    let (groups, rest) = values.as_chunks::<LANES>();
    let mut lanes = [[0.0; N]; LANES];
    let add = |sums: &mut [f64; N], terms: &[f64; N]| {
        for (sum, term) in sums.iter_mut().zip(terms) {
            *sum += term;
        }
    };
    for group in groups {
        for (lane, terms) in lanes.iter_mut().zip(group) {
            add(lane, terms);
        }
    }
    let mut total = [0.0; N];
    for terms in lanes.iter().chain(rest) {
        add(&mut total, terms);
    }
    total
}
