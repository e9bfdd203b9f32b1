mod columns;
mod network;
mod order;
mod pairs;
mod ranks;
mod within;

pub(crate) use order::Ordered;

use ndarray::{Array2, ArrayRef2, ArrayView1};

use crate::{
    Border, Error, Pixel, Result,
    band::{for_each_band, load_line},
    border::Edge,
    check,
};

use columns::Columns;
use network::Network;
use pairs::by_pair;
use ranks::{BAND, Ranks};

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
    for_each_median_row(image, None, window, border.resolve()?, |_, medians| {
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
///
/// With a region, `visit` gets the medians of its pixels; what stands at other pixels is left
/// open, and those may be NaN or infinite. The edge of the region is treated as the edge of an
/// image, as in [`Neighbours`](crate::neighbours::Neighbours).
pub(crate) fn for_each_median_row<T: Pixel>(
    image: &ArrayRef2<T>,
    region: Option<&ArrayRef2<bool>>,
    window: usize,
    edge: Edge<T>,
    visit: impl FnMut(&[T], &[T]),
) {
    match region {
        Some(region) => within::for_each_row(image, region, window, edge, visit),
        None => for_each_whole_row(image, window, edge, visit),
    }
}

/// The same without a region.
fn for_each_whole_row<T: Pixel>(
    image: &ArrayRef2<T>,
    window: usize,
    edge: Edge<T>,
    visit: impl FnMut(&[T], &[T]),
) {
    match Method::of(window, T::BITS) {
        Method::Pair => by_pair(image, window, edge, visit),
        Method::Network => {
            let mut network = Network::new(window);
            by_line(image, window, edge, visit, |lines, medians| network.medians(lines, medians));
        }
        Method::Columns => {
            let mut columns = Columns::new(image.ncols() + window - 1);
            by_line(image, window, edge, visit, |lines, medians| columns.medians(lines, medians));
        }
        Method::Ranks => by_band(image, window, edge, visit),
    }
}

/// How medians are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    /// Comparators in registers, for windows of 3 and 5.
    Pair,
    /// Comparators on whole lines; the time grows faster than the window's area.
    Network,
    /// Column histograms of 8-bit pixels; the time does not depend on the window.
    Columns,
    /// Ranks in bands of rows; the time grows with the window's side.
    Ranks,
}

impl Method {
    /// The fastest method for windows of this side and pixels of this many bits, by measurement.
    fn of(window: usize, bits: u32) -> Self {
        // Where the network's time, which grows with the window's area, passes that of the other
        // method, measured on 512 x 512 pixels of noise and of smooth images with noise.
        let largest_network = match bits {
            8 => 13,
            16 => 14,
            _ => 12,
        };
        match (window, bits) {
            (3 | 5, _) => Self::Pair,
            _ if window <= largest_network => Self::Network,
            (..=columns::LARGEST, 8) => Self::Columns,
            _ => Self::Ranks,
        }
    }
}

/// Finds the medians row by row from the padded lines of the windows.
fn by_line<T: Pixel>(
    image: &ArrayRef2<T>,
    window: usize,
    edge: Edge<T>,
    mut visit: impl FnMut(&[T], &[T]),
    mut find: impl FnMut(&[Vec<T>], &mut [T]),
) {
    let (width, before) = (image.ncols(), window / 2);
    let mut medians = vec![T::default(); width];
    for_each_band(image, window, edge, |lines| {
        find(lines, &mut medians);
        visit(&lines[before][before..before + width], &medians);
    });
}

/// Finds the medians of a few rows at a time by ranks.
fn by_band<T: Pixel>(
    image: &ArrayRef2<T>,
    window: usize,
    edge: Edge<T>,
    mut visit: impl FnMut(&[T], &[T]),
) {
    let ((height, width), before) = (image.dim(), window / 2);
    let padded = width + window - 1;
    let mut ranks = Ranks::default();
    let mut band = Vec::new();
    let mut medians = vec![T::default(); BAND.min(height) * width];
    for top in (0..height).step_by(BAND) {
        let rows = BAND.min(height - top);
        band.resize((rows + window - 1) * padded, T::default());
        for (index, line) in (top..).zip(band.chunks_exact_mut(padded)) {
            load_line(line, image, window, edge, index);
        }
        let medians = &mut medians[..rows * width];
        ranks.medians(window, &band, padded, medians);
        let lines = band.chunks_exact(padded).skip(before);
        for (line, medians) in lines.zip(medians.chunks_exact(width)) {
            visit(&line[before..before + width], medians);
        }
    }
}
