//! Values by scikit-learn; its version is in the golden file.
#![allow(clippy::unwrap_used)]

use approx::assert_relative_eq;
use ndarray::{ArrayD, Dimension, IxDyn};
use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, OverlapMetric, OverlapScores};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    shape: Vec<usize>,
    counts: Counts,
    undefined_left_out: OverlapScores,
    undefined_is_zero: OverlapScores,
}

#[derive(Deserialize)]
struct Counts {
    tp: u64,
    fp: u64,
    r#fn: u64,
    tn: u64,
}

impl From<Counts> for ConfusionCounts {
    fn from(counts: Counts) -> Self {
        Self {
            true_positives: counts.tp,
            false_positives: counts.fp,
            false_negatives: counts.r#fn,
            true_negatives: counts.tn,
        }
    }
}

/// A mask as a formula of column, row and slice.
type Formula = fn(i64, i64, i64) -> bool;

/// The formulas of prediction and truth.
fn formulas(name: &str) -> (Formula, Formula) {
    const LEFT: Formula = |x, y, _| disc(x - 30, y - 32, 200);
    const RIGHT: Formula = |x, y, _| disc(x - 33, y - 30, 225);
    const EMPTY: Formula = |_, _, _| false;
    const FULL: Formula = |_, _, _| true;
    const PIXEL: Formula = |x, y, _| x == 10 && y == 12;
    const VOXEL: Formula = |x, y, z| x == 9 && y == 7 && z == 5;
    match name {
        "discs2d" | "aniso2d" => (LEFT, RIGHT),
        "identical2d" => (LEFT, LEFT),
        "empty_pred2d" => (EMPTY, RIGHT),
        "empty_truth2d" => (LEFT, EMPTY),
        "both_empty2d" => (EMPTY, EMPTY),
        "full_both2d" => (FULL, FULL),
        "single_voxels2d" => (PIXEL, |x, y, _| x == 20 && y == 15),
        "single_same_voxel2d" => (PIXEL, PIXEL),
        "touching_border2d" => (|x, _, _| x <= 15, |x, y, _| x <= 18 && y >= 5),
        "lesions2d" => (predicted_lesions, true_lesions),
        "pair256" => (
            |x, y, _| disc(x - 120, y - 128, 3600) != disc(x - 60, y - 70, 400),
            |x, y, _| disc(x - 130, y - 126, 3364) | disc(x - 200, y - 60, 144),
        ),
        "balls3d" => (
            |x, y, z| disc(x - 15, y - 16, 81 - (z - 12).pow(2)),
            |x, y, z| disc(x - 17, y - 15, 90 - (z - 11).pow(2)),
        ),
        "aniso3d" => (
            |x, y, z| disc(x - 18, y - 20, 160 - 16 * (z - 6).pow(2)),
            |x, y, z| disc(x - 16, y - 21, 150 - 14 * (z - 5).pow(2)),
        ),
        "single3d" => (|x, y, z| x == 3 && y == 4 && z == 2, VOXEL),
        "empty_pred3d" => (EMPTY, VOXEL),
        other => panic!("no formulas for {other}"),
    }
}

fn disc(dx: i64, dy: i64, radius_squared: i64) -> bool {
    dx.pow(2) + dy.pow(2) <= radius_squared
}

fn predicted_lesions(x: i64, y: i64, _: i64) -> bool {
    disc(x - 20, y - 20, 36) | disc(x - 60, y - 22, 80) | disc(x - 75, y - 75, 25)
}

fn true_lesions(x: i64, y: i64, _: i64) -> bool {
    let discs = disc(x - 22, y - 21, 40) | disc(x - 56, y - 22, 30) | disc(x - 66, y - 22, 20);
    discs | disc(x - 30, y - 70, 60) | (x == 80 && y == 10)
}

/// A mask of shape `[y, x]` or `[z, y, x]`.
fn mask(shape: &[usize], formula: Formula) -> ArrayD<bool> {
    ArrayD::from_shape_fn(IxDyn(shape), |index| {
        let from_last = |n: usize| index.ndim().checked_sub(n).map_or(0, |axis| index[axis] as i64);
        formula(from_last(1), from_last(2), from_last(3))
    })
}

fn assert_scores(found: &OverlapScores, expected: &OverlapScores, name: &str) {
    for metric in OverlapMetric::ALL {
        let (found, expected) = (*found.get(metric), *expected.get(metric));
        assert_eq!(found.is_some(), expected.is_some(), "{name} {metric}");
        assert_relative_eq!(found.unwrap_or(0.0), expected.unwrap_or(0.0), max_relative = 1e-15);
    }
}

#[test]
fn counts_and_scores_match_scikit_learn() {
    let golden: Golden = serde_json::from_str(include_str!("golden/overlap.json")).unwrap();
    assert_eq!(golden.cases.len(), 16);
    for case in golden.cases {
        let (prediction, truth) = formulas(&case.name);
        let (prediction, truth) = (mask(&case.shape, prediction), mask(&case.shape, truth));
        let counts = ConfusionCounts::from_masks(&prediction, &truth).unwrap();
        assert_eq!(counts, case.counts.into(), "{}", case.name);
        let scores = |policy| counts.scores(policy);
        assert_scores(&scores(EmptyPolicy::Undefined), &case.undefined_left_out, &case.name);
        assert_scores(&scores(EmptyPolicy::Zero), &case.undefined_is_zero, &case.name);
    }
}
