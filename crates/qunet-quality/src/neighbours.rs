use ndarray::ArrayRef2;

use crate::{Pixel, border::Edge};

/// An image in which every pixel of the region has neighbours at any distance.
///
/// The edge of the region is treated as the edge of an image. A neighbour `(dy, dx)` away is found
/// first along the column through the pixel, then along the row that this gives: within the run of
/// region pixels that holds the start, and beyond the run's ends by the border's rule. So no pixel
/// outside the region is read, and a rectangular region behaves as the crop does.
pub(crate) struct Neighbours<'a, T> {
    pub(crate) image: &'a ArrayRef2<T>,
    /// `None` = all pixels.
    pub(crate) region: Option<&'a ArrayRef2<bool>>,
    pub(crate) edge: Edge<T>,
}

impl<T: Pixel> Neighbours<'_, T> {
    /// The pixel `(dy, dx)` away from `(row, col)`, which lies in the region.
    pub(crate) fn at(&self, (row, col): (usize, usize), dy: isize, dx: isize) -> T {
        let (height, width) = self.image.dim();
        let source = || {
            let row = self.source(row, dy, height, |row| self.inside(row, col))?;
            let col = self.source(col, dx, width, |col| self.inside(row, col))?;
            Some(self.image[[row, col]])
        };
        source().unwrap_or(self.edge.constant)
    }

    /// The 3 x 3 pixels around `(row, col)`, which lies in the region.
    pub(crate) fn window3(&self, at: (usize, usize)) -> [[T; 3]; 3] {
        [-1, 0, 1].map(|dy| [-1, 0, 1].map(|dx| self.at(at, dy, dx)))
    }

    fn inside(&self, row: usize, col: usize) -> bool {
        self.region.is_none_or(|region| region[[row, col]])
    }

    /// The index `distance` away from `start` in a line of `len` pixels; `None` for the constant.
    fn source(
        &self,
        start: usize,
        distance: isize,
        len: usize,
        inside: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        // The nearest end of the run towards the neighbour, then as much of the run beyond it as
        // reflections can reach.
        let reach = distance.unsigned_abs();
        let first_down = |from: usize, reach: usize| {
            (from.saturating_sub(reach)..from)
                .rev()
                .take_while(|&i| inside(i))
                .last()
                .unwrap_or(from)
        };
        let last_up = |from: usize, reach: usize| {
            (from + 1..len.min(from + reach + 1)).take_while(|&i| inside(i)).last().unwrap_or(from)
        };
        let (first, last) = if distance < 0 {
            let first = first_down(start, reach);
            (first, last_up(start, (first + 2 * reach + 1).saturating_sub(start)))
        } else {
            let last = last_up(start, reach);
            (first_down(start, (start + 2 * reach + 1).saturating_sub(last)), last)
        };
        let place = start as isize + distance - first as isize;
        Some(first + self.edge.source(place, last - first + 1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Border;
    use ndarray::{Array2, array, s};

    const BORDERS: [Border; 4] =
        [Border::Reflect101, Border::Reflect, Border::Replicate, Border::Constant(7.0)];

    #[test]
    fn a_rectangle_behaves_as_its_crop() {
        let image = Array2::from_shape_fn((9, 8), |(y, x)| (10 * y + x) as u8);
        for (rows, cols) in [(2..6, 1..7), (3..4, 2..5), (0..9, 4..5), (0..9, 0..8), (5..6, 5..6)] {
            let region =
                Array2::from_shape_fn((9, 8), |(y, x)| rows.contains(&y) && cols.contains(&x));
            let crop = image.slice(s![rows.clone(), cols.clone()]).to_owned();
            for border in BORDERS {
                let edge = border.resolve().unwrap();
                let whole = Neighbours { image: &image, region: Some(&region), edge };
                let part = Neighbours { image: &crop, region: None, edge };
                for (y, x) in ndarray::indices((crop.nrows(), crop.ncols())) {
                    for (dy, dx) in ndarray::indices((23, 23)) {
                        let (dy, dx) = (dy as isize - 11, dx as isize - 11);
                        let at = (y + rows.start, x + cols.start);
                        assert_eq!(whole.at(at, dy, dx), part.at((y, x), dy, dx), "{border:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_edge_of_any_region_is_an_edge() {
        let image = array![[1_u8, 2, 3], [4, 5, 6], [7, 8, 9]];
        let region = array![[false, true, false], [true, true, false], [true, true, true]];
        let near = |border: Border| {
            let edge = border.resolve().unwrap();
            Neighbours { image: &image, region: Some(&region), edge }.window3((1, 1))
        };
        // (0, 0) lies beyond the run of row 0, which is column 1 alone; (1, 2) beyond that of row 1.
        assert_eq!(near(Border::Replicate), [[2, 2, 2], [4, 5, 5], [7, 8, 9]]);
        assert_eq!(near(Border::Reflect101), [[2, 2, 2], [4, 5, 4], [7, 8, 9]]);
        assert_eq!(near(Border::Constant(0.0)), [[0, 2, 0], [4, 5, 0], [7, 8, 9]]);
    }
}
