//! Scores of probabilities against scikit-learn; `golden/probability.py` made the values.
#![allow(clippy::unwrap_used)]

use std::num::NonZeroUsize;

use approx::assert_relative_eq;
use ndarray::{Array1, array};
use qunet_segmetrics::{ConfusionCounts, Error, ScoredPixels};
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
