//! Values by OpenCV, SciPy, scikit-image and kornia; versions are in the golden file.
#![allow(clippy::unwrap_used)]

mod support;

use approx::assert_relative_eq;
use ndarray::Array2;
use qunet_quality::{
    Border, LaplacianKernel, Pixel, image_statistics, inverse_psnr, median_filter, roi_statistics,
    variance_of_laplacian,
};
use support::{Case, checksum, disc, golden, pixels};

/// Integer images: one rounding of an exact rational number, and the reference's own.
const INTEGER: f64 = 4e-16;
const FLOAT: f64 = 1e-12;

/// Runs a check on every case in its own pixel type; `to_integer` undoes the scale of f32.
macro_rules! for_each_case {
    ($check:ident) => {
        for case in golden().cases {
            let integers = pixels(&case);
            assert_eq!(checksum(integers.iter().copied()), case.checksum);
            match case.dtype.as_str() {
                "u8" => $check(&case, &integers.mapv(|v| v as u8), INTEGER, u32::from),
                "u16" => $check(&case, &integers.mapv(|v| v as u16), INTEGER, u32::from),
                "f32" => {
                    let image = integers.mapv(|v| v as f32 / 65536.0);
                    $check(&case, &image, FLOAT, |v: f32| (v * 65536.0) as u32)
                }
                other => panic!("unknown pixel type {other}"),
            }
        }
    };
}

#[test]
fn variance_of_laplacian_matches_opencv_scikit_image_and_kornia() {
    for_each_case!(check_laplacian);
}

fn check_laplacian<T: Pixel>(case: &Case, image: &Array2<T>, tolerance: f64, _: fn(T) -> u32) {
    let variance = |kernel, border| variance_of_laplacian(image, kernel, border).unwrap();
    let expected = &case.variance_of_laplacian;
    let pairs = [
        (LaplacianKernel::FourNeighbour, Border::Reflect101, Some(expected.opencv_ksize1)),
        (LaplacianKernel::OpencvKsize3, Border::Reflect101, Some(expected.opencv_ksize3)),
        (LaplacianKernel::FourNeighbour, Border::Reflect, Some(expected.scikit_image)),
        (LaplacianKernel::FourNeighbour, Border::Replicate, Some(expected.scikit_image)),
        (LaplacianKernel::EightNeighbour, Border::Reflect101, expected.kornia_8_neighbours),
    ];
    for (kernel, border, expected) in pairs {
        if let Some(expected) = expected {
            assert_relative_eq!(variance(kernel, border), expected, max_relative = tolerance);
        }
    }
}

#[test]
fn medians_match_opencv_and_scipy_pixel_for_pixel() {
    for_each_case!(check_medians);
}

fn check_medians<T: Pixel>(case: &Case, image: &Array2<T>, _: f64, to_integer: fn(T) -> u32) {
    for (&window, expected) in &case.median {
        let medians = median_filter(image, window, Border::Replicate).unwrap();
        let found = checksum(medians.iter().map(|&median| to_integer(median)));
        assert_eq!(found, expected.checksum, "{} window {window}", case.name);
    }
}

#[test]
fn inverse_psnr_matches_opencv_and_scipy_medians() {
    for_each_case!(check_inverse_psnr);
}

fn check_inverse_psnr<T: Pixel>(case: &Case, image: &Array2<T>, tolerance: f64, _: fn(T) -> u32) {
    for (&window, expected) in &case.median {
        let found = inverse_psnr(image, window, Border::Replicate).unwrap();
        assert_option_eq(found, expected.inverse_psnr, tolerance);
    }
}

#[test]
fn statistics_match_numpy() {
    for_each_case!(check_statistics);
}

fn check_statistics<T: Pixel>(case: &Case, image: &Array2<T>, tolerance: f64, _: fn(T) -> u32) {
    let all = image_statistics(image).unwrap();
    assert_option_eq(all.mean, Some(case.mean), tolerance);
    assert_option_eq(all.variance, Some(case.variance), tolerance);
    assert_eq!(all.max, Some(case.max));

    let mask = disc(case.height, case.width);
    let inside = roi_statistics(image, &mask).unwrap();
    let expected = &case.mask;
    assert_eq!((inside.pixels, inside.max), (expected.pixels, Some(expected.max)));
    assert_option_eq(inside.mean, Some(expected.mean), tolerance);
    assert_option_eq(inside.variance, Some(expected.variance), tolerance);
    assert_option_eq(inside.cov(), expected.variance_over_max, tolerance);
    assert_option_eq(inside.coefficient_of_variation(), expected.std_over_mean, tolerance);
}

fn assert_option_eq(found: Option<f64>, expected: Option<f64>, tolerance: f64) {
    assert_eq!(found.is_some(), expected.is_some());
    if let Some((found, expected)) = found.zip(expected) {
        assert_relative_eq!(found, expected, max_relative = tolerance);
    }
}
