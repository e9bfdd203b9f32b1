use ndarray::ArrayRef2;

use super::{Edge, Rows};
use crate::Pixel;

/// What stands before and after a run of pixels for windows along it.
///
/// The window of an even size reaches one pixel further to the left (and up) than to the right
/// (and down), as in SciPy.
pub(crate) struct Sides<T> {
    before: usize,
    /// The pixels of the run that stand for those before it, then for those after it; `None` = the
    /// constant.
    sources: Vec<Option<usize>>,
    constant: T,
}

impl<T: Pixel> Sides<T> {
    /// For runs of `len` pixels and windows of `window`.
    pub(crate) fn new(edge: Edge<T>, len: usize, window: usize) -> Self {
        let before = window / 2;
        let (reach, end) = (before as isize, len as isize);
        let beyond = (-reach..0).chain(end..end + window as isize - 1 - reach);
        let sources = beyond.map(|place| edge.source(place, len)).collect();
        Self { before, sources, constant: edge.constant }
    }

    /// Fills `line` with a run, by `copy`, and the pixels before and after it, each by `one`.
    #[inline]
    pub(crate) fn write<P>(
        &self,
        run: &[T],
        line: &mut [P],
        copy: impl Fn(&[T], &mut [P]),
        one: impl Fn(T) -> P,
    ) {
        let (left, rest) = line.split_at_mut(self.before);
        let (middle, right) = rest.split_at_mut(run.len());
        copy(run, middle);
        for (out, source) in left.iter_mut().chain(right).zip(&self.sources) {
            *out = one(source.map_or(self.constant, |at| run[at]));
        }
    }
}

/// An image with a border around it, as wide as the windows reach beyond the edge.
///
/// Line `row + k` of its `height + window - 1` lines is the k-th of the window around row `row`;
/// of each line, `line[col..col + window]` belongs to the window around column `col`.
pub(crate) struct Padded<'a, T> {
    rows: Rows<'a, T>,
    edge: Edge<T>,
    sides: Sides<T>,
    /// Height and width of the image.
    dim: (usize, usize),
    window: usize,
    step: usize,
}

impl<'a, T: Pixel> Padded<'a, T> {
    /// For windows around `step` rows at a time.
    pub(crate) fn new(image: &'a ArrayRef2<T>, edge: Edge<T>, window: usize, step: usize) -> Self {
        // The rows of these windows, and two more, so that rows can also be lent to a kernel that
        // reads three rows at a time.
        let rows = Rows::new(image, window + step + 1);
        let sides = Sides::new(edge, image.ncols(), window);
        Self { rows, edge, sides, dim: image.dim(), window, step }
    }

    /// Pixels of a line.
    pub(crate) fn width(&self) -> usize {
        self.dim.1 + self.window - 1
    }

    /// The rows of the image: those of the windows, and as in
    /// [`Raster::for_each_row`](super::Raster::for_each_row).
    pub(crate) fn rows(&self) -> &Rows<'a, T> {
        &self.rows
    }

    /// Loads what the windows around the `step` rows from `top` on need; `top` never decreases.
    pub(crate) fn advance(&mut self, top: usize) {
        let before = self.sides.before;
        let last_line = top + self.step + self.window - 2;
        // A border leads as far below the first row as the window reaches above it.
        let last_row = last_line.max(2 * before) - before;
        self.rows.advance(last_row.max(top + self.step));
    }

    /// Fills `line` with line `index`, its pixels converted by `copy` or one by one.
    #[inline]
    pub(crate) fn write<P: Clone>(
        &self,
        index: usize,
        line: &mut [P],
        copy: impl Fn(&[T], &mut [P]),
        one: impl Fn(T) -> P,
    ) {
        let row = index as isize - self.sides.before as isize;
        match self.edge.source(row, self.dim.0) {
            Some(row) => self.sides.write(self.rows.get(row), line, copy, one),
            None => line.fill(one(self.edge.constant)),
        }
    }
}

/// The lines of a padded image, as many at a time as the windows around `step` rows need.
///
/// A line is written once and stays for all windows that hold it.
pub(crate) struct Lines<'a, T, P> {
    padded: Padded<'a, T>,
    ring: Vec<Vec<P>>,
    /// How many lines have been written.
    written: usize,
    copy: fn(&[T], &mut [P]),
    one: fn(T) -> P,
}

impl<'a, T: Pixel, P: Clone + Default> Lines<'a, T, P> {
    /// Lines whose pixels are converted by `copy`, or one by one.
    pub(crate) fn new(padded: Padded<'a, T>, copy: fn(&[T], &mut [P]), one: fn(T) -> P) -> Self {
        let ring = vec![vec![P::default(); padded.width()]; padded.window + padded.step - 1];
        Self { padded, ring, written: 0, copy, one }
    }

    /// Writes the lines of the windows around the `step` rows from `top` on, as far as there are
    /// such rows.
    pub(crate) fn advance(&mut self, top: usize) {
        self.padded.advance(top);
        let count = self.padded.dim.0 + self.padded.window - 1;
        while self.written < count.min(top + self.ring.len()) {
            let slot = self.written % self.ring.len();
            self.padded.write(self.written, &mut self.ring[slot], self.copy, self.one);
            self.written += 1;
        }
    }

    /// The rows of the image, as [`Padded::rows`].
    pub(crate) fn rows(&self) -> &Rows<'a, T> {
        self.padded.rows()
    }

    /// Line `index`, one of the last that were written.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> &[P] {
        &self.ring[index % self.ring.len()]
    }

    /// The lines of the window around row `row`.
    pub(crate) fn around(
        &self,
        row: usize,
    ) -> impl DoubleEndedIterator<Item = &[P]> + ExactSizeIterator + Clone {
        (row..row + self.padded.window).map(|index| self.get(index))
    }
}
