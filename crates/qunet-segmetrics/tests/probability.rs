//! Scores of probabilities against scikit-learn; `golden/probability.py` made the values.
#![allow(clippy::unwrap_used)]

use std::num::NonZeroUsize;

use approx::assert_relative_eq;
use ndarray::{Array1, array};
use proptest::prelude::*;
use qunet_segmetrics::{
    ConfusionCounts, EmptyPolicy, Error, ProbabilityHistogram, ScoredPixels, ThresholdCounts,
};
use serde_json::Value;

#[test]
fn scores_match_scikit_learn() {
    let golden: Value = serde_json::from_str(include_str!("golden/probability.json")).unwrap();
    let probability = Array1::from_shape_fn(600, |i| (i * 37 % 65) as f32 / 64.0);
    let truth = Array1::from_shape_fn(600, |i| {
        ((i * 29 % 64) as f32 / 64.0) < probability[i] * probability[i]
    });
    let pixels = ScoredPixels::new(&probability, &truth, None).unwrap();
    let calibration = pixels.calibration_error(NonZeroUsize::new(10).unwrap());
    for (found, name) in [
        (pixels.brier(), "brier"),
        (pixels.log_loss(), "log_loss"),
        (pixels.roc_auc(), "roc_auc"),
        (pixels.average_precision(), "average_precision"),
        (calibration.map(|error| error.expected), "ece"),
        (calibration.map(|error| error.maximum), "mce"),
    ] {
        let expected = golden[name].as_f64().unwrap();
        assert_relative_eq!(found.unwrap(), expected, max_relative = 1e-12);
    }
}

#[test]
fn values_outside_the_region_do_not_count_and_those_inside_are_checked() {
    let probability = array![[0.5, 0.25], [0.75, 2.0]];
    let truth = array![[true, false], [false, true]];
    let region = array![[true, true], [true, false]];
    let pixels = ScoredPixels::new(&probability, &truth, Some(&*region)).unwrap();
    assert_eq!(pixels.roc_auc(), Some(0.5));
    let error = ScoredPixels::new(&probability, &truth, None).unwrap_err();
    assert_eq!(error, Error::NotAProbability { name: "the map", index: vec![1, 1], value: 2.0 });
    let none = array![[false, false], [false, false]];
    let empty = ScoredPixels::new(&probability, &truth, Some(&*none)).unwrap();
    assert_eq!((empty.brier(), empty.roc_auc(), empty.average_precision()), (None, None, None));
}

#[test]
fn a_sweep_counts_as_the_masks_do() {
    let probability = Array1::from_shape_fn(200, |i| (i * 37 % 65) as f32 / 64.0);
    let truth = Array1::from_shape_fn(200, |i| i % 3 == 0);
    let pixels = ScoredPixels::new(&probability, &truth, None).unwrap();
    for point in pixels.sweep(&[-1.0, 0.0, 0.3, 0.5, 1.0, f32::NAN]) {
        let mask = probability.mapv(|p| p > point.threshold);
        assert_eq!(point.counts, ConfusionCounts::from_masks(&mask, &truth).unwrap());
    }
}

fn bins(bins: usize) -> NonZeroUsize {
    NonZeroUsize::new(bins).unwrap()
}

#[test]
fn a_histogram_takes_a_map_whole_or_not_at_all() {
    let mut histogram = ProbabilityHistogram::new(bins(12));
    let bad = array![[0.5, 0.5], [0.5, f32::NAN]];
    let truth = array![[true, false], [false, true]];
    let error = histogram.add(&bad, &truth, None).unwrap_err();
    assert!(matches!(error, Error::NotAProbability { index, .. } if index == [1, 1]));
    assert_eq!(histogram, ProbabilityHistogram::new(bins(12)));
    assert_eq!((histogram.brier(), histogram.roc_auc()), (None, None));
    assert_eq!(histogram.average_precision(), None);
    let error = histogram.calibration_error(bins(5)).unwrap_err();
    assert_eq!(error, Error::Bins { found: 5, histogram: 12 });
    assert_eq!(histogram.calibration_error(bins(4)), Ok(None));
    let error = histogram.merge(&ProbabilityHistogram::new(bins(4))).unwrap_err();
    assert_eq!(error, Error::Bins { found: 4, histogram: 12 });
}

/// How often a true pixel has a higher probability than another, by comparing all pairs.
fn auc_of_pairs(pixels: &[(f32, bool)]) -> Option<f64> {
    let [mut pairs, mut wins] = [0.0; 2];
    for (true_p, _) in pixels.iter().filter(|pixel| pixel.1) {
        for (false_p, _) in pixels.iter().filter(|pixel| !pixel.1) {
            pairs += 1.0;
            wins += if true_p > false_p {
                1.0
            } else if true_p == false_p {
                0.5
            } else {
                0.0
            };
        }
    }
    (pairs > 0.0).then(|| wins / pairs)
}

/// The sum of precision times the gain of recall over the points of the curve, from high
/// thresholds to low ones.
fn precision_under(curve: &[ThresholdCounts]) -> f64 {
    let (mut sum, mut recall) = (0.0, 0.0);
    for point in curve.iter().rev() {
        let here = point.counts.recall(EmptyPolicy::Zero).unwrap();
        sum += (here - recall) * point.counts.precision(EmptyPolicy::Zero).unwrap();
        recall = here;
    }
    sum
}

proptest! {
    #[test]
    fn areas_and_curves_are_those_of_the_definitions(
        pixels in prop::collection::vec((0_u8..=16, any::<bool>()), 1..80), cut in 0..80_usize,
    ) {
        let pixels: Vec<(f32, bool)> =
            pixels.into_iter().map(|(p, t)| (f32::from(p) / 16.0, t)).collect();
        let (p, t): (Vec<f32>, Vec<bool>) = pixels.iter().copied().unzip();
        let (p, t) = (Array1::from(p), Array1::from(t));
        let scored = ScoredPixels::new(&p, &t, None).unwrap();
        prop_assert_eq!(scored.roc_auc(), auc_of_pairs(&pixels));
        let curve = scored.curve();
        if let Some(precision) = scored.average_precision() {
            prop_assert!((precision - precision_under(&curve)).abs() < 1e-12);
        }
        for point in &curve {
            let mask = p.mapv(|p| p > point.threshold);
            prop_assert_eq!(point.counts, ConfusionCounts::from_masks(&mask, &t).unwrap());
        }
        // 16 bins, (low, high], separate all these probabilities but 0 and 1/16.
        let mut histogram = ProbabilityHistogram::new(bins(16));
        let mut rest = ProbabilityHistogram::new(bins(16));
        let cut = cut.min(p.len());
        let part = |from: usize, to: usize| (p.slice(ndarray::s![from..to]), t.slice(ndarray::s![from..to]));
        let ((p1, t1), (p2, t2)) = (part(0, cut), part(cut, p.len()));
        histogram.add(&p1, &t1, None).unwrap();
        rest.add(&p2, &t2, None).unwrap();
        histogram.merge(&rest).unwrap();
        let rounded = p.mapv(|p| p.max(1.0 / 16.0));
        let rounded = ScoredPixels::new(&rounded, &t, None).unwrap();
        prop_assert_eq!(histogram.roc_auc(), rounded.roc_auc());
        prop_assert_eq!(histogram.average_precision(), rounded.average_precision());
        if let Some((exact, binned)) = scored.roc_auc().zip(histogram.roc_auc()) {
            prop_assert!((exact - binned).abs() <= histogram.roc_auc_slack().unwrap() + 1e-12);
        }
        prop_assert!((histogram.brier().unwrap() - scored.brier().unwrap()).abs() < 1e-12);
        let (of_bins, of_pixels) = (histogram.calibration_error(bins(8)), scored.calibration_error(bins(8)));
        prop_assert!((of_bins.unwrap().unwrap().expected - of_pixels.unwrap().expected).abs() < 1e-12);
        prop_assert_eq!(histogram.pixels(), p.len() as u64);
        for point in &histogram.curve()[1..] {
            prop_assert_eq!(point.counts, scored.sweep(&[point.threshold])[0].counts);
        }
    }
}
