use ndarray::{ArrayRef2, ArrayView2, aview_mut1};

use super::Edge;
use crate::Pixel;

/// The rows of an image as slices, whatever its strides.
///
/// Rows of an image in standard layout are lent as they are; others are copied, one row at a time,
/// into a ring of buffers, so that no copy of the image is made and a row stays in the near cache
/// until the windows around it have been read.
pub(crate) struct Rows<'a, P> {
    image: ArrayView2<'a, P>,
    /// All pixels, row after row, where the image is in standard layout.
    whole: Option<&'a [P]>,
    /// The rows loaded last, where it is not.
    ring: Vec<P>,
    /// How many rows have been loaded.
    loaded: usize,
}

impl<'a, P: Copy + Default> Rows<'a, P> {
    /// Rows of `image`, of which the last `slots` that were loaded can be lent.
    pub(crate) fn new(image: &'a ArrayRef2<P>, slots: usize) -> Self {
        let image = image.view();
        let whole = image.to_slice();
        let slots = if whole.is_some() { 0 } else { slots.min(image.nrows()) };
        Self { image, whole, ring: vec![P::default(); slots * image.ncols()], loaded: 0 }
    }

    /// Loads the rows up to `last`, as far as there are such rows.
    pub(crate) fn advance(&mut self, last: usize) {
        if self.whole.is_some() {
            return;
        }
        while self.loaded < self.image.nrows().min(last + 1) {
            let slot = self.slot(self.loaded);
            aview_mut1(&mut self.ring[slot]).assign(&self.image.row(self.loaded));
            self.loaded += 1;
        }
    }

    /// Lends row `row`, one of the last that were loaded.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> &[P] {
        match self.whole {
            Some(pixels) => &pixels[row * self.image.ncols()..][..self.image.ncols()],
            None => {
                debug_assert!(row < self.loaded, "row {row} is not loaded yet");
                debug_assert!((self.loaded - row) * self.image.ncols() <= self.ring.len());
                &self.ring[self.slot(row)]
            }
        }
    }

    fn slot(&self, row: usize) -> std::ops::Range<usize> {
        let start = row * self.image.ncols() % self.ring.len();
        start..start + self.image.ncols()
    }
}

/// What lies one pixel beyond the rows of an image, by the border's rule.
///
/// [`Lines`](super::Lines) copies every row to put pixels around it. A Laplacian reads a pixel
/// once or twice and takes 0.12 ns for it (`u8`, 512 x 512), so it reads the rows where they are
/// and asks here for the few pixels that lie beyond.
pub(crate) struct Margin<T> {
    edge: Edge<T>,
    height: usize,
    /// The line beyond the first and the last row where the border is a constant.
    beyond: Vec<T>,
    /// The columns that stand for those before the first and after the last; `None` = constant.
    sides: [Option<usize>; 2],
}

impl<T: Pixel> Margin<T> {
    pub(crate) fn new((height, width): (usize, usize), edge: Edge<T>) -> Self {
        let sides = [-1, width as isize].map(|col| edge.source(col, width));
        Self { edge, height, beyond: vec![edge.constant; width], sides }
    }

    /// A row of the image or what lies beyond it.
    #[inline(always)]
    pub(crate) fn line<'r>(&'r self, rows: &'r Rows<'_, T>, row: isize) -> &'r [T] {
        if (0..self.height as isize).contains(&row) {
            return rows.get(row as usize);
        }
        match self.edge.source(row, self.height) {
            Some(row) => rows.get(row),
            None => &self.beyond,
        }
    }

    /// What lies before and after a line.
    #[inline(always)]
    pub(crate) fn beside(&self, line: &[T]) -> [T; 2] {
        self.sides.map(|source| source.map_or(self.edge.constant, |col| line[col]))
    }

    /// The first pixel of a line between its neighbours.
    #[inline]
    pub(crate) fn at_first(&self, line: &[T]) -> [T; 3] {
        let [left, right] = self.beside(line);
        [left, line[0], line.get(1).copied().unwrap_or(right)]
    }

    /// The last pixel of a line between its neighbours.
    #[inline]
    pub(crate) fn at_last(&self, line: &[T]) -> [T; 3] {
        let [left, right] = self.beside(line);
        let last = line.len() - 1;
        [if last > 0 { line[last - 1] } else { left }, line[last], right]
    }
}
