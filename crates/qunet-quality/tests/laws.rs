//! Laws that hold for every image, layout and number of threads.
#![allow(clippy::unwrap_used)]

use approx::assert_relative_eq;
use ndarray::{Array2, Array3, ArrayRef2, s};
use proptest::prelude::*;
use qunet_quality::{
    Border, LaplacianKernel, Pixel, QualityParams, blurriness, image_statistics, inverse_psnr,
    inverse_psnr_within, median_filter, roi_statistics, score_slice, score_volume,
    variance_of_laplacian, variance_of_laplacian_within,
};
use qunet_stack::SliceId;

const KERNELS: [LaplacianKernel; 3] = [
    LaplacianKernel::FourNeighbour,
    LaplacianKernel::EightNeighbour,
    LaplacianKernel::OpencvKsize3,
];
const BORDERS: [Border; 4] =
    [Border::Reflect101, Border::Reflect, Border::Replicate, Border::Constant(0.0)];

fn image<T: std::fmt::Debug>(
    pixel: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = Array2<T>> {
    (1..12_usize, 1..12_usize).prop_flat_map(move |(height, width)| {
        prop::collection::vec(pixel.clone(), height * width)
            .prop_map(move |pixels| Array2::from_shape_vec((height, width), pixels).unwrap())
    })
}

/// All numbers about an image, for every kernel and border.
fn numbers<T: Pixel>(image: &ArrayRef2<T>, window: usize) -> Vec<Option<f64>> {
    let mask = Array2::from_shape_fn(image.dim(), |(y, x)| (x + y) % 3 != 0);
    let mut numbers = Vec::new();
    for border in BORDERS {
        for kernel in KERNELS {
            numbers.push(variance_of_laplacian(image, kernel, border).ok());
        }
        numbers.push(inverse_psnr(image, window, border).unwrap());
    }
    let inside = roi_statistics(image, &mask).unwrap();
    numbers.extend([inside.mean, inside.variance, inside.max, inside.cov()]);
    numbers
}

/// The same pixels as a view with a stride of 3 rows and 2 columns.
fn spread<T: Pixel>(image: &Array2<T>) -> Array2<T> {
    let (height, width) = image.dim();
    let mut wide = Array2::default((3 * height, 2 * width));
    wide.slice_mut(s![..;3, ..;2]).assign(image);
    wide
}

fn assert_layout_does_not_matter<T: Pixel>(image: &Array2<T>, window: usize) {
    let expected = numbers(image, window);
    let column_major = image.t().as_standard_layout().into_owned();
    assert_eq!(numbers(&column_major.t(), window), expected);
    assert_eq!(numbers(&spread(image).slice(s![..;3, ..;2]), window), expected);
    let backwards = image.slice(s![..;-1, ..;-1]).to_owned();
    assert_eq!(numbers(&backwards.slice(s![..;-1, ..;-1]), window), expected);
}

/// Two corners of a rectangle as shares of the image's sides.
fn corners() -> impl Strategy<Value = [f64; 4]> {
    prop::array::uniform4(0.0..1.0)
}

/// The numbers within a rectangle are those of its crop, whatever `outside` puts around it.
fn assert_rectangle_is_crop<T: Pixel>(
    image: &Array2<T>,
    [top, left, bottom, right]: [f64; 4],
    outside: impl Fn(usize) -> T,
) {
    let (height, width) = image.dim();
    let range = |from: f64, to: f64, side: usize| {
        let at = |share: f64| (share * side as f64) as usize;
        at(from.min(to))..at(from.max(to)) + 1
    };
    let (rows, cols) = (range(top, bottom, height), range(left, right, width));
    let crop = image.slice(s![rows.clone(), cols.clone()]);
    let roi = Array2::from_shape_fn(image.dim(), |(y, x)| rows.contains(&y) && cols.contains(&x));
    let mut image = image.clone();
    for ((y, x), pixel) in image.indexed_iter_mut().filter(|(at, _)| !roi[*at]) {
        *pixel = outside(y + x);
    }
    let close = |found: Option<f64>, expected: Option<f64>| {
        assert_eq!(found.is_some(), expected.is_some());
        let (found, expected) = (found.unwrap_or(0.0), expected.unwrap_or(0.0));
        assert_relative_eq!(found, expected, max_relative = 1e-11, epsilon = 1e-9);
    };
    for border in BORDERS {
        for kernel in KERNELS {
            let found = variance_of_laplacian_within(&image, &roi, kernel, border).unwrap();
            close(found, variance_of_laplacian(&crop, kernel, border).ok());
        }
        for window in [2, 3, 5, 6] {
            let found = inverse_psnr_within(&image, &roi, window, border).unwrap();
            close(found, inverse_psnr(&crop, window, border).unwrap());
        }
    }
    let (found, expected) = (roi_statistics(&image, &roi), image_statistics(&crop));
    close(found.unwrap().variance, expected.unwrap().variance);
}

proptest! {
    #[test]
    fn layout_does_not_matter_u16(image in image(any::<u16>()), window in 2..6_usize) {
        assert_layout_does_not_matter(&image, window);
    }

    #[test]
    fn layout_does_not_matter_f32(image in image(-1e3_f32..1e3), window in 2..6_usize) {
        assert_layout_does_not_matter(&image, window);
    }

    #[test]
    fn transposing_keeps_the_variance_of_the_laplacian(image in image(any::<i16>())) {
        for (kernel, border) in KERNELS.into_iter().zip(BORDERS) {
            prop_assert_eq!(
                variance_of_laplacian(&image, kernel, border).unwrap(),
                variance_of_laplacian(&image.t(), kernel, border).unwrap()
            );
        }
    }

    #[test]
    fn an_added_constant_changes_nothing_but_mean_and_maximum(
        image in image(0..20_000_u16), offset in 0..40_000_u16,
    ) {
        let moved = image.mapv(|pixel| pixel + offset);
        for kernel in KERNELS {
            prop_assert_eq!(
                variance_of_laplacian(&image, kernel, Border::Reflect101).unwrap(),
                variance_of_laplacian(&moved, kernel, Border::Reflect101).unwrap()
            );
        }
        let (before, after) = (image_statistics(&image).unwrap(), image_statistics(&moved).unwrap());
        prop_assert_eq!(before.variance, after.variance);
        prop_assert_eq!(before.max.map(|max| max + f64::from(offset)), after.max);
    }

    #[test]
    fn powers_of_two_scale_exactly(image in image(0.0_f32..100.0), exponent in 0..8_i32) {
        let scale = 2.0_f32.powi(exponent);
        let scaled = image.mapv(|pixel| pixel * scale);
        let scale = f64::from(scale);
        let variance = |image: &Array2<f32>| {
            variance_of_laplacian(image, LaplacianKernel::FourNeighbour, Border::Reflect101).unwrap()
        };
        prop_assert_eq!(variance(&scaled), variance(&image) * scale * scale);
        let inverse = |image: &Array2<f32>| inverse_psnr(image, 3, Border::Replicate).unwrap();
        prop_assert_eq!(inverse(&scaled), inverse(&image).map(|value| value * scale));
    }

    #[test]
    fn pixel_types_agree(image in image(any::<u8>())) {
        let expected = numbers(&image, 3);
        prop_assert_eq!(&numbers(&image.mapv(u16::from), 3), &expected);
        prop_assert_eq!(&numbers(&image.mapv(i16::from), 3), &expected);
        for (float, integer) in numbers(&image.mapv(f32::from), 3).into_iter().zip(expected) {
            prop_assert_eq!(float.is_some(), integer.is_some());
            // Responses reach 2,040 and are squared before the square of their mean is taken off,
            // so some units in the last place of 4e6 remain.
            assert_relative_eq!(
                float.unwrap_or(0.0), integer.unwrap_or(0.0), max_relative = 1e-12, epsilon = 1e-8
            );
        }
    }

    #[test]
    fn a_constant_is_infinitely_blurred_and_has_no_noise(
        height in 1..10_usize, width in 1..10_usize, pixel in -1e30_f32..1e30, window in 2..15_usize,
    ) {
        let image = Array2::from_elem((height, width), pixel);
        for kernel in KERNELS {
            prop_assert_eq!(blurriness(&image, kernel, Border::Reflect101).unwrap(), f64::INFINITY);
        }
        let expected = (pixel > 0.0).then_some(0.0);
        prop_assert_eq!(inverse_psnr(&image, window, Border::Replicate).unwrap(), expected);
        prop_assert_eq!(image_statistics(&image).unwrap().variance, Some(0.0));
    }

    #[test]
    fn medians_lie_within_the_image(image in image(any::<i16>()), window in 2..20_usize) {
        let medians = median_filter(&image, window, Border::Reflect).unwrap();
        let (low, high) = (image.iter().min(), image.iter().max());
        prop_assert!(medians.iter().all(|median| Some(median) >= low && Some(median) <= high));
    }

    #[test]
    fn a_rectangular_region_is_its_crop_u8(image in image(any::<u8>()), corners in corners()) {
        assert_rectangle_is_crop(&image, corners, |_| u8::MAX);
    }

    #[test]
    fn a_rectangular_region_is_its_crop_i16(image in image(any::<i16>()), corners in corners()) {
        assert_rectangle_is_crop(&image, corners, |_| i16::MIN);
    }

    #[test]
    fn a_rectangular_region_is_its_crop_f32(
        image in image(-1e3_f32..1e3), corners in corners(),
    ) {
        let outside = [f32::NAN, f32::INFINITY];
        assert_rectangle_is_crop(&image, corners, |at| outside[at % 2]);
    }

    #[test]
    fn a_full_mask_is_the_whole_image(image in image(any::<u8>())) {
        let full = Array2::from_elem(image.dim(), true);
        for (kernel, border) in KERNELS.into_iter().zip(BORDERS) {
            prop_assert_eq!(
                variance_of_laplacian_within(&image, &full, kernel, border).unwrap(),
                Some(variance_of_laplacian(&image, kernel, border).unwrap())
            );
            prop_assert_eq!(
                inverse_psnr_within(&image, &full, 3, border).unwrap(),
                inverse_psnr(&image, 3, border).unwrap()
            );
        }
        prop_assert_eq!(roi_statistics(&image, &full).unwrap(), image_statistics(&image).unwrap());
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let volume = Array3::from_shape_fn((19, 31, 29), |(z, y, x)| {
        ((x * 7 + y * 13 + z * 3) % 101) as f32 * 0.37
    });
    let roi = volume.mapv(|intensity| intensity > 5.0);
    let params = QualityParams::default();
    let one_by_one: Vec<_> = (0..19)
        .map(|z| {
            let (image, roi) = (volume.slice(s![z, .., ..]), roi.slice(s![z, .., ..]));
            score_slice(SliceId(z), &image, Some(&roi), &params).unwrap()
        })
        .collect();
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let records = pool.install(|| score_volume(&volume, Some(&roi), &params).unwrap());
        assert_eq!(records, one_by_one, "{threads} threads");
    }
}
