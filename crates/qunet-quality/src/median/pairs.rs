//! Medians of 3 x 3 and 5 x 5 pixels, two rows at a time.

mod compare;
mod five;
mod three;

use ndarray::ArrayRef2;

use crate::{Pixel, border::Edge, rows::Rows};

/// Shows `visit` each row and its medians over windows of 3 or 5 pixels.
pub(super) fn by_pair<T: Pixel>(
    image: &ArrayRef2<T>,
    window: usize,
    edge: Edge<T>,
    mut visit: impl FnMut(&[T], &[T]),
) {
    let (height, width) = image.dim();
    let mut rows = Rows::new(image, window + 1);
    let mut lines = Lines::new(width, height, window, edge);
    let mut sorted = five::Sorted::default();
    let [mut upper, mut lower] = [vec![T::Lane::default(); width], vec![T::Lane::default(); width]];
    let mut pixels = Vec::new();
    for top in (0..height).step_by(2) {
        lines.advance(&mut rows, top);
        match window {
            3 => three::medians(lines.from(top), &mut upper, &mut lower),
            _ => five::medians(lines.from(top), &mut sorted, &mut upper, &mut lower),
        }
        for (row, medians) in (top..height).zip([&upper, &lower]) {
            visit(rows.get(row), T::pixels(medians, &mut pixels));
        }
    }
}

/// The padded lines of two rows of windows.
struct Lines<T: Pixel> {
    ring: Vec<Vec<T::Lane>>,
    /// Lines loaded so far, of `height + window - 1` in all, and rows of the image.
    loaded: usize,
    loaded_rows: usize,
    height: usize,
    before: usize,
    edge: Edge<T>,
    /// The pixels that stand for those before a row and after it; `None` = the constant.
    sides: Vec<Option<usize>>,
}

impl<T: Pixel> Lines<T> {
    fn new(width: usize, height: usize, window: usize, edge: Edge<T>) -> Self {
        let before = window / 2;
        let reach = before as isize;
        let beyond = (-reach..0).chain(width as isize..width as isize + reach);
        Self {
            ring: vec![vec![edge.constant.lane(); width + window - 1]; window + 1],
            loaded: 0,
            loaded_rows: 0,
            height,
            before,
            edge,
            sides: beyond.map(|col| edge.source(col, width)).collect(),
        }
    }

    /// Loads the lines of the windows around rows `top` and `top + 1`.
    fn advance(&mut self, rows: &mut Rows<'_, T>, top: usize) {
        let count = self.ring.len();
        // Below the last row there is no window, and the line that it lacks stays as it is.
        while self.loaded < (top + count).min(self.height + count - 2) {
            // The border's rule leads as far below the first row as the window reaches above it.
            let last = self.loaded.max(2 * self.before) - self.before;
            (self.loaded_rows..=last).for_each(|row| rows.load(row));
            self.loaded_rows = last + 1;
            self.load_line(rows);
        }
    }

    fn load_line(&mut self, rows: &Rows<'_, T>) {
        let slot = self.loaded % self.ring.len();
        let line = &mut self.ring[slot];
        let row = self.loaded as isize - self.before as isize;
        match self.edge.source(row, self.height) {
            None => line.fill(self.edge.constant.lane()),
            Some(row) => {
                let row = rows.get(row);
                let (left, rest) = line.split_at_mut(self.before);
                let (middle, right) = rest.split_at_mut(row.len());
                T::lanes(row, middle);
                for (lane, source) in left.iter_mut().chain(right).zip(&self.sides) {
                    *lane = source.map_or(self.edge.constant, |col| row[col]).lane();
                }
            }
        }
        self.loaded += 1;
    }

    /// The `N` lines of the windows around rows `top` and `top + 1`.
    fn from<const N: usize>(&self, top: usize) -> [&[T::Lane]; N] {
        std::array::from_fn(|line| &self.ring[(top + line) % self.ring.len()][..])
    }
}
