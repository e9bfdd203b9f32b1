//! The plain loops that the kernels are beside, and the check that both find the same.

use image::GrayImage;
use imageproc::filter::median_filter;
use ndarray::Array2;
use qunet_quality::Pixel;

pub(crate) fn assert_close(found: Option<f64>, expected: f64) {
    let found = found.unwrap_or(f64::NAN);
    assert!((found - expected).abs() <= 1e-9 * expected, "{found} is not {expected}");
}

/// Population variance in one pass of plain `f64` sums.
fn variance(values: impl Iterator<Item = f64>) -> f64 {
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for value in values {
        count += 1.0;
        sum += value;
        squares += value * value;
    }
    squares / count - (sum / count).powi(2)
}

/// Variance of the 4-neighbour Laplacian with reflect-101, pixel by pixel.
pub(crate) fn laplacian<T: Pixel>(image: &Array2<T>) -> f64 {
    let (height, width) = image.dim();
    let at = |y: usize, x: usize| -> f64 { image[[y, x]].into() };
    let before = |i: usize| if i == 0 { 1 } else { i - 1 };
    let after = |i: usize, side: usize| if i + 1 == side { side - 2 } else { i + 1 };
    variance((0..height).flat_map(|y| {
        (0..width).map(move |x| {
            let vertical = at(before(y), x) + at(after(y, height), x);
            vertical + at(y, before(x)) + at(y, after(x, width)) - 4.0 * at(y, x)
        })
    }))
}

/// Variance of all pixels.
pub(crate) fn of_all<T: Pixel>(image: &Array2<T>) -> f64 {
    variance(image.iter().map(|&pixel| pixel.into()))
}

/// Variance of the pixels inside `mask`.
pub(crate) fn inside<T: Pixel>(image: &Array2<T>, mask: &Array2<bool>) -> f64 {
    let pixels = image.iter().zip(mask).filter(|(_, inside)| **inside);
    variance(pixels.map(|(&pixel, _)| pixel.into()))
}

/// Inverse PSNR with imageproc's 3 x 3 median.
pub(crate) fn contrast_by_imageproc(image: &GrayImage) -> f64 {
    let medians = median_filter(image, 1, 1);
    let pairs = image.iter().zip(medians.iter());
    let variance = variance(pairs.map(|(&pixel, &median)| f64::from(pixel) - f64::from(median)));
    variance / f64::from(image.iter().copied().max().unwrap_or(0))
}
