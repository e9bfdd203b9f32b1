use std::collections::BTreeSet;

use ndarray::{Array2, array};
use qunet_quality::{
    Border, Error, IntensityLimits, Metric, MetricParams, Pixel, artefacts, blur_effect, measure,
    notebook_psnr_db, percentiles, saturated_shares, tenengrad,
};

const UNDEFINED_WITHOUT_REGION: [Metric; 2] = [Metric::Snr, Metric::Cnr];

fn of<T: Pixel>(metric: Metric, image: &Array2<T>) -> Option<f64> {
    measure(metric, image, None, &MetricParams::default()).unwrap()
}

#[test]
fn names_are_stable_and_serialised() {
    let names: BTreeSet<_> = Metric::ALL.iter().map(|metric| metric.name()).collect();
    assert_eq!(names.len(), Metric::ALL.len());
    for metric in Metric::ALL {
        let json = serde_json::to_string(metric).unwrap();
        assert_eq!(json, format!("\"{metric}\""));
        assert_eq!(serde_json::from_str::<Metric>(&json).unwrap(), *metric);
        assert!(metric.description().ends_with('.') && !metric.description().contains('\n'));
        assert!(metric.description().contains("higher") || metric.description().contains("0 or 1"));
    }
}

#[test]
fn no_shape_is_too_small() {
    for dim in [(1, 1), (1, 2), (1, 40), (40, 1), (2, 2), (3, 3), (4, 4)] {
        let image = Array2::from_shape_fn(dim, |(y, x)| (37 * x + 91 * y) as u8);
        let roi = Array2::from_elem(dim, true);
        for &metric in Metric::ALL {
            for roi in [None, Some(&*roi)] {
                let value = measure(metric, &image, roi, &MetricParams::default()).unwrap();
                assert!(value.is_none_or(f64::is_finite), "{metric} of {dim:?}");
            }
        }
    }
}

#[test]
fn an_empty_region_has_no_values() {
    let image = array![[1_u8, 2, 3], [4, 5, 6], [7, 8, 9]];
    let none = Array2::from_elem((3, 3), false);
    for &metric in Metric::ALL {
        let whole_slice =
            [Metric::ConstantBorder, Metric::BurntInText, Metric::NotebookPsnrDb].contains(&metric);
        let value = measure(metric, &image, Some(&none), &MetricParams::default()).unwrap();
        assert_eq!(value.is_some(), whole_slice, "{metric}");
    }
}

#[test]
fn all_zero_is_undefined_where_something_is_divided_by_it() {
    let zero = Array2::<u8>::zeros((20, 20));
    for (metric, expected) in [
        (Metric::FocusRatio, None),
        (Metric::Tenengrad, Some(0.0)),
        (Metric::BlurEffect, None),
        (Metric::WaveletNoiseSigma, None),
        (Metric::LaplacianNoiseSigma, Some(0.0)),
        (Metric::EntropyFocusCriterion, None),
        (Metric::TextbookCov, None),
        (Metric::NotebookCov, None),
        (Metric::NotebookPsnrDb, None),
        (Metric::Percentile99, Some(0.0)),
        (Metric::SaturatedLow, Some(1.0)),
        (Metric::SaturatedHigh, Some(0.0)),
        (Metric::ConstantBorder, Some(1.0)),
        (Metric::BurntInText, Some(0.0)),
    ] {
        assert_eq!(of(metric, &zero), expected, "{metric}");
    }
}

#[test]
fn extreme_integers_do_not_overflow() {
    // A checkerboard of -32768 and 32767: every difference of neighbours is 65535.
    let image = Array2::from_shape_fn((32, 32), |(y, x)| [i16::MIN, i16::MAX][(x + y) % 2]);
    let step = 65_535.0_f64;
    // N * I = +-8 * 65535, and 16 pixels of weight 1/6.
    let sigma = (std::f64::consts::PI / 2.0).sqrt() * 8.0 * step / 6.0;
    assert_eq!(of(Metric::LaplacianNoiseSigma, &image), Some(sigma));
    // Four of the eight pixels around cancel each other: no gradient but at the edges, where
    // reflect-101 keeps the pattern, so none at all.
    assert_eq!(of(Metric::Tenengrad, &image), Some(0.0));
    assert_eq!(of(Metric::SaturatedLow, &image), Some(0.5));
    assert_eq!(of(Metric::SaturatedHigh, &image), Some(0.5));
    assert_eq!(of(Metric::EntropyFocusCriterion, &image), None);

    // Two halves: Sobel 4 * 65535 in the two columns at the step.
    let halves = Array2::from_shape_fn((8, 8), |(_, x)| if x < 4 { i16::MIN } else { i16::MAX });
    assert_eq!(of(Metric::Tenengrad, &halves), Some((4.0 * step).powi(2) / 4.0));
    let largest = 1023;
    assert_eq!(blur_effect(&halves, None, largest).unwrap(), Some(1.0));
}

#[test]
fn large_floats_stay_finite() {
    let image = Array2::from_shape_fn((9, 9), |(y, x)| [f32::MIN, 0.0, f32::MAX][(x + y) % 3]);
    for &metric in Metric::ALL {
        assert!(of(metric, &image).is_none_or(f64::is_finite), "{metric}");
    }
}

#[test]
fn a_pixel_that_is_not_finite_is_named() {
    let mut image = Array2::from_shape_fn((6, 7), |(y, x)| (x * y) as f32);
    image[[2, 5]] = f32::NAN;
    for &metric in Metric::ALL {
        let error = measure(metric, &image, None, &MetricParams::default()).unwrap_err();
        assert!(matches!(error, Error::NonFinite { row: 2, col: 5, .. }), "{metric}: {error}");
    }
    // The background is read, too.
    let roi = Array2::from_shape_fn((6, 7), |(_, x)| x < 4);
    for metric in UNDEFINED_WITHOUT_REGION {
        assert!(measure(metric, &image, Some(&roi), &MetricParams::default()).is_err(), "{metric}");
    }
}

#[test]
fn shapes_are_checked() {
    let (image, roi) = (Array2::<u8>::zeros((4, 5)), Array2::from_elem((5, 4), true));
    let (empty, empty_roi) = (Array2::<u8>::zeros((0, 5)), Array2::from_elem((0, 5), true));
    for &metric in Metric::ALL {
        let params = MetricParams::default();
        if metric != Metric::NotebookPsnrDb {
            let error = measure(metric, &image, Some(&roi), &params).unwrap_err();
            assert!(matches!(error, Error::ShapeMismatch { .. }), "{metric}: {error}");
        }
        for roi in [None, Some(&*empty_roi)] {
            let error = measure(metric, &empty, roi, &params).unwrap_err();
            assert!(
                matches!(error, Error::EmptyImage { height: 0, width: 5 }),
                "{metric}: {error}"
            );
        }
    }
}

#[test]
fn settings_are_checked() {
    let image = array![[1_u8, 2], [3, 4]];
    let field = |error: Error| match error {
        Error::Parameter { field, .. } => field,
        other => panic!("{other}"),
    };
    for percent in [-0.1, 100.1, f64::NAN] {
        assert_eq!(field(percentiles(&image, None, [percent]).unwrap_err()), "percentile");
    }
    for size in [0, 1, 1024, usize::MAX] {
        assert_eq!(field(blur_effect(&image, None, size).unwrap_err()), "blur_size");
        let params = MetricParams { blur_size: size, ..MetricParams::default() };
        assert_eq!(field(params.check().unwrap_err()), "blur_size");
    }
    for range in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(field(notebook_psnr_db(&image, range).unwrap_err()), "notebook_range");
    }
    for (low, high) in [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (0.0, f64::NAN)] {
        let limits = IntensityLimits { low, high };
        assert_eq!(field(saturated_shares(&image, None, limits).unwrap_err()), "intensity_limits");
    }
    let border = Border::Constant(0.5);
    assert_eq!(field(tenengrad(&image, None, border).unwrap_err()), "border constant");
    assert!(MetricParams::default().check().is_ok());
}

#[test]
fn floats_are_saturated_only_where_a_range_is_given() {
    let image = array![[0.0_f32, 0.5, 1.0, 2.0]];
    assert_eq!(of(Metric::SaturatedHigh, &image), None);
    let intensity_limits = Some(IntensityLimits { low: 0.0, high: 1.0 });
    let params = MetricParams { intensity_limits, ..MetricParams::default() };
    assert_eq!(measure(Metric::SaturatedHigh, &image, None, &params).unwrap(), Some(0.5));
    assert_eq!(measure(Metric::SaturatedLow, &image, None, &params).unwrap(), Some(0.25));
    let open = IntensityLimits { low: f64::NEG_INFINITY, high: 1.0 };
    let shares = saturated_shares(&image, None, open).unwrap().unwrap();
    assert_eq!((shares.low, shares.high), (0.0, 0.5));
}

#[test]
fn params_survive_serialisation_and_refuse_unknown_fields() {
    let params = MetricParams { blur_size: 5, ..MetricParams::default() };
    let json = serde_json::to_string(&params).unwrap();
    assert_eq!(serde_json::from_str::<MetricParams>(&json).unwrap(), params);
    assert_eq!(serde_json::from_str::<MetricParams>("{}").unwrap(), MetricParams::default());
    assert!(serde_json::from_str::<MetricParams>("{\"blur\": 5}").is_err());
}

#[test]
fn borders_are_counted_by_side() {
    let mut image = Array2::from_elem((9, 12), 3_u8);
    image[[2, 4]] = 9;
    image[[7, 4]] = 8;
    let border = artefacts(&image, None).unwrap().constant_border;
    assert_eq!((border.top, border.bottom, border.left, border.right), (2, 1, 4, 7));
    // Rows that are constant, but not all of the same value, end the border.
    let ramp = Array2::from_shape_fn((9, 12), |(y, _)| y as u8);
    let border = artefacts(&ramp, None).unwrap().constant_border;
    assert_eq!((border.top, border.bottom, border.left, border.right), (1, 1, 0, 0));
}
