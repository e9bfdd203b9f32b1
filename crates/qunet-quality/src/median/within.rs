//! Medians inside a region of interest, whose edge is treated as the edge of an image.

use ndarray::ArrayRef2;

use super::for_each_whole_row;
use crate::{Pixel, border::Edge};

/// Shows `visit` each row of an image, from the first to the last, and the medians of the pixels
/// in the region; what stands at other pixels is left open.
///
/// As in [`Neighbours`](crate::neighbours::Neighbours), pixels outside the region are never read
/// into a median: a window that reaches beyond the region takes, by the border's rule, pixels of
/// the run of region pixels that it left. Pixels outside the region may be NaN or infinite.
pub(super) fn for_each_row<T: Pixel>(
    image: &ArrayRef2<T>,
    region: &ArrayRef2<bool>,
    window: usize,
    edge: Edge<T>,
    mut visit: impl FnMut(&[T], &[T]),
) {
    let mut interior = Interior::new(region, window / 2);
    let mut cut = Cut { image, region, window, edge, pixels: Vec::new() };
    let mut medians = Vec::new();
    let mut row = 0;
    for_each_whole_row(image, window, edge, |pixels, fast| {
        medians.clear();
        medians.extend_from_slice(fast);
        interior.load(row);
        for (col, median) in medians.iter_mut().enumerate() {
            if region[[row, col]] && !interior.contains(col) {
                *median = cut.median(row, col);
            }
        }
        visit(pixels, &medians);
        row += 1;
    });
}

/// The pixels whose windows lie within the region as far as they lie within the image.
///
/// The windows here reach equally far to all sides. Where an even one is cut by the edge of the
/// image, the border's rule can lead one pixel further than the window itself.
struct Interior<'a> {
    region: &'a ArrayRef2<bool>,
    reach: usize,
    /// Pixels outside the region in each column of the window's rows.
    outside: Vec<usize>,
    /// How many columns before each one, and before the end, have such pixels.
    broken: Vec<usize>,
}

impl<'a> Interior<'a> {
    fn new(region: &'a ArrayRef2<bool>, reach: usize) -> Self {
        let width = region.ncols();
        let mut interior =
            Self { region, reach, outside: vec![0; width], broken: vec![0; width + 1] };
        for row in 0..reach.min(region.nrows()) {
            interior.count(row, |outside, pixel| outside + usize::from(!pixel));
        }
        interior
    }

    /// Moves to `row`, the one below the row before.
    fn load(&mut self, row: usize) {
        if row + self.reach < self.region.nrows() {
            self.count(row + self.reach, |outside, pixel| outside + usize::from(!pixel));
        }
        if let Some(left) = row.checked_sub(self.reach + 1) {
            self.count(left, |outside, pixel| outside - usize::from(!pixel));
        }
        let mut broken = 0;
        for (before, &outside) in self.broken[1..].iter_mut().zip(&self.outside) {
            broken += usize::from(outside > 0);
            *before = broken;
        }
    }

    fn count(&mut self, row: usize, next: impl Fn(usize, bool) -> usize) {
        for (outside, &pixel) in self.outside.iter_mut().zip(self.region.row(row)) {
            *outside = next(*outside, pixel);
        }
    }

    fn contains(&self, col: usize) -> bool {
        let end = self.outside.len().min(col + self.reach + 1);
        self.broken[end] == self.broken[col.saturating_sub(self.reach)]
    }
}

/// Windows that the edge of the region cuts.
struct Cut<'a, T> {
    image: &'a ArrayRef2<T>,
    region: &'a ArrayRef2<bool>,
    window: usize,
    edge: Edge<T>,
    /// The pixels of one window.
    pixels: Vec<T>,
}

impl<T: Pixel> Cut<'_, T> {
    /// The median at a pixel of the region.
    fn median(&mut self, row: usize, col: usize) -> T {
        self.pixels.clear();
        let (region, constant) = (self.region, self.edge.constant);
        let column = region.column(col);
        for row in self.sources(row, column.len(), |row| column[row]) {
            let Some(row) = row else {
                self.pixels.extend(std::iter::repeat_n(constant, self.window));
                continue;
            };
            let (pixels, inside) = (self.image.row(row), region.row(row));
            let cols = self.sources(col, inside.len(), |col| inside[col]);
            self.pixels.extend(cols.map(|col| col.map_or(constant, |col| pixels[col])));
        }
        // The upper of the two middle pixels where their number is even.
        let middle = self.pixels.len() / 2;
        *self.pixels.select_nth_unstable_by_key(middle, |pixel| pixel.key()).1
    }

    /// For each pixel of the window along a line of `len` pixels, the index of the one that
    /// stands for it; `None` for the constant.
    fn sources<F: Fn(usize) -> bool>(
        &self,
        start: usize,
        len: usize,
        inside: F,
    ) -> impl Iterator<Item = Option<usize>> + use<T, F> {
        // A rule that turns back at one end of the run comes no further than the window's other
        // end, unless it turns there too.
        let reach = self.window / 2;
        let before = (start.saturating_sub(reach)..start).rev();
        let first = before.take_while(|&index| inside(index)).last().unwrap_or(start);
        let after = start + 1..len.min(start + reach + 1);
        let last = after.take_while(|&index| inside(index)).last().unwrap_or(start);
        let (edge, run) = (self.edge, last - first + 1);
        let begin = start as isize - reach as isize - first as isize;
        (begin..begin + self.window as isize)
            .map(move |place| Some(first + edge.source(place, run)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Border, median::median_filter, neighbours::Neighbours};
    use ndarray::{Array2, s};

    const BORDERS: [Border; 4] =
        [Border::Reflect101, Border::Reflect, Border::Replicate, Border::Constant(7.0)];

    fn scattered(height: usize, width: usize) -> Array2<f32> {
        Array2::from_shape_fn((height, width), |(y, x)| ((y * 71 + x * 37) % 101) as f32)
    }

    fn medians(
        image: &Array2<f32>,
        region: &Array2<bool>,
        window: usize,
        border: Border,
    ) -> Array2<f32> {
        let mut medians = Vec::new();
        let edge = border.resolve().unwrap();
        for_each_row(image, region, window, edge, |_, row| {
            medians.extend_from_slice(row);
        });
        Array2::from_shape_vec(image.dim(), medians).unwrap()
    }

    #[test]
    fn a_rectangle_behaves_as_its_crop_among_pixels_of_any_value() {
        let (rows, cols) = (3..20, 2..25);
        let inside = |(y, x): (usize, usize)| rows.contains(&y) && cols.contains(&x);
        let region = Array2::from_shape_fn((24, 26), inside);
        let mut image = scattered(24, 26);
        let crop = image.slice(s![3..20, 2..25]).to_owned();
        ndarray::Zip::from(&mut image).and(&region).for_each(|pixel, &inside| {
            if !inside {
                *pixel = f32::NAN;
            }
        });
        for border in BORDERS {
            for window in [2, 3, 4, 5, 7, 12, 13, 20, 33, 60] {
                let expected = median_filter(&crop, window, border).unwrap();
                let found = medians(&image, &region, window, border);
                assert_eq!(found.slice(s![3..20, 2..25]), expected, "{window} {border:?}");
            }
        }
    }

    #[test]
    fn any_region_follows_the_rule_for_neighbours() {
        let image = scattered(19, 23);
        let regions: [fn(usize, usize) -> bool; 4] = [
            |y, x| (y * 23 + x) * 7919 % 13 > 2,
            |y, x| y.abs_diff(9).pow(2) + x.abs_diff(11).pow(2) < 70,
            |y, x| y + x > 9 && !(8..10).contains(&x),
            |_, _| true,
        ];
        for (index, inside) in regions.into_iter().enumerate() {
            let region = Array2::from_shape_fn(image.dim(), |(y, x)| inside(y, x));
            for border in BORDERS {
                let edge = border.resolve().unwrap();
                let neighbours = Neighbours { image: &image, region: Some(&region), edge };
                for window in [2, 3, 4, 7, 9, 30] {
                    let found = medians(&image, &region, window, border);
                    for (at, _) in region.indexed_iter().filter(|(_, inside)| **inside) {
                        let reach = || (0..window as isize).map(|i| i - window as isize / 2);
                        let mut pixels: Vec<f32> = reach()
                            .flat_map(|dy| reach().map(move |dx| (dy, dx)))
                            .map(|(dy, dx)| neighbours.at(at, dy, dx))
                            .collect();
                        pixels.sort_by(f32::total_cmp);
                        let expected = pixels[pixels.len() / 2];
                        assert_eq!(
                            found[at], expected,
                            "region {index} {window} {border:?} {at:?}"
                        );
                    }
                }
            }
        }
    }
}
