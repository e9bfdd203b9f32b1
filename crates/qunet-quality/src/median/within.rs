//! Medians inside a region of interest, whose edge is treated as the edge of an image.

use std::ops::Range;

use ndarray::ArrayRef2;

use super::for_each_whole_row;
use crate::{
    Pixel,
    rows::{Edge, Neighbours, Part, Raster, Rows, Runs},
};

/// Shows `visit` the rows, the number of each, and the medians of its pixels in the region; what
/// stands at other pixels is left open.
///
/// As in [`Neighbours`], pixels outside the region are never read into a median: a window that
/// reaches beyond the region takes, by the border's rule, pixels of the run of region pixels that
/// it left. Pixels outside the region may be NaN or infinite. All medians are found as if there
/// were no region, and those that its edge cuts are found again by selection: a region's rim has
/// few pixels beside its area, and the loops over whole rows stay as they are.
pub(super) fn for_each_row<T: Pixel>(
    raster: Raster<'_, T>,
    region: &ArrayRef2<bool>,
    window: usize,
    edge: Edge<T>,
    mut visit: impl FnMut(&Rows<'_, T>, usize, &[T]),
) {
    // The runs' windows reach equally far to all sides. Where an even one is cut by the edge of the
    // image, the border's rule can lead one pixel further than the window itself.
    let mut runs = Runs::clipped(region, window / 2);
    let mut cut = Cut { neighbours: Neighbours { raster, edge }, window, pixels: Vec::new() };
    let mut medians = Vec::new();
    for_each_whole_row(raster, window, edge, |rows, row, fast| {
        medians.clear();
        medians.extend_from_slice(fast);
        runs.for_each_part(row, |part| {
            if let Part::Rim(cols) = part {
                cut.find(row, cols, &mut medians);
            }
        });
        visit(rows, row, &medians);
    });
}

/// Windows that the edge of the region cuts.
struct Cut<'a, T> {
    neighbours: Neighbours<'a, T>,
    window: usize,
    /// The pixels of one window.
    pixels: Vec<T>,
}

impl<T: Pixel> Cut<'_, T> {
    /// Finds the medians at the pixels of the region among `cols`.
    fn find(&mut self, row: usize, cols: Range<usize>, medians: &mut [T]) {
        for col in cols {
            if self.neighbours.raster.contains(row, col) {
                medians[col] = self.median((row, col));
            }
        }
    }

    fn median(&mut self, at: (usize, usize)) -> T {
        self.pixels.resize(self.window * self.window, T::default());
        self.neighbours.fill(&mut self.pixels, self.window, at);
        // The upper of the two middle pixels where their number is even.
        let middle = self.pixels.len() / 2;
        *self.pixels.select_nth_unstable_by_key(middle, |pixel| pixel.key()).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Border, median::median_filter};
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
        let raster = Raster::new(image, Some(region)).unwrap();
        for_each_row(raster, region, window, edge, |_, _, row| medians.extend_from_slice(row));
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
                let raster = Raster::new(&image, Some(&region)).unwrap();
                let neighbours = Neighbours { raster, edge };
                for window in [2, 3, 4, 7, 9, 30] {
                    let found = medians(&image, &region, window, border);
                    let mut pixels = vec![0.0; window * window];
                    for (at, _) in region.indexed_iter().filter(|(_, inside)| **inside) {
                        neighbours.fill(&mut pixels, window, at);
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
