use std::ops::{Add, Mul};

use ndarray::{Array2, ArrayRef2, Axis};

use super::windows::sum_in_lanes;
use crate::{
    Border, Error, Pixel, Result,
    rows::{Edge, Part, Raster, Runs, Sides},
};

/// The smallest side of the filter that blurs again.
pub const SMALLEST_BLUR_SIZE: usize = 2;

/// The largest side of the filter that blurs again.
pub const LARGEST_BLUR_SIZE: usize = 1023;

/// Blur effect: the share of its edges that an image keeps when it is blurred once more.
///
/// ```text
/// B_axis = sum(min(|S(I)|, |S(mean(I))|)) / sum(|S(I)|),   B = max(B_vertical, B_horizontal)
/// ```
///
/// with the Sobel derivative S along the axis and the mean over `size` pixels along it (mirrored
/// about the edge, 11 is usual). A blurred image loses little. `image` and `roi` are (H, W); the
/// result is in [0, 1], higher = blurrier, an axis without edges has 1, and `None` where neither
/// has any. As in scikit-image's `blur_effect(h_size=size)` two rows and columns at the start
/// and one at the end have no S; with `roi` these are counted from the region's edge, and pixels
/// outside are never read. Neither the intensity scale nor an added constant matters.
/// F. Crete, T. Dolmiere, P. Ladret, M. Nicolas, The blur effect, Proc. SPIE 6492 (2007).
///
/// # Errors
/// As [`focus_ratio`](crate::focus_ratio), and [`Error::Parameter`] for a size that is not in
/// [`SMALLEST_BLUR_SIZE`]`..=`[`LARGEST_BLUR_SIZE`].
///
/// # Example
/// ```
/// use ndarray::Array2;
/// use qunet_quality::blur_effect;
///
/// // Means over 2 of 0 0 4 0 0 4 ... are 2 0 2 2 0 2 ..., with S half as large.
/// let stripes = Array2::from_shape_fn((9, 12), |(_, x)| if x % 3 == 2 { 4_u8 } else { 0 });
/// let flat_along_columns = 1.0;
/// assert_eq!(blur_effect(&stripes, None, 2)?, Some(flat_along_columns));
/// assert_eq!(blur_effect(&Array2::<u8>::zeros((9, 12)), None, 2)?, None);
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn blur_effect<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
    size: usize,
) -> Result<Option<f64>> {
    check_size(size)?;
    Raster::finite(image, roi)?;
    let edge = Border::Reflect.resolve()?;
    let columns = roi.map(|roi| roi.t());
    let vertical = Edges::along_rows(&image.t(), columns.as_deref(), size, edge);
    let horizontal = Edges::along_rows(image, roi, size, edge);
    let found = vertical.all > 0.0 || horizontal.all > 0.0;
    Ok(found.then(|| vertical.share_kept().max(horizontal.share_kept())))
}

/// Refuses a size out of range.
pub(crate) fn check_size(size: usize) -> Result<()> {
    if (SMALLEST_BLUR_SIZE..=LARGEST_BLUR_SIZE).contains(&size) {
        return Ok(());
    }
    Err(Error::Parameter {
        field: "blur_size",
        value: size.to_string(),
        rule: "2 <= blur_size <= 1023",
    })
}

/// Sums of derivatives along rows, all times the size of the filter.
#[derive(Default)]
struct Edges {
    all: f64,
    kept: f64,
    /// Both terms of each pixel of a run.
    row: Vec<[f64; 2]>,
}

impl Edges {
    fn along_rows<T: Pixel>(
        image: &ArrayRef2<T>,
        region: Option<&ArrayRef2<bool>>,
        size: usize,
        edge: Edge<T>,
    ) -> Self {
        let image = image.as_standard_layout();
        let means = box_sums(&image, region, size, edge);
        let mut edges = Self::default();
        let [mut sharp, mut blurred] = [Vec::new(), Vec::new()];
        let mut runs = Runs::new(region, image.dim(), 2, 1);
        for row in 2..image.nrows().saturating_sub(1) {
            smooth_columns(&image, row, &mut sharp);
            smooth_columns(&means, row, &mut blurred);
            runs.for_each_part(row, |part| {
                if let Part::Inner(run) = part {
                    let around = run.start - 1..run.end + 1;
                    edges.add::<T>(&sharp[around.clone()], &blurred[around], size as f64);
                }
            });
        }
        edges
    }

    /// Adds the derivatives of all pixels of `sharp` and `blurred` but their first and last.
    fn add<T: Pixel>(&mut self, sharp: &[T::Wide], blurred: &[T::Wide], size: f64) {
        let derivative = |line: &[T::Wide]| -> f64 {
            let step: f64 = (line[2] - line[0]).into();
            step.abs()
        };
        self.row.clear();
        self.row.extend(sharp.windows(3).zip(blurred.windows(3)).map(|(sharp, blurred)| {
            let edge = derivative(sharp) * size;
            [edge, edge.min(derivative(blurred))]
        }));
        let [all, kept] = sum_in_lanes(&self.row);
        self.all += all;
        self.kept += kept;
    }

    fn share_kept(&self) -> f64 {
        if self.all > 0.0 { self.kept / self.all } else { 1.0 }
    }
}

/// Sums over `size` pixels along rows; the ends of the region's runs are mirrored.
fn box_sums<T: Pixel>(
    image: &ArrayRef2<T>,
    region: Option<&ArrayRef2<bool>>,
    size: usize,
    edge: Edge<T>,
) -> Array2<T::Wide> {
    let mut sums = Array2::from_elem(image.dim(), T::Wide::default());
    let mut runs = Runs::new(region, image.dim(), 0, 0);
    let mut padded = Vec::new();
    for (row, mut sums) in sums.rows_mut().into_iter().enumerate() {
        let pixels = image.row(row);
        let (Some(pixels), Some(sums)) = (pixels.to_slice(), sums.as_slice_mut()) else {
            continue;
        };
        runs.for_each_part(row, |part| {
            if let Part::Inner(run) = part {
                padded.resize(run.len() + size - 1, T::Wide::default());
                let sides = Sides::new(edge, run.len(), size);
                sides.write(&pixels[run.clone()], &mut padded, widen, T::Wide::from);
                slide::<T>(&padded, size, &mut sums[run]);
            }
        });
    }
    sums
}

fn widen<T: Pixel>(pixels: &[T], wide: &mut [T::Wide]) {
    wide.iter_mut().zip(pixels).for_each(|(wide, &pixel)| *wide = T::Wide::from(pixel));
}

/// Sums over `size` pixels of a padded run.
fn slide<T: Pixel>(padded: &[T::Wide], size: usize, sums: &mut [T::Wide]) {
    let (first, entering) = padded.split_at(size - 1);
    let mut sum = first.iter().fold(T::Wide::default(), |sum, &pixel| sum + pixel);
    for ((out, &leaving), &entering) in sums.iter_mut().zip(padded).zip(entering) {
        sum = sum + entering;
        *out = sum;
        sum = sum - leaving;
    }
}

/// The rows above, at and below `row` of an image in standard layout, added with weights 1, 2, 1.
fn smooth_columns<P, W>(rows: &ArrayRef2<P>, row: usize, smooth: &mut Vec<W>)
where
    P: Copy,
    W: Copy + From<P> + From<i8> + Add<Output = W> + Mul<Output = W>,
{
    smooth.clear();
    let lines = [row - 1, row, row + 1].map(|row| rows.index_axis(Axis(0), row).to_slice());
    if let [Some(up), Some(here), Some(down)] = lines {
        smooth.extend(
            up.iter().zip(here).zip(down).map(|((&up, &here), &down)| {
                W::from(up) + W::from(2) * W::from(here) + W::from(down)
            }),
        );
    }
}
