use std::cmp::Ordering;

use ndarray::{Array2, ArrayRef2, ArrayView1};

use crate::{Border, Error, Pixel, Result, band::for_each_band, check};

/// The smallest side of a median window.
pub const SMALLEST_MEDIAN_WINDOW: usize = 2;

/// The largest side of a median window.
pub const LARGEST_MEDIAN_WINDOW: usize = 1023;

/// The median of a square window around each pixel.
///
/// `image` and the result are (H, W); `window` is the side in pixels, in
/// [`SMALLEST_MEDIAN_WINDOW`]`..=`[`LARGEST_MEDIAN_WINDOW`], and may exceed the image. An even
/// window follows SciPy: it reaches one pixel further up and left than down and right, and of
/// its even number of pixels the upper of the two middle ones is the median.
///
/// # Errors
/// [`Error::Parameter`] for a window out of range, [`Error::EmptyImage`] without pixels,
/// [`Error::NonFinite`] for a NaN or infinite pixel.
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::{Border, median_filter};
///
/// let image = array![[1_u8, 2, 3], [4, 90, 6], [7, 8, 9]];
/// let smooth = median_filter(&image, 3, Border::Replicate)?;
/// assert_eq!(smooth, array![[2, 3, 3], [4, 6, 6], [7, 8, 9]]);
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn median_filter<T: Pixel>(
    image: &ArrayRef2<T>,
    window: usize,
    border: Border,
) -> Result<Array2<T>> {
    check_window(window)?;
    check::image(image)?;
    let mut filtered = Array2::default(image.dim());
    let mut rows = filtered.rows_mut().into_iter();
    for_each_median_row(image, window, border, |_, medians| {
        if let Some(mut row) = rows.next() {
            row.assign(&ArrayView1::from(medians));
        }
    });
    Ok(filtered)
}

/// Refuses a window out of range.
pub(crate) fn check_window(window: usize) -> Result<()> {
    if (SMALLEST_MEDIAN_WINDOW..=LARGEST_MEDIAN_WINDOW).contains(&window) {
        return Ok(());
    }
    Err(Error::Parameter {
        field: "median_window",
        value: window.to_string(),
        rule: "2 <= median_window <= 1023",
    })
}

/// Shows `visit` each row of a checked image, from the first to the last, and its medians.
pub(crate) fn for_each_median_row<T: Pixel>(
    image: &ArrayRef2<T>,
    window: usize,
    border: Border,
    mut visit: impl FnMut(&[T], &[T]),
) {
    let width = image.ncols();
    let before = window / 2;
    let mut medians = vec![T::default(); width];
    let mut scratch = Scratch::default();
    for_each_band(image, window, border, |lines| {
        match lines {
            [up, here, down] => scratch.medians_of_nine([up, here, down], &mut medians),
            _ => scratch.medians_by_selection(lines, &mut medians),
        }
        visit(&lines[before][before..before + width], &medians);
    });
}

/// Buffers that live as long as the image.
#[derive(Default)]
struct Scratch<T> {
    /// Lowest, middle and highest pixel of each column of three lines.
    columns: [Vec<T>; 3],
    /// The pixels of one window.
    window: Vec<T>,
}

impl<T: Pixel> Scratch<T> {
    /// Medians of 3 x 3 pixels: sort the columns once, then the median is the middle one of the
    /// highest low, the middle middle and the lowest high.
    fn medians_of_nine(&mut self, lines: [&[T]; 3], medians: &mut [T]) {
        for (column, line) in self.columns.iter_mut().zip(lines) {
            column.clear();
            column.extend_from_slice(line);
        }
        let [low, mid, high] = &mut self.columns;
        for ((low, mid), high) in low.iter_mut().zip(mid.iter_mut()).zip(high.iter_mut()) {
            (*low, *mid, *high) = sorted(*low, *mid, *high);
        }
        let windows = low.windows(3).zip(mid.windows(3)).zip(high.windows(3));
        for (median, ((low, mid), high)) in medians.iter_mut().zip(windows) {
            let highest_low = greater(greater(low[0], low[1]), low[2]);
            let middle = sorted(mid[0], mid[1], mid[2]).1;
            let lowest_high = lesser(lesser(high[0], high[1]), high[2]);
            *median = sorted(highest_low, middle, lowest_high).1;
        }
    }

    /// Medians of any other window, each by selection among its pixels.
    fn medians_by_selection(&mut self, lines: &[Vec<T>], medians: &mut [T]) {
        let size = lines.len();
        for (col, median) in medians.iter_mut().enumerate() {
            self.window.clear();
            for line in lines {
                self.window.extend_from_slice(&line[col..col + size]);
            }
            // The upper of the two middle pixels where their number is even.
            let middle = self.window.len() / 2;
            *median = *self.window.select_nth_unstable_by(middle, ascending).1;
        }
    }
}

/// The order of finite pixels.
fn ascending<T: Pixel>(a: &T, b: &T) -> Ordering {
    a.partial_cmp(b).unwrap_or(Ordering::Equal)
}

fn lesser<T: Pixel>(a: T, b: T) -> T {
    if b < a { b } else { a }
}

fn greater<T: Pixel>(a: T, b: T) -> T {
    if a < b { b } else { a }
}

/// Three pixels in ascending order.
fn sorted<T: Pixel>(a: T, b: T, c: T) -> (T, T, T) {
    let (low, high) = (lesser(a, b), greater(a, b));
    let (mid, high) = (lesser(high, c), greater(high, c));
    (lesser(low, mid), greater(low, mid), high)
}
