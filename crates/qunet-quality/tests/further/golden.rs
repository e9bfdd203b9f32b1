use std::collections::BTreeMap;

use approx::assert_relative_eq;
use ndarray::Array2;
use qunet_quality::{
    Border, IntensityLimits, Metric, MetricParams, Pixel, blur_effect, entropy_focus_criterion,
    measure, percentiles, saturated_shares, tenengrad,
};
use serde::Deserialize;

use crate::support::{disc, image_of};

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    dtype: String,
    height: usize,
    width: usize,
    focus_ratio: Option<f64>,
    tenengrad_reflect101: f64,
    tenengrad_replicate: f64,
    tenengrad_constant: f64,
    blur_effect: BTreeMap<usize, f64>,
    estimate_sigma: Option<f64>,
    immerkaer: f64,
    snr: Option<f64>,
    cnr: Option<f64>,
    efc: Option<f64>,
    efc_inside: Option<f64>,
    percents: [f64; 6],
    percentiles: [f64; 6],
    percentiles_inside: [f64; 6],
    at_or_below_100: f64,
    at_or_above_200_inside: f64,
    textbook_cov: Option<f64>,
    notebook_cov: Option<f64>,
    notebook_psnr_db: Option<f64>,
}

/// Runs a check on every case in its own pixel type.
macro_rules! for_each_case {
    ($check:ident) => {
        let golden: Golden = serde_json::from_str(include_str!("../golden/further.json")).unwrap();
        for case in golden.cases {
            let integers = image_of(&case.name, case.height, case.width);
            match case.dtype.as_str() {
                "u8" => $check(&case, &integers.mapv(|v| v as u8)),
                "u16" => $check(&case, &integers.mapv(|v| v as u16)),
                "f32" => $check(&case, &integers.mapv(|v| v as f32 / 65536.0)),
                other => panic!("unknown pixel type {other}"),
            }
        }
    };
}

fn assert_close(found: Option<f64>, expected: Option<f64>, what: &str) {
    assert_eq!(found.is_some(), expected.is_some(), "{what}");
    let (found, expected) = (found.unwrap_or(0.0), expected.unwrap_or(0.0));
    // The absolute tolerance is for values that are zero but for rounding.
    let close = approx::relative_eq!(found, expected, max_relative = 1e-11, epsilon = 1e-15);
    assert!(close, "{what}: {found}, expected {expected}");
}

fn of<T: Pixel>(metric: Metric, image: &Array2<T>, roi: Option<&Array2<bool>>) -> Option<f64> {
    measure(metric, image, roi.map(|roi| &**roi), &MetricParams::default()).unwrap()
}

#[test]
fn focus_matches_opencv_and_scipy() {
    for_each_case!(check_focus);
}

fn check_focus<T: Pixel>(case: &Case, image: &Array2<T>) {
    assert_close(of(Metric::FocusRatio, image, None), case.focus_ratio, &case.name);
    let borders = [
        (Border::Reflect101, case.tenengrad_reflect101),
        (Border::Replicate, case.tenengrad_replicate),
        (Border::Constant(0.0), case.tenengrad_constant),
    ];
    for (border, expected) in borders {
        assert_close(tenengrad(image, None, border).unwrap(), Some(expected), &case.name);
    }
}

#[test]
fn the_blur_effect_matches_scikit_image() {
    for_each_case!(check_blur);
}

fn check_blur<T: Pixel>(case: &Case, image: &Array2<T>) {
    for (&size, &expected) in &case.blur_effect {
        // scikit-image has 1 for a constant image.
        let expected = case.focus_ratio.map(|_| expected);
        assert_close(blur_effect(image, None, size).unwrap(), expected, &case.name);
    }
}

#[test]
fn noise_matches_scikit_image_and_scipy() {
    for_each_case!(check_noise);
}

fn check_noise<T: Pixel>(case: &Case, image: &Array2<T>) {
    assert_close(of(Metric::LaplacianNoiseSigma, image, None), Some(case.immerkaer), &case.name);
    // Of flat images scikit-image takes the median of rounding errors, which count as zeros here.
    if case.estimate_sigma.is_none_or(|sigma| sigma > 1e-20) {
        assert_close(of(Metric::WaveletNoiseSigma, image, None), case.estimate_sigma, &case.name);
    }
}

#[test]
fn ratios_match_numpy() {
    for_each_case!(check_ratios);
}

fn check_ratios<T: Pixel>(case: &Case, image: &Array2<T>) {
    let disc = disc(case.height, case.width);
    let inside = |metric| of(metric, image, Some(&disc));
    assert_close(inside(Metric::Snr), case.snr, &case.name);
    assert_close(inside(Metric::Cnr), case.cnr, &case.name);
    assert_close(inside(Metric::TextbookCov), case.textbook_cov, &case.name);
    assert_close(inside(Metric::NotebookCov), case.notebook_cov, &case.name);
    assert_close(of(Metric::NotebookPsnrDb, image, None), case.notebook_psnr_db, &case.name);
}

#[test]
fn the_entropy_focus_criterion_is_that_of_mriqc() {
    for_each_case!(check_entropy);
}

fn check_entropy<T: Pixel>(case: &Case, image: &Array2<T>) {
    let disc = disc(case.height, case.width);
    assert_close(entropy_focus_criterion(image, None).unwrap(), case.efc, &case.name);
    assert_close(entropy_focus_criterion(image, Some(&disc)).unwrap(), case.efc_inside, &case.name);
}

#[test]
fn percentiles_and_shares_match_numpy() {
    for_each_case!(check_percentiles);
}

fn check_percentiles<T: Pixel>(case: &Case, image: &Array2<T>) {
    let disc = disc(case.height, case.width);
    for (roi, expected) in [(None, case.percentiles), (Some(&*disc), case.percentiles_inside)] {
        let found = percentiles(image, roi, case.percents).unwrap().unwrap();
        for (found, expected) in found.into_iter().zip(expected) {
            assert_relative_eq!(found, expected, max_relative = 1e-14);
        }
    }
    let limits = IntensityLimits { low: 100.0, high: 200.0 };
    let shares = |roi| saturated_shares(image, roi, limits).unwrap().unwrap();
    assert_relative_eq!(shares(None).low, case.at_or_below_100, max_relative = 4e-16);
    let high = shares(Some(&disc)).high;
    assert_relative_eq!(high, case.at_or_above_200_inside, max_relative = 4e-16);
}
