//! imageproc, an independent implementation, on u8 images.
#![allow(clippy::unwrap_used)]

use image::GrayImage;
use imageproc::filter::{laplacian_filter, median_filter as imageproc_median};
use ndarray::Array2;
use proptest::prelude::*;
use qunet_quality::{Border, LaplacianKernel, median_filter, variance_of_laplacian};

fn gray(image: &Array2<u8>) -> GrayImage {
    let (height, width) = image.dim();
    let pixels = image.iter().copied().collect();
    GrayImage::from_raw(width as u32, height as u32, pixels).unwrap()
}

fn image() -> impl Strategy<Value = Array2<u8>> {
    (1..20_usize, 1..20_usize).prop_flat_map(|(height, width)| {
        prop::collection::vec(any::<u8>(), height * width)
            .prop_map(move |pixels| Array2::from_shape_vec((height, width), pixels).unwrap())
    })
}

proptest! {
    #[test]
    fn medians_are_equal(image in image(), radius in 1..4_u32) {
        let theirs = imageproc_median(&gray(&image), radius, radius);
        let ours = median_filter(&image, 2 * radius as usize + 1, Border::Replicate).unwrap();
        prop_assert_eq!(theirs.into_raw(), ours.into_iter().collect::<Vec<u8>>());
    }

    #[test]
    fn variances_of_the_laplacian_are_equal(image in image()) {
        let response = laplacian_filter(&gray(&image)).into_raw();
        let count = response.len() as f64;
        let sum: i64 = response.iter().map(|&value| i64::from(value)).sum();
        let squares: i64 = response.iter().map(|&value| i64::from(value).pow(2)).sum();
        let theirs = squares as f64 / count - (sum as f64 / count).powi(2);
        let ours =
            variance_of_laplacian(&image, LaplacianKernel::FourNeighbour, Border::Replicate).unwrap();
        prop_assert!((ours - theirs).abs() <= 1e-9 * (1.0 + theirs));
    }
}
