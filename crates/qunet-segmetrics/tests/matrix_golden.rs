//! The matrix and its scores against scikit-learn; `golden/matrix.py` made the values.
#![allow(clippy::unwrap_used)]

use approx::assert_relative_eq;
use ndarray::Array1;
use qunet_segmetrics::{Average, ConfusionMatrix, EmptyPolicy, OverlapMetric};
use serde_json::Value;

#[test]
fn scores_of_three_classes_match_scikit_learn() {
    let golden: Value = serde_json::from_str(include_str!("golden/matrix.json")).unwrap();
    let truth = Array1::from_shape_fn(600, |i| (i as u32 * 7 / 5) % 3);
    let prediction = Array1::from_shape_fn(600, |i| {
        if i % 2 == 0 { truth[i] } else { ((i * i / 11 + i / 3) % 3) as u32 }
    });
    let matrix = ConfusionMatrix::from_labels(&prediction, &truth, 3, None).unwrap();
    for actual in 0..3 {
        for predicted in 0..3 {
            let expected = golden["matrix"][actual][predicted].as_u64().unwrap();
            assert_eq!(matrix.count(actual, predicted), expected);
        }
    }
    let mean = |metric, average, classes: &[usize]| {
        matrix.mean(metric, average, classes.iter().copied(), EmptyPolicy::Undefined)
    };
    let (policy, class) = (EmptyPolicy::Undefined, matrix.one_vs_rest(1));
    let binary = &golden["class_1"];
    for (found, expected) in [
        (matrix.accuracy(policy), &golden["accuracy"]),
        (matrix.kappa(policy), &golden["kappa"]),
        (matrix.matthews(policy), &golden["matthews"]),
        (matrix.frequency_weighted_jaccard(policy), &golden["frequency_weighted_jaccard"]),
        (mean(OverlapMetric::Jaccard, Average::Macro, &[0, 1, 2]), &golden["macro_jaccard"]),
        (mean(OverlapMetric::Precision, Average::Macro, &[0, 1, 2]), &golden["macro_precision"]),
        (mean(OverlapMetric::Dice, Average::Micro, &[1, 2]), &golden["micro_f1_of_1_and_2"]),
        (mean(OverlapMetric::Dice, Average::Weighted, &[1, 2]), &golden["weighted_f1_of_1_and_2"]),
        (class.kappa(policy), &binary["kappa"]),
        (class.matthews(policy), &binary["matthews"]),
        (class.f_beta(2.0, policy), &binary["f_2"]),
        (class.balanced_accuracy(policy), &binary["balanced_accuracy"]),
    ] {
        assert_relative_eq!(found.unwrap(), expected.as_f64().unwrap(), max_relative = 1e-12);
    }
}
