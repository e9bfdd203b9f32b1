use std::ops::Range;

use ndarray::ArrayRef2;

use super::{Edge, Raster, Rows};
use crate::Pixel;

/// The rows of a region, all true where there is none.
pub(crate) struct Mask<'a> {
    rows: Option<Rows<'a, bool>>,
    everywhere: Vec<bool>,
}

impl<'a> Mask<'a> {
    /// Rows of `width` pixels.
    pub(crate) fn new(region: Option<&'a ArrayRef2<bool>>, width: usize) -> Self {
        let everywhere = vec![true; if region.is_none() { width } else { 0 }];
        Self { rows: region.map(|region| Rows::new(region, 1)), everywhere }
    }

    /// Row `row`; rows come from the first to the last.
    pub(crate) fn row(&mut self, row: usize) -> &[bool] {
        match &mut self.rows {
            Some(rows) => {
                rows.advance(row);
                rows.get(row)
            }
            None => &self.everywhere,
        }
    }
}

/// Columns of a row that follow each other.
pub(crate) enum Part {
    /// The windows of these pixels lie in the region.
    Inner(Range<usize>),
    /// Pixels in between; those of them that lie in the region have windows that its edge cuts.
    Rim(Range<usize>),
}

/// Separates the pixels whose whole window lies in the region from the others, row by row.
///
/// Counting the pixels outside in each column takes two passes over a row for each row, whatever
/// the window; to read every window would take its area.
pub(crate) struct Runs<'a> {
    region: Option<&'a ArrayRef2<bool>>,
    dim: (usize, usize),
    before: usize,
    after: usize,
    /// Whether windows end where the image ends, so that its edge cuts none.
    clipped: bool,
    /// The rows that are counted, and the pixels outside the region in each of their columns.
    counted: Range<usize>,
    outside: Vec<u32>,
}

impl<'a> Runs<'a> {
    /// Windows that reach `before` pixels up and left and `after` pixels down and right, and that
    /// the edge of the image cuts.
    pub(crate) fn new(
        region: Option<&'a ArrayRef2<bool>>,
        dim: (usize, usize),
        before: usize,
        after: usize,
    ) -> Self {
        Self { region, dim, before, after, clipped: false, counted: 0..0, outside: vec![0; dim.1] }
    }

    /// Windows that reach equally far to all sides, as far as the image does.
    pub(crate) fn clipped(region: &'a ArrayRef2<bool>, reach: usize) -> Self {
        Self { clipped: true, ..Self::new(Some(region), region.dim(), reach, reach) }
    }

    /// Shows `visit` the parts of row `row` from left to right, empty ones among them; rows come
    /// from the first to the last.
    pub(crate) fn for_each_part(&mut self, row: usize, mut visit: impl FnMut(Part)) {
        let (height, width) = self.dim;
        let cut = row < self.before || row + self.after >= height;
        if cut && !self.clipped {
            return visit(Part::Rim(0..width));
        }
        self.count(row);
        let (mut seen, mut start) = (0, 0);
        while start < width {
            let rest = &self.outside[start..];
            let len = rest.iter().position(|&outside| outside > 0).unwrap_or(rest.len());
            let inner = self.inner(start..start + len);
            if !inner.is_empty() {
                visit(Part::Rim(seen..inner.start));
                seen = inner.end;
                visit(Part::Inner(inner));
            }
            let gap = rest[len..].iter().position(|&outside| outside == 0);
            start += len + gap.unwrap_or(rest.len() - len);
        }
        visit(Part::Rim(seen..width));
    }

    /// The columns whose windows lie within a run of columns that are inside the region.
    fn inner(&self, run: Range<usize>) -> Range<usize> {
        let at_edge = |at: usize| self.clipped && (at == 0 || at == self.dim.1);
        let start = if at_edge(run.start) { run.start } else { run.start + self.before };
        let end = if at_edge(run.end) { run.end } else { run.end.saturating_sub(self.after) };
        start..end
    }

    /// Moves the count to the rows of the windows around `row`.
    fn count(&mut self, row: usize) {
        let Some(region) = self.region else { return };
        while self.counted.end < self.dim.0.min(row + self.after + 1) {
            let entering = region.row(self.counted.end);
            let columns = self.outside.iter_mut().zip(entering);
            columns.for_each(|(outside, &inside)| *outside += u32::from(!inside));
            self.counted.end += 1;
        }
        while self.counted.start < row.saturating_sub(self.before) {
            let leaving = region.row(self.counted.start);
            let columns = self.outside.iter_mut().zip(leaving);
            columns.for_each(|(outside, &inside)| *outside -= u32::from(!inside));
            self.counted.start += 1;
        }
    }
}

/// An image in which every pixel of the region has neighbours at any distance.
///
/// The edge of the region is treated as the edge of an image. A neighbour is found first along the
/// column through the pixel, then along the row that this gives: within the run of region pixels
/// that holds the start, and beyond the run's ends by the border's rule. So no pixel outside the
/// region is read, and a rectangular region behaves as its crop does.
pub(crate) struct Neighbours<'a, T> {
    pub(crate) raster: Raster<'a, T>,
    pub(crate) edge: Edge<T>,
}

impl<T: Pixel> Neighbours<'_, T> {
    /// The 3 x 3 pixels around a pixel of the region.
    pub(crate) fn window3(&self, at: (usize, usize)) -> [[T; 3]; 3] {
        let mut window = [[self.edge.constant; 3]; 3];
        self.fill(window.as_flattened_mut(), 3, at);
        window
    }

    /// Fills `window` with the `size` x `size` pixels around a pixel of the region, row by row.
    pub(crate) fn fill(&self, window: &mut [T], size: usize, (row, col): (usize, usize)) {
        let (raster, (height, width)) = (self.raster, self.raster.image.dim());
        let rows = self.sources(row, height, size, |row| raster.contains(row, col));
        for (line, row) in window.chunks_exact_mut(size).zip(rows) {
            let Some(row) = row else {
                line.fill(self.edge.constant);
                continue;
            };
            let cols = self.sources(col, width, size, |col| raster.contains(row, col));
            for (pixel, col) in line.iter_mut().zip(cols) {
                *pixel = col.map_or(self.edge.constant, |col| raster.image[[row, col]]);
            }
        }
    }

    /// For each pixel of a window along a line of `len` pixels, the index of the one that stands
    /// for it; `None` for the constant.
    fn sources<F: Fn(usize) -> bool>(
        &self,
        start: usize,
        len: usize,
        window: usize,
        inside: F,
    ) -> impl Iterator<Item = Option<usize>> + use<T, F> {
        // A rule that turns back at one end of the run comes no further than the window's other
        // end, unless it turns there too, so no more of the run than this needs to be known.
        let reach = window / 2;
        let before = (start.saturating_sub(reach)..start).rev();
        let first = before.take_while(|&index| inside(index)).last().unwrap_or(start);
        let after = start + 1..len.min(start + reach + 1);
        let last = after.take_while(|&index| inside(index)).last().unwrap_or(start);
        let (edge, run) = (self.edge, last - first + 1);
        let begin = start as isize - reach as isize - first as isize;
        (begin..begin + window as isize).map(move |place| Some(first + edge.source(place, run)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Border;
    use ndarray::{Array2, array, s};

    const BORDERS: [Border; 4] =
        [Border::Reflect101, Border::Reflect, Border::Replicate, Border::Constant(7.0)];

    fn window<T: Pixel>(
        image: &ArrayRef2<T>,
        region: Option<&ArrayRef2<bool>>,
        border: Border,
        size: usize,
        at: (usize, usize),
    ) -> Vec<T> {
        let neighbours =
            Neighbours { raster: Raster { image, region }, edge: border.resolve().unwrap() };
        let mut window = vec![T::default(); size * size];
        neighbours.fill(&mut window, size, at);
        window
    }

    #[test]
    fn a_rectangle_behaves_as_its_crop() {
        let image = Array2::from_shape_fn((9, 8), |(y, x)| (10 * y + x) as u8);
        for (rows, cols) in [(2..6, 1..7), (3..4, 2..5), (0..9, 4..5), (0..9, 0..8), (5..6, 5..6)] {
            let region =
                Array2::from_shape_fn((9, 8), |(y, x)| rows.contains(&y) && cols.contains(&x));
            let crop = image.slice(s![rows.clone(), cols.clone()]).to_owned();
            for border in BORDERS {
                for (y, x) in ndarray::indices((crop.nrows(), crop.ncols())) {
                    for size in [2, 3, 4, 23] {
                        let at = (y + rows.start, x + cols.start);
                        let whole = window(&image, Some(&region), border, size, at);
                        assert_eq!(whole, window(&crop, None, border, size, (y, x)), "{border:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_edge_of_any_region_is_an_edge() {
        let image = array![[1_u8, 2, 3], [4, 5, 6], [7, 8, 9]];
        let region = array![[false, true, false], [true, true, false], [true, true, true]];
        let near = |border| window(&image, Some(&region), border, 3, (1, 1));
        // (0, 0) lies beyond the run of row 0, which is column 1 alone; (1, 2) beyond that of row 1.
        assert_eq!(near(Border::Replicate), [2, 2, 2, 4, 5, 5, 7, 8, 9]);
        assert_eq!(near(Border::Reflect101), [2, 2, 2, 4, 5, 4, 7, 8, 9]);
        assert_eq!(near(Border::Constant(0.0)), [0, 2, 0, 4, 5, 0, 7, 8, 9]);
    }

    /// The index `distance` away from `start` within the whole run of true values that holds it.
    fn away(edge: Edge<u8>, inside: &[bool], start: usize, distance: isize) -> Option<usize> {
        let first = (0..=start).rev().take_while(|&at| inside[at]).last()?;
        let last = (start..inside.len()).take_while(|&at| inside[at]).last()?;
        let place = start as isize + distance - first as isize;
        Some(first + edge.source(place, last - first + 1)?)
    }

    #[test]
    fn windows_follow_the_rule_in_any_region() {
        let image = Array2::from_shape_fn((19, 23), |(y, x)| (y * 71 + x * 37) as u8);
        let regions: [fn(usize, usize) -> bool; 3] = [
            |y, x| (y * 23 + x) * 7919 % 13 > 2,
            |y, x| y.abs_diff(9).pow(2) + x.abs_diff(11).pow(2) < 70,
            |y, x| y + x > 9 && !(8..10).contains(&x),
        ];
        for inside in regions {
            let region = Array2::from_shape_fn(image.dim(), |(y, x)| inside(y, x));
            for (border, size) in BORDERS.into_iter().flat_map(|b| [2, 3, 9, 30].map(|s| (b, s))) {
                let edge = border.resolve::<u8>().unwrap();
                for ((row, col), _) in region.indexed_iter().filter(|(_, inside)| **inside) {
                    let column = region.column(col).to_vec();
                    let expected = (0..size * size).map(|k| {
                        let distance = |k: usize| k as isize - size as isize / 2;
                        let row = away(edge, &column, row, distance(k / size))?;
                        let col = away(edge, &region.row(row).to_vec(), col, distance(k % size))?;
                        Some(image[[row, col]])
                    });
                    let expected: Vec<u8> = expected.map(|pixel| pixel.unwrap_or(7)).collect();
                    assert_eq!(window(&image, Some(&region), border, size, (row, col)), expected);
                }
            }
        }
    }

    fn inner(runs: &mut Runs<'_>, row: usize) -> Vec<Range<usize>> {
        let (mut inner, mut end) = (Vec::new(), 0);
        runs.for_each_part(row, |part| {
            let (Part::Inner(cols) | Part::Rim(cols)) = &part;
            assert_eq!(cols.start, end);
            end = cols.end;
            if let Part::Inner(cols) = part {
                inner.push(cols);
            }
        });
        assert_eq!(end, runs.dim.1);
        inner
    }

    #[test]
    fn windows_lie_within_image_and_region() {
        let mut all = Runs::new(None, (5, 6), 2, 1);
        assert_eq!(inner(&mut all, 1), []);
        assert_eq!(inner(&mut all, 2).first(), Some(&(2..5)));
        assert_eq!(inner(&mut all, 4), []);

        let mut region = Array2::from_elem((4, 9), true);
        region[[0, 4]] = false;
        let mut runs = Runs::new(Some(&region), (4, 9), 1, 1);
        assert_eq!(inner(&mut runs, 0), []);
        assert_eq!(inner(&mut runs, 1), [1..3, 6..8]);
        assert_eq!(inner(&mut runs, 2).first(), Some(&(1..8)));
        let mut clipped = Runs::clipped(&region, 1);
        assert_eq!([0, 1].map(|row| inner(&mut clipped, row)), [[0..3, 6..9], [0..3, 6..9]]);
        assert_eq!(inner(&mut clipped, 2).first(), Some(&(0..9)));
    }

    #[test]
    fn a_side_shorter_than_the_window_has_none() {
        assert_eq!(inner(&mut Runs::new(None, (3, 2), 1, 1), 1), []);
        assert_eq!(inner(&mut Runs::new(None, (1, 9), 1, 1), 0), []);
    }
}
