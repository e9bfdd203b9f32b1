//! Loops over `f32` pixels, in `f64`.

use super::{Kernels, Region, Weights, vectorised, windows};
use crate::moments::{LANES, LaneMoments, MergedMoments, Moments};

/// The response to three pixels of each of three lines.
#[inline(always)]
fn response<W: Weights>(up: [f32; 3], here: [f32; 3], down: [f32; 3]) -> f64 {
    let pair = |a: f32, b: f32| f64::from(a) + f64::from(b);
    let (edge, corner) = (f64::from(W::EDGE), f64::from(W::CORNER));
    let edges = pair(up[1], down[1]) + pair(here[0], here[2]);
    let corners = pair(up[0], up[2]) + pair(down[0], down[2]);
    let centre = 4.0 * (edge + corner) * f64::from(here[1]);
    // Products with 0 and 1 are left out, which the compiler may not do for floats.
    match (W::EDGE, W::CORNER) {
        (1, 0) => edges - centre,
        (1, 1) => edges + corners - centre,
        (0, _) => corner * corners - centre,
        _ => edge * edges + corner * corners - centre,
    }
}

vectorised! {
    fn squares<W: Weights>(squares: &mut [f64], up: &[f32], here: &[f32], down: &[f32]) {
        let count = squares.len();
        let [a, b, c] = windows(up, count);
        let [d, e, f] = windows(here, count);
        let [g, h, i] = windows(down, count);
        for k in 0..count {
            let value = response::<W>([a[k], b[k], c[k]], [d[k], e[k], f[k]], [g[k], h[k], i[k]]);
            squares[k] += value * value;
        }
    }

    fn squares_of_two<W: Weights>(
        squares: &mut [f64],
        up: &[f32],
        here: &[f32],
        next: &[f32],
        down: &[f32],
    ) {
        let count = squares.len();
        let [a, b, c] = windows(up, count);
        let [d, e, f] = windows(here, count);
        let [g, h, i] = windows(next, count);
        let [j, k, l] = windows(down, count);
        for n in 0..count {
            let (here, next) = ([d[n], e[n], f[n]], [g[n], h[n], i[n]]);
            let upper = response::<W>([a[n], b[n], c[n]], here, next);
            let lower = response::<W>(here, next, [j[n], k[n], l[n]]);
            squares[n] += upper * upper + lower * lower;
        }
    }

    fn sums_inside<W: Weights>(
        sums: &mut [f64],
        squares: &mut [f64],
        up: &[f32],
        here: &[f32],
        down: &[f32],
        inside: &[bool],
    ) {
        let count = squares.len();
        let [a, b, c] = windows(up, count);
        let [d, e, f] = windows(here, count);
        let [g, h, i] = windows(down, count);
        let (sums, inside) = (&mut sums[..count], &inside[..count]);
        for k in 0..count {
            let value = response::<W>([a[k], b[k], c[k]], [d[k], e[k], f[k]], [g[k], h[k], i[k]]);
            let value = if inside[k] { value } else { 0.0 };
            sums[k] += value;
            squares[k] += value * value;
        }
    }

    fn differences(tally: &mut LaneMoments, minuend: &[f32], subtrahend: &[f32], largest: f32) -> f32 {
        let (mut sums, mut squares, mut max) = (tally.sums, tally.squares, [largest; LANES]);
        let ((a, rest_of_a), (b, rest_of_b)) = (minuend.as_chunks(), subtrahend.as_chunks());
        for (a, b) in a.iter().zip(b) {
            let (a, b): (&[f32; LANES], &[f32; LANES]) = (a, b);
            for lane in 0..LANES {
                let value = f64::from(a[lane]) - f64::from(b[lane]);
                sums[lane] += value;
                squares[lane] += value * value;
                max[lane] = larger(max[lane], a[lane]);
            }
        }
        for (lane, (&a, &b)) in rest_of_a.iter().zip(rest_of_b).enumerate() {
            let value = f64::from(a) - f64::from(b);
            sums[lane] += value;
            squares[lane] += value * value;
            max[lane] = larger(max[lane], a);
        }
        (tally.sums, tally.squares) = (sums, squares);
        max.into_iter().fold(largest, larger)
    }

    /// Number of pixels `inside`, sums of `pixel - pivot` and of its square, and their maximum or
    /// the pivot.
    fn deviations(pixels: &[f32], inside: &[bool], pivot: f32) -> (u32, f64, f64, f32) {
        let (mut sums, mut squares, mut max) = ([0.0; LANES], [0.0; LANES], [pivot; LANES]);
        let ((groups, rest), (marks, rest_of_marks)) = (pixels.as_chunks(), inside.as_chunks());
        for (group, marks) in groups.iter().zip(marks) {
            let (group, marks): (&[f32; LANES], &[bool; LANES]) = (group, marks);
            for lane in 0..LANES {
                let chosen = if marks[lane] { group[lane] } else { pivot };
                let value = f64::from(chosen) - f64::from(pivot);
                sums[lane] += value;
                squares[lane] += value * value;
                max[lane] = larger(max[lane], chosen);
            }
        }
        for (lane, (&pixel, &inside)) in rest.iter().zip(rest_of_marks).enumerate() {
            let chosen = if inside { pixel } else { pivot };
            let value = f64::from(chosen) - f64::from(pivot);
            sums[lane] += value;
            squares[lane] += value * value;
            max[lane] = larger(max[lane], chosen);
        }
        let count = inside.iter().map(|&inside| u32::from(inside)).sum();
        let max = max.into_iter().fold(pivot, larger);
        (count, sums.iter().sum(), squares.iter().sum(), max)
    }
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a < b { b } else { a }
}

/// Moments and maximum of the pixels of a region.
#[derive(Debug, Default)]
pub struct FloatRegion {
    moments: MergedMoments,
    max: Option<f32>,
}

impl Region<f32> for FloatRegion {
    fn add_row(&mut self, pixels: &[f32], inside: &[bool]) {
        let Some(pivot) = self.pivot(pixels, inside) else { return };
        let (count, sum, squares, max) = deviations(pixels, inside, pivot);
        if count > 0 {
            self.moments.merge(u64::from(count), f64::from(pivot), sum, squares);
            self.max = Some(larger(self.max.unwrap_or(max), max));
        }
    }

    fn moments(&self) -> &impl Moments {
        &self.moments
    }

    fn max(&self) -> Option<f32> {
        self.max
    }
}

impl FloatRegion {
    /// A value from the range of the region's pixels: a large offset then costs no digits, and
    /// outside the region the pivot adds nothing to the sums and does not change the maximum.
    fn pivot(&self, pixels: &[f32], inside: &[bool]) -> Option<f32> {
        let first = || inside.iter().position(|&inside| inside).map(|col| pixels[col]);
        let mean = self.moments.mean().map(|mean| mean as f32);
        mean.zip(self.max).map(|(mean, max)| mean.min(max)).or_else(first)
    }
}

impl Kernels for f32 {
    type Tally = LaneMoments;
    type Wide = f64;
    type Region = FloatRegion;

    fn square_responses<W: Weights>(tally: &mut LaneMoments, [up, here, down]: [&[f32]; 3]) {
        let Some(count @ 1..) = here.len().checked_sub(2) else { return };
        tally.column_squares.resize(count, 0.0);
        squares::<W>(&mut tally.column_squares, up, here, down);
    }

    fn square_responses_of_two<W: Weights>(
        tally: &mut LaneMoments,
        [up, here, next, down]: [&[f32]; 4],
    ) {
        let Some(count @ 1..) = here.len().checked_sub(2) else { return };
        tally.column_squares.resize(count, 0.0);
        squares_of_two::<W>(&mut tally.column_squares, up, here, next, down);
    }

    fn tally_responses<W: Weights>(
        tally: &mut LaneMoments,
        [up, here, down]: [&[f32]; 3],
        inside: &[bool],
    ) {
        let Some(count @ 1..) = here.len().checked_sub(2) else { return };
        tally.column_sums.resize(count, 0.0);
        tally.column_squares.resize(count, 0.0);
        let (sums, squares) = (&mut tally.column_sums, &mut tally.column_squares);
        sums_inside::<W>(sums, squares, up, here, down, inside);
    }

    fn tally_differences(
        tally: &mut LaneMoments,
        minuend: &[f32],
        subtrahend: &[f32],
        largest: f32,
    ) -> f32 {
        differences(tally, minuend, subtrahend, largest)
    }
}
