//! Median filters of windows of 2 to 1023 pixels: one algorithm for each range of windows.
//!
//! Selecting the median of each window anew costs what SciPy shows: 112 ns a pixel for a window of
//! 3 and 3971 ns for one of 20. Neighbouring windows share nearly all of their pixels, so every
//! method here does the common work once. [`Method`] picks by the window and the bits of a pixel.
//!
//! | window | pixels | method | module | ns per pixel (window) |
//! |---|---|---|---|---|
//! | 3, 5 | all | comparators in registers, two rows at a time | `pairs` | u8 0.19 (3), 0.56 (5); u16 0.29, 0.95; f32 0.61, 2.1 |
//! | 2, 4, 6 and more | 8 bits to 13, 16 to 14, 32 to 12 | a network of comparators on whole lines | `network` | u8 1.7 (4), 3.6 (7), 5.9 (9), 10.9 (11); u16 16 (9); f32 35 (9) |
//! | 14 to 255 | 8 bits | histograms of columns | `columns` | u8 21.7 (15), 21.7 (21), 25.0 (63) |
//! | all larger ones | all | a set of ranks that a window moves through | `ranks` | u16 81 (20), 105 (31); f32 96 (20), 126 (31) |
//!
//! The figures are those of inverse PSNR, which is the median and the sums over it, on one core of
//! an AMD EPYC with AVX-512 (`benches/record/2026-11-24-quality.json`, 512 x 512 pixels where
//! the record has them, otherwise 128 or 256). The time of the network grows faster than the area
//! of the window and that of the ranks with its side; that of the columns does not grow. The limits
//! between them are where their times cross.
//!
//! With a region of interest `within` finds the medians that the region's edge cuts again.

mod columns;
mod network;
mod pairs;
mod ranks;
mod within;

use ndarray::{Array2, ArrayRef2, ArrayView1};

use crate::{
    Border, Error, Pixel, Result,
    rows::{Edge, Lines, Padded, Raster, Rows},
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
    let raster = Raster::finite(image, None)?;
    let mut filtered = Array2::default(image.dim());
    for_each_median_row(raster, window, border.resolve()?, |_, row, medians| {
        filtered.row_mut(row).assign(&ArrayView1::from(medians));
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

/// Shows `visit` the number of each row, from the first to the last, its medians, and the rows as
/// [`Raster::for_each_row`] lends them.
///
/// With a region, `visit` gets the medians of its pixels; what stands at other pixels is left
/// open, and those may be NaN or infinite. The edge of the region is treated as the edge of an
/// image, as in [`Neighbours`](crate::rows::Neighbours).
pub(crate) fn for_each_median_row<T: Pixel>(
    raster: Raster<'_, T>,
    window: usize,
    edge: Edge<T>,
    visit: impl FnMut(&Rows<'_, T>, usize, &[T]),
) {
    match raster.region {
        Some(region) => within::for_each_row(raster, region, window, edge, visit),
        None => for_each_whole_row(raster, window, edge, visit),
    }
}

/// The same without a region.
fn for_each_whole_row<T: Pixel>(
    raster: Raster<'_, T>,
    window: usize,
    edge: Edge<T>,
    visit: impl FnMut(&Rows<'_, T>, usize, &[T]),
) {
    match Method::fastest(window, T::BITS) {
        Method::Pair => by_pair(raster, window, edge, visit),
        Method::Network => {
            let mut network = Network::new(window);
            by_line(raster, window, edge, visit, |lines, row, medians| {
                network.medians(&lines.around(row), medians);
            });
        }
        Method::Columns => {
            let mut columns = Columns::new(raster.image.ncols() + window - 1);
            by_line(raster, window, edge, visit, |lines, row, medians| {
                columns.medians(lines.around(row), medians);
            });
        }
        Method::Ranks => by_band(raster, window, edge, visit),
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
    fn fastest(window: usize, bits: u32) -> Self {
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
    raster: Raster<'_, T>,
    window: usize,
    edge: Edge<T>,
    mut visit: impl FnMut(&Rows<'_, T>, usize, &[T]),
    mut find: impl FnMut(&Lines<'_, T, T>, usize, &mut [T]),
) {
    let (height, width) = raster.image.dim();
    let mut lines = Lines::new(
        Padded::new(raster.image, edge, window, 1),
        |pixels, line| line.copy_from_slice(pixels),
        |pixel| pixel,
    );
    let mut medians = vec![T::default(); width];
    for row in 0..height {
        lines.advance(row);
        find(&lines, row, &mut medians);
        visit(lines.rows(), row, &medians);
    }
}

/// Finds the medians of a few rows at a time by ranks.
fn by_band<T: Pixel>(
    raster: Raster<'_, T>,
    window: usize,
    edge: Edge<T>,
    mut visit: impl FnMut(&Rows<'_, T>, usize, &[T]),
) {
    let (height, width) = raster.image.dim();
    let mut padded = Padded::new(raster.image, edge, window, BAND);
    let mut ranks = Ranks::default();
    let mut band = Vec::new();
    let mut medians = vec![T::default(); BAND.min(height) * width];
    for top in (0..height).step_by(BAND) {
        let rows = BAND.min(height - top);
        padded.advance(top);
        band.resize((rows + window - 1) * padded.width(), T::default());
        for (index, line) in (top..).zip(band.chunks_exact_mut(padded.width())) {
            padded.write(index, line, |run, line| line.copy_from_slice(run), |pixel| pixel);
        }
        let medians = &mut medians[..rows * width];
        ranks.medians(window, &band, padded.width(), medians);
        for (row, medians) in (top..).zip(medians.chunks_exact(width)) {
            visit(padded.rows(), row, medians);
        }
    }
}
