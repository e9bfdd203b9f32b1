use std::marker::PhantomData;

use ndarray::ArrayRef2;

use crate::{
    Pixel,
    kernels::{Kernels, Weights, surrounded},
    moments::{Moments, Tally},
    rows::{Edge, Margin, Neighbours, Raster, Rows},
};

/// Sums the responses of a Laplacian row by row, over an image or a region of it.
///
/// The responses are never stored, and of the whole image not even summed: what a pixel gives to
/// its neighbours cancels what it takes itself, so the sum of all responses follows from the
/// pixels at the border ([`Plane::sum`]) and the loops add squares only. Rows go in pairs: two rows
/// together read four lines, one after the other six.
pub(crate) struct Responses<'a, T: Pixel, W> {
    plane: Plane<'a, T, W>,
    region: Option<Region<'a>>,
    tally: <T as Kernels>::Tally,
}

impl<'a, T: Pixel, W: Weights> Responses<'a, T, W> {
    pub(crate) fn new(raster: Raster<'a, T>, edge: Edge<T>) -> Self {
        let plane = Plane {
            neighbours: Neighbours { raster, edge },
            margin: Margin::new(raster.image.dim(), edge),
            height: raster.image.nrows(),
            weights: PhantomData,
        };
        Self { plane, region: raster.region.map(Region::new), tally: Default::default() }
    }

    /// Adds a row of the image; `rows` lends it, the two above and the one below.
    ///
    /// Rows come from the first to the last.
    pub(crate) fn add_row(&mut self, rows: &Rows<'_, T>, row: usize) {
        match &mut self.region {
            None => self.plane.add_row(&mut self.tally, rows, row),
            Some(region) => {
                region.advance(row, W::CORNER != 0);
                self.plane.add_row_within(&mut self.tally, region, rows, row);
            }
        }
    }

    /// The population variance of all responses; `None` without any.
    pub(crate) fn variance(&self) -> Option<f64> {
        self.tally.variance()
    }
}

/// An image and its border.
struct Plane<'a, T, W> {
    neighbours: Neighbours<'a, T>,
    margin: Margin<T>,
    height: usize,
    weights: PhantomData<W>,
}

impl<T: Pixel, W: Weights> Plane<'_, T, W> {
    fn add_row(&self, tally: &mut T::Tally, rows: &Rows<'_, T>, row: usize) {
        let margin = &self.margin;
        let line = |step: isize| margin.line(rows, row as isize + step);
        let lines @ [up, here, down] = [line(-1), rows.get(row), line(1)];
        // Rows go in pairs, the last one alone if it has no partner.
        if row % 2 == 1 {
            T::square_responses_of_two::<W>(tally, [line(-2), up, here, down]);
        } else if row + 1 == self.height {
            T::square_responses::<W>(tally, lines);
        }
        let first = [margin.at_first(up), margin.at_first(here), margin.at_first(down)];
        tally.add_square(response::<T, W>(first));
        if here.len() > 1 {
            let last = [margin.at_last(up), margin.at_last(here), margin.at_last(down)];
            tally.add_square(response::<T, W>(last));
        }
        tally.add_sum(here.len() as u64, self.sum(lines, row));
    }

    /// This row's part of the sum of all responses.
    ///
    /// Inside, what a pixel gives to the responses of its neighbours cancels what its own takes;
    /// what is left of the sum comes from the pixels beyond the border and goes to those at it.
    fn sum(&self, [up, here, down]: [&[T]; 3], row: usize) -> f64 {
        let (edge, corner) = (f64::from(W::EDGE), f64::from(W::CORNER));
        let across = |from: &[T]| {
            let difference = total(from) - total(here);
            (edge + 2.0 * corner) * difference + corner * (self.ends(from) - self.ends(here))
        };
        let mut sum = (edge + 2.0 * corner) * self.ends(here);
        if row == 0 {
            sum += across(up);
        }
        if row + 1 == self.height {
            sum += across(down);
        }
        sum
    }

    /// The pixels beyond both ends of a line less those at its ends.
    #[inline]
    fn ends(&self, line: &[T]) -> f64 {
        let [left, right] = self.margin.beside(line);
        let (first, last) = (line[0], line[line.len() - 1]);
        (left.into() - first.into()) + (right.into() - last.into())
    }

    fn add_row_within(
        &self,
        tally: &mut T::Tally,
        region: &Region<'_>,
        rows: &Rows<'_, T>,
        row: usize,
    ) {
        let (inside, surrounded) = (region.rows.get(row), &region.surrounded[..]);
        if surrounded.contains(&true) {
            let lines = [rows.get(row - 1), rows.get(row), rows.get(row + 1)];
            T::tally_responses::<W>(tally, lines, &surrounded[1..]);
        }
        let mut count = 0;
        for (col, (&inside, &surrounded)) in inside.iter().zip(surrounded).enumerate() {
            count += u64::from(inside);
            if inside && !surrounded {
                let value = response::<T, W>(self.neighbours.window3((row, col)));
                tally.add_square(value);
                tally.add_sum(0, value.into());
            }
        }
        tally.add_sum(count, 0.0);
    }
}

/// A region of interest, and the pixels of one row whose neighbours all lie in it.
///
/// Unlike [`Runs`](crate::rows::Runs) this leaves the corners out where the kernel does, and marks
/// pixels rather than runs: the loop over a ragged region then goes over the whole row.
struct Region<'a> {
    rows: Rows<'a, bool>,
    height: usize,
    surrounded: Vec<bool>,
}

impl<'a> Region<'a> {
    fn new(roi: &'a ArrayRef2<bool>) -> Self {
        let (height, width) = roi.dim();
        Self { rows: Rows::new(roi, 3), height, surrounded: vec![false; width] }
    }

    /// Moves on to `row`.
    fn advance(&mut self, row: usize, corners: bool) {
        self.surrounded.fill(false);
        self.rows.advance(row + 1);
        if row > 0 && row + 1 < self.height && self.surrounded.len() > 2 {
            let lines = [self.rows.get(row - 1), self.rows.get(row), self.rows.get(row + 1)];
            surrounded(&mut self.surrounded, lines, corners);
        }
    }
}

/// The response to a 3 x 3 window: exact for integers, in `f64` for floats.
#[inline(always)]
fn response<T: Pixel, W: Weights>(window: [[T; 3]; 3]) -> T::Wide {
    let [[a, b, c], [d, e, f], [g, h, i]] = window;
    let wide = <T as Kernels>::Wide::from;
    let pair = |a: T, b: T| wide(a) + wide(b);
    let weight = |weight: i8| <T as Kernels>::Wide::from(weight);
    let mut sum = weight(W::EDGE) * (pair(b, h) + pair(d, f));
    if W::CORNER != 0 {
        sum = sum + weight(W::CORNER) * (pair(a, c) + pair(g, i));
    }
    sum - weight(4 * (W::EDGE + W::CORNER)) * wide(e)
}

fn total<T: Pixel>(line: &[T]) -> f64 {
    line.iter().map(|&pixel| pixel.into()).sum()
}
