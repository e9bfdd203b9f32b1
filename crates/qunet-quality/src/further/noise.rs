use std::f64::consts::FRAC_PI_2;

use ndarray::{Array1, ArrayRef2, Zip, s};

use super::{intensity::quantile, windows::sum_over_windows};
use crate::{
    Border, Pixel, Result,
    kernels::Kernels,
    rows::{Edge, Raster},
};

/// High-pass filter of the Daubechies wavelet with two vanishing moments (db2):
/// -(1 + r), 3 + r, -(3 - r), 1 - r over 4 sqrt(2), with r = sqrt(3).
const HIGH_PASS: [f64; 4] = [
    -0.482_962_913_144_690_25,
    0.836_516_303_737_469,
    -0.224_143_868_041_857_35,
    -0.129_409_522_550_921_45,
];

/// Upper quartile of the standard normal distribution: the median of |noise| / sigma.
const UPPER_QUARTILE: f64 = 0.674_489_750_196_081_7;

/// Coefficients below this share of the largest pixel are zero but for rounding.
const ROUNDING: f64 = 1e-14;

/// Standard deviation of white Gaussian noise, from the difference of two Laplacians.
///
/// ```text
/// sigma = sqrt(pi / 2) * 1/(6 n) * sum(|N * I|),   N = [1 -2 1; -2 4 -2; 1 -2 1]
/// ```
///
/// over the n pixels whose 3 x 3 window lies within the image and inside `roi`, n = (H-2)(W-2)
/// without one. `image` and `roi` are (H, W); the result is >= 0 in units of the intensity,
/// higher = noisier, 0 for constants and ramps, and `None` where no window fits. It grows
/// linearly with the intensity scale and ignores an added constant. Fine texture and thin lines
/// count as noise, unlike in [`wavelet_noise_sigma`](crate::wavelet_noise_sigma), which is robust
/// to a few of them. J. Immerkaer, Fast noise variance estimation, Computer Vision and Image
/// Understanding 64 (1996).
///
/// # Errors
/// As [`focus_ratio`](crate::focus_ratio).
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::laplacian_noise_sigma;
///
/// // One window: N * I = 4 * 3 = 12.
/// let image = array![[5_u8, 5, 5], [5, 8, 5], [5, 5, 5]];
/// let sigma = (std::f64::consts::PI / 2.0).sqrt() * 12.0 / 6.0;
/// assert_eq!(laplacian_noise_sigma(&image, None)?, Some(sigma));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn laplacian_noise_sigma<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
) -> Result<Option<f64>> {
    let sums = sum_over_windows(Raster::finite(image, roi)?, None, |window| {
        let wide = |pixel: T| <T as Kernels>::Wide::from(pixel);
        let weight = |weight: i8| <T as Kernels>::Wide::from(weight);
        let [up, here, down] = window;
        let corners = (wide(up[0]) + wide(down[2])) + (wide(up[2]) + wide(down[0]));
        let edges = (wide(up[1]) + wide(down[1])) + (wide(here[0]) + wide(here[2]));
        let response: f64 = (corners - weight(2) * edges + weight(4) * wide(here[1])).into();
        [response.abs()]
    });
    let mean = (sums.count > 0).then(|| sums.totals[0] / sums.count as f64);
    Ok(mean.map(|mean| FRAC_PI_2.sqrt() * mean / 6.0))
}

/// Standard deviation of white Gaussian noise, from the finest diagonal wavelet coefficients.
///
/// ```text
/// sigma = median(|d|) / 0.6745,   d != 0
/// ```
///
/// with the diagonal details d of one level of the db2 transform, mirrored about the edge. Zeros,
/// up to rounding, are left out: they come from padding. `image` and `roi` are (H, W); the result
/// is > 0 in units of the intensity, higher = noisier, and `None` where no d is left, for
/// instance in a constant image. It grows linearly with the intensity scale and ignores an added
/// constant. As scikit-image's `estimate_sigma`; with `roi`, the transform is that of the
/// region's bounding box, and only coefficients that read no pixel outside `roi` count.
/// D. L. Donoho, I. M. Johnstone, Ideal spatial adaptation by wavelet shrinkage, Biometrika 81
/// (1994).
///
/// # Errors
/// As [`focus_ratio`](crate::focus_ratio).
///
/// # Example
/// ```
/// use ndarray::Array2;
/// use qunet_quality::wavelet_noise_sigma;
///
/// // A checkerboard of 0 and 2 is 1 + (-1)^(x+y): d = (alternating sum of weights)^2 = 2.
/// let checkerboard = Array2::from_shape_fn((64, 64), |(y, x)| ((x + y) % 2 * 2) as u8);
/// let sigma = wavelet_noise_sigma(&checkerboard, None)?;
/// assert!(sigma.is_some_and(|sigma| (sigma - 2.0 / 0.674_489_750_196).abs() < 1e-9));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn wavelet_noise_sigma<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
) -> Result<Option<f64>> {
    let raster = Raster::finite(image, roi)?;
    let edge = Border::Reflect.resolve::<T>()?;
    let mut details = Vec::new();
    match roi {
        None => for_each_detail(raster, edge, |detail| details.push(detail)),
        Some(roi) => {
            let Some(rows) = extent(roi) else {
                return Ok(None);
            };
            let cols = extent(&roi.t()).unwrap_or_default();
            let (image, roi) =
                (image.slice(s![rows.clone(), cols.clone()]), roi.slice(s![rows, cols]));
            let cropped = Raster::new(&image, Some(&roi))?;
            for_each_detail(cropped, edge, |detail| details.push(detail));
        }
    }
    let zero = ROUNDING * largest(raster);
    details.retain(|&detail| detail > zero);
    Ok(quantile(&mut details, 0.5).map(|median| median / UPPER_QUARTILE))
}

/// From the first row with a true pixel to behind the last one.
fn extent(mask: &ArrayRef2<bool>) -> Option<std::ops::Range<usize>> {
    let holds_any = |row: usize| mask.row(row).iter().any(|&inside| inside);
    let first = (0..mask.nrows()).find(|&row| holds_any(row))?;
    let last = (first..mask.nrows()).rfind(|&row| holds_any(row))?;
    Some(first..last + 1)
}

/// The largest magnitude of a pixel inside the region.
fn largest<T: Pixel>(raster: Raster<'_, T>) -> f64 {
    let mut largest = 0.0_f64;
    raster.for_each_row_inside(|row| {
        let magnitude = |&pixel: &T| -> f64 { pixel.into().abs() };
        largest = row.iter().map(magnitude).fold(largest, f64::max);
    });
    largest
}

/// Shows `visit` the magnitude of each diagonal detail that reads no pixel outside the region.
fn for_each_detail<T: Pixel>(
    Raster { image, region }: Raster<'_, T>,
    edge: Edge<T>,
    mut visit: impl FnMut(f64),
) {
    let (height, width) = image.dim();
    let columns = sources(width, edge);
    let mut filtered = Array1::<f64>::zeros(width);
    let mut inside = Array1::from_elem(width, true);
    for rows in sources(height, edge) {
        filtered.fill(0.0);
        for (weight, row) in HIGH_PASS.into_iter().zip(rows) {
            Zip::from(&mut filtered).and(image.row(row)).for_each(|sum, &pixel| {
                *sum += weight * pixel.into();
            });
        }
        if let Some(region) = region {
            inside.fill(true);
            for row in rows {
                inside.zip_mut_with(&region.row(row), |all, inside| *all &= inside);
            }
        }
        for columns in &columns {
            if columns.iter().all(|&col| inside[col]) {
                let terms = HIGH_PASS.into_iter().zip(columns);
                visit(terms.map(|(weight, &col)| weight * filtered[col]).sum::<f64>().abs());
            }
        }
    }
}

/// The pixels of a side that each coefficient reads, in the order of the filter's weights.
fn sources<T: Pixel>(side: usize, edge: Edge<T>) -> Vec<[usize; 4]> {
    let source = |index: usize, weight: usize| {
        // A mirrored border names a pixel for every index.
        edge.source(2 * index as isize + 1 - weight as isize, side).unwrap_or_default()
    };
    let coefficients = (side + HIGH_PASS.len() - 1) / 2;
    (0..coefficients).map(|index| [0, 1, 2, 3].map(|weight| source(index, weight))).collect()
}
