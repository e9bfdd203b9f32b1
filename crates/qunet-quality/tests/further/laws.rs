use approx::assert_relative_eq;
use ndarray::{Array2, ArrayRef2, s};
use proptest::prelude::*;
use qunet_quality::{Border, IntensityLimits, Metric, MetricParams, Pixel, measure};

const BORDERS: [Border; 4] =
    [Border::Reflect101, Border::Reflect, Border::Replicate, Border::Constant(0.0)];

/// What does not look beyond the region.
const OF_THE_REGION: [Metric; 12] = [
    Metric::FocusRatio,
    Metric::Tenengrad,
    Metric::BlurEffect,
    Metric::WaveletNoiseSigma,
    Metric::LaplacianNoiseSigma,
    Metric::EntropyFocusCriterion,
    Metric::TextbookCov,
    Metric::Percentile1,
    Metric::Percentile50,
    Metric::Percentile99,
    Metric::SaturatedLow,
    Metric::SaturatedHigh,
];

fn params() -> MetricParams {
    let intensity_limits = Some(IntensityLimits { low: 50.0, high: 200.0 });
    MetricParams { blur_size: 4, intensity_limits, ..MetricParams::default() }
}

fn of<T: Pixel>(
    metric: Metric,
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
) -> Option<f64> {
    measure(metric, image, roi, &params()).unwrap()
}

fn all<T: Pixel>(image: &ArrayRef2<T>, roi: Option<&ArrayRef2<bool>>) -> Vec<Option<f64>> {
    Metric::ALL.iter().map(|&metric| of(metric, image, roi)).collect()
}

fn image<T: std::fmt::Debug>(
    pixel: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = Array2<T>> {
    (1..24_usize, 1..24_usize).prop_flat_map(move |(height, width)| {
        prop::collection::vec(pixel.clone(), height * width)
            .prop_map(move |pixels| Array2::from_shape_vec((height, width), pixels).unwrap())
    })
}

/// Most pixels, in runs of all lengths.
fn ragged(dim: (usize, usize), salt: usize) -> Array2<bool> {
    Array2::from_shape_fn(dim, |(y, x)| (y * y + 3 * x + salt) % 11 != 5 && (y + salt) % 9 != 4)
}

fn assert_layout_does_not_matter<T: Pixel>(image: &Array2<T>, salt: usize) {
    let roi = ragged(image.dim(), salt);
    for roi in [None, Some(roi)] {
        let expected = all(image, roi.as_deref());
        let column_major = image.t().as_standard_layout().into_owned();
        assert_eq!(all(&column_major.t(), roi.as_deref()), expected);
        let mut wide = Array2::default((3 * image.nrows(), 2 * image.ncols()));
        wide.slice_mut(s![..;3, ..;2]).assign(image);
        assert_eq!(all(&wide.slice(s![..;3, ..;2]), roi.as_deref()), expected);
    }
}

fn assert_close(found: Option<f64>, expected: Option<f64>, what: impl std::fmt::Debug) {
    assert_eq!(found.is_some(), expected.is_some(), "{what:?}");
    let (found, expected) = (found.unwrap_or(0.0), expected.unwrap_or(0.0));
    let close = approx::relative_eq!(found, expected, max_relative = 1e-9, epsilon = 1e-9);
    assert!(close, "{what:?}: {found}, expected {expected}");
}

proptest! {
    #[test]
    fn layout_does_not_matter_i16(image in image(any::<i16>()), salt in 0..9_usize) {
        assert_layout_does_not_matter(&image, salt);
    }

    #[test]
    fn layout_does_not_matter_f32(image in image(-1e3_f32..1e3), salt in 0..9_usize) {
        assert_layout_does_not_matter(&image, salt);
    }

    #[test]
    fn a_rectangle_is_its_crop(
        image in image(any::<u8>()), from in (0..8_usize, 0..8_usize), to in (1..24_usize, 1..24_usize),
    ) {
        let (height, width) = image.dim();
        let (rows, cols) = (from.0.min(height - 1)..to.0.min(height), from.1.min(width - 1)..to.1.min(width));
        prop_assume!(!rows.is_empty() && !cols.is_empty());
        let roi = Array2::from_shape_fn(image.dim(), |(y, x)| rows.contains(&y) && cols.contains(&x));
        let crop = image.slice(s![rows, cols]);
        for metric in OF_THE_REGION {
            for tenengrad_border in BORDERS {
                let params = MetricParams { tenengrad_border, ..params() };
                let part = measure(metric, &crop, None, &params).unwrap();
                prop_assert_eq!(measure(metric, &image, Some(&roi), &params).unwrap(), part, "{}", metric);
            }
        }
    }

    #[test]
    fn a_full_mask_is_the_whole_image(image in image(any::<u16>())) {
        let full = Array2::from_elem(image.dim(), true);
        for metric in OF_THE_REGION.into_iter().chain([Metric::NotebookCov]) {
            prop_assert_eq!(of(metric, &image, Some(&full)), of(metric, &image, None));
        }
    }

    #[test]
    fn pixels_outside_are_never_read(image in image(-1e3_f32..1e3), salt in 0..9_usize) {
        let roi = ragged(image.dim(), salt);
        let spoilt = ndarray::Zip::from(&image)
            .and(&roi)
            .map_collect(|&pixel, &inside| if inside { pixel } else { f32::NAN });
        for metric in OF_THE_REGION.into_iter().chain([Metric::NotebookCov]) {
            prop_assert_eq!(of(metric, &spoilt, Some(&roi)), of(metric, &image, Some(&roi)), "{}", metric);
        }
    }

    #[test]
    fn transposing_changes_nothing(image in image(any::<u8>()), salt in 0..9_usize) {
        let roi = ragged(image.dim(), salt);
        // Text runs from left to right, and the corners of a ragged region's edge are found along
        // the column first.
        let directed = [Metric::BurntInText, Metric::Tenengrad];
        for &metric in Metric::ALL.iter().filter(|metric| !directed.contains(metric)) {
            assert_close(of(metric, &image.t(), Some(&roi.t())), of(metric, &image, Some(&roi)), metric);
        }
        let tenengrad = |image: &ArrayRef2<u8>| of(Metric::Tenengrad, image, None);
        assert_close(tenengrad(&image.t()), tenengrad(&image), "tenengrad");
    }

    #[test]
    fn an_added_constant_changes_no_focus_and_no_noise(
        image in image(0..20_000_u16), offset in 0..40_000_u16,
    ) {
        let moved = image.mapv(|pixel| pixel + offset);
        for metric in [
            Metric::FocusRatio, Metric::Tenengrad, Metric::BlurEffect, Metric::LaplacianNoiseSigma,
        ] {
            prop_assert_eq!(of(metric, &moved, None), of(metric, &image, None), "{}", metric);
        }
        for metric in [Metric::WaveletNoiseSigma, Metric::NotebookPsnrDb] {
            assert_close(of(metric, &moved, None), of(metric, &image, None), metric);
        }
    }

    #[test]
    fn powers_of_two_scale_exactly(image in image(0.0_f32..100.0), exponent in 0..8_i32) {
        let scaled = image.mapv(|pixel| pixel * 2.0_f32.powi(exponent));
        let factors = [
            (Metric::FocusRatio, 0), (Metric::Tenengrad, 2), (Metric::BlurEffect, 0),
            (Metric::WaveletNoiseSigma, 1), (Metric::LaplacianNoiseSigma, 1),
            (Metric::TextbookCov, 0), (Metric::NotebookCov, 0), (Metric::Percentile99, 1),
        ];
        for (metric, power) in factors {
            let factor = 2.0_f64.powi(power * exponent);
            let expected = of(metric, &image, None).map(|value| value * factor);
            prop_assert_eq!(of(metric, &scaled, None), expected, "{}", metric);
        }
        let efc = |image| of(Metric::EntropyFocusCriterion, image, None);
        assert_close(efc(&scaled), efc(&image), "efc");
        let psnr = |image| of(Metric::NotebookPsnrDb, image, None);
        let loss = 20.0 * f64::from(exponent) * 2.0_f64.log10();
        assert_close(psnr(&scaled), psnr(&image).map(|db| db - loss), "psnr");
    }

    #[test]
    fn values_lie_in_their_ranges(image in image(any::<u8>()), salt in 0..9_usize) {
        let roi = ragged(image.dim(), salt);
        for roi in [None, Some(&*roi)] {
            for (metric, high) in [
                (Metric::FocusRatio, 8.0), (Metric::BlurEffect, 1.0),
                (Metric::EntropyFocusCriterion, 1.0), (Metric::SaturatedLow, 1.0),
                (Metric::SaturatedHigh, 1.0), (Metric::LaplacianNoiseSigma, f64::MAX),
            ] {
                let value = of(metric, &image, roi);
                let slack = 1.0 + 1e-12;
                prop_assert!(value.is_none_or(|value| (0.0..=high * slack).contains(&value)), "{}", metric);
            }
        }
    }

    #[test]
    fn pixel_types_agree(image in image(any::<u8>()), salt in 0..9_usize) {
        let roi = ragged(image.dim(), salt);
        let expected = all(&image, Some(&roi));
        prop_assert_eq!(&all(&image.mapv(u16::from), Some(&roi)), &expected);
        prop_assert_eq!(&all(&image.mapv(i16::from), Some(&roi)), &expected);
        for (float, integer) in all(&image.mapv(f32::from), Some(&roi)).into_iter().zip(expected) {
            assert_close(float, integer, "f32");
        }
    }

    #[test]
    fn a_constant_has_neither_edges_nor_noise(
        height in 1..12_usize, width in 1..12_usize, pixel in -1e30_f32..1e30, salt in 0..9_usize,
    ) {
        let image = Array2::from_elem((height, width), pixel);
        let roi = ragged(image.dim(), salt);
        for roi in [None, Some(&*roi)] {
            for metric in [Metric::FocusRatio, Metric::BlurEffect, Metric::WaveletNoiseSigma] {
                prop_assert_eq!(of(metric, &image, roi), None, "{}", metric);
            }
            for metric in [Metric::Tenengrad, Metric::LaplacianNoiseSigma] {
                prop_assert!(matches!(of(metric, &image, roi), None | Some(0.0)), "{}", metric);
            }
        }
        prop_assert_eq!(of(Metric::NotebookPsnrDb, &image, None), None);
        prop_assert_eq!(of(Metric::ConstantBorder, &image, None), Some(1.0));
    }
}

#[test]
fn the_bounds_of_the_focus_ratio_are_reached() {
    // Period 2 in both directions, mirrored without repeating: the highest frequency there is.
    let checkerboard = Array2::from_shape_fn((200, 200), |(y, x)| ((x + y) % 2) as u8);
    let ratio = of(Metric::FocusRatio, &checkerboard, None).unwrap();
    assert!((7.9..8.0).contains(&ratio), "{ratio}");
    let slow = Array2::from_shape_fn((200, 200), |(_, x)| (100.0 * (x as f32 / 60.0).sin()).abs());
    assert!(of(Metric::FocusRatio, &slow, None).unwrap() < 0.05);
}

#[test]
fn both_estimators_find_the_noise_that_was_added() {
    // Sum of twelve uniform numbers minus six: standard deviation 1.
    let mut state = 7_u32;
    let mut uniform = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1_u32 << 24)
    };
    let image = Array2::from_shape_fn((256, 256), |(y, x)| {
        let noise: f64 = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
        (0.1 * x as f64 + 0.2 * y as f64 + 5.0 * noise) as f32
    });
    for metric in [Metric::WaveletNoiseSigma, Metric::LaplacianNoiseSigma] {
        assert_relative_eq!(of(metric, &image, None).unwrap(), 5.0, max_relative = 0.03);
    }
}
