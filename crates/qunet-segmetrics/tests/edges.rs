//! Empty masks, bad input, and the shape of the table.
#![allow(clippy::unwrap_used)]

use ndarray::{Array2, array};
use qunet_segmetrics::{
    Agreement, ConfusionCounts, EmptyPolicy, Error, Evaluation, OverlapScores, Summary,
    head_agreement,
};

/// Prediction and truth of four pixels, and [precision, recall, Jaccard, Dice, accuracy].
type EmptyMaskCase = ([bool; 4], [bool; 4], [Option<f64>; 5]);

const EMPTY_MASKS: [EmptyMaskCase; 4] = {
    const NONE: [bool; 4] = [false; 4];
    const ONE: [bool; 4] = [true, false, false, false];
    [
        (NONE, NONE, [None, None, None, None, Some(1.0)]),
        (NONE, ONE, [None, Some(0.0), Some(0.0), Some(0.0), Some(0.75)]),
        (ONE, NONE, [Some(0.0), None, Some(0.0), Some(0.0), Some(0.75)]),
        (ONE, ONE, [Some(1.0), Some(1.0), Some(1.0), Some(1.0), Some(1.0)]),
    ]
};

#[test]
fn empty_masks_follow_the_policy_and_nothing_else_does() {
    for (prediction, truth, expected) in EMPTY_MASKS {
        let counts = ConfusionCounts::from_masks(&array![prediction], &array![truth]).unwrap();
        for (policy, filler) in [
            (EmptyPolicy::Undefined, None),
            (EmptyPolicy::One, Some(1.0)),
            (EmptyPolicy::Zero, Some(0.0)),
        ] {
            let [precision, recall, jaccard, dice, accuracy] = expected.map(|s| s.or(filler));
            let expected = OverlapScores { precision, recall, jaccard, dice, accuracy };
            assert_eq!(counts.scores(policy), expected, "{prediction:?} {truth:?} {policy:?}");
        }
    }
}

#[test]
fn arrays_without_pixels_count_as_zeros() {
    let nothing = Array2::from_elem((0, 7), true);
    let counts = ConfusionCounts::from_masks(&nothing, &nothing).unwrap();
    assert_eq!(counts, ConfusionCounts::default());
    assert_eq!(counts.scores(EmptyPolicy::Undefined), OverlapScores::default());
    assert_eq!(counts.specificity(EmptyPolicy::Undefined), None);
    let maps = Array2::<f32>::zeros((0, 7));
    assert_eq!(head_agreement(&maps, &maps, 0.5).unwrap(), Agreement::default());
}

#[test]
fn shapes_that_differ_are_named() {
    let (mask, other) = (Array2::from_elem((2, 3), true), Array2::from_elem((3, 2), true));
    let error = ConfusionCounts::from_masks(&mask, &other).unwrap_err();
    let expected = "truth has shape [3, 2] where [2, 3] is expected";
    assert!(error.to_string().starts_with(expected), "{error}");
    let error = ConfusionCounts::from_masks_in(&mask, &mask, &other).unwrap_err();
    assert!(matches!(error, Error::ShapeMismatch { name: "region", .. }));
    let (map, other) = (Array2::zeros((2, 3)), Array2::zeros((3, 2)));
    let error = head_agreement(&map, &other, 0.5).unwrap_err();
    assert!(matches!(error, Error::ShapeMismatch { name: "level 4", .. }));
}

#[test]
fn values_that_are_no_probabilities_are_named() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.5, 3.0] {
        let (good, bad) = (array![[0.0, 1.0], [0.5, 0.5]], array![[0.0, 1.0], [0.5, bad]]);
        for (level, outcome) in [
            ("level 3", head_agreement(&bad, &good, 0.5)),
            ("level 4", head_agreement(&good, &bad, 0.5)),
        ] {
            assert!(matches!(
                outcome,
                Err(Error::NotAProbability { name, index, .. }) if name == level && index == [1, 1]
            ));
        }
    }
}

#[test]
fn the_rounding_of_a_resize_is_forgiven() {
    let (level3, level4) = (array![[1.000_000_1_f32, -1e-7]], array![[1.0, 0.0]]);
    let agreement = head_agreement(&level3, &level4, 0.5).unwrap();
    assert_eq!(agreement.jaccard(), Some(1.0));
    assert_eq!(agreement.soft_intersection, 1.0);
}

#[test]
fn thresholds_outside_of_their_range_are_refused() {
    let map = array![[0.5_f32]];
    for threshold in [-0.1, 1.0, f32::NAN, f32::INFINITY] {
        let outcome = head_agreement(&map, &map, threshold);
        assert!(matches!(outcome, Err(Error::Threshold { .. })), "{threshold}");
    }
}

#[test]
fn a_pixel_at_the_threshold_is_background() {
    let map = array![[0.5_f32, 0.5]];
    let agreement = head_agreement(&map, &map, 0.5).unwrap();
    assert!(agreement.both_empty());
    assert_eq!((agreement.jaccard(), agreement.soft_jaccard()), (None, Some(1.0)));
    assert_eq!(head_agreement(&map, &map, 0.4).unwrap().jaccard(), Some(1.0));
}

#[test]
fn one_empty_head_agrees_on_nothing() {
    let agreement = head_agreement(&array![[0.9_f32, 0.1]], &array![[0.1, 0.1]], 0.5).unwrap();
    assert_eq!(agreement.jaccard(), Some(0.0));
    assert!(!agreement.both_empty());
}

#[test]
fn nan_is_undefined_in_a_summary() {
    let summary = Summary::from_values([Some(f64::NAN), Some(2.0)]);
    assert_eq!((summary.mean, summary.defined, summary.undefined), (Some(2.0), 1, 1));
}

fn evaluation() -> Evaluation {
    let hit = ConfusionCounts {
        true_positives: 3,
        false_positives: 1,
        false_negatives: 2,
        true_negatives: 10,
    };
    let empty = ConfusionCounts { true_negatives: 16, ..ConfusionCounts::default() };
    Evaluation::new([(7, hit), (112, empty)], EmptyPolicy::Undefined)
}

#[test]
fn the_table_is_aligned_and_names_its_aggregations() {
    let expected = "\
slice              precision    recall   jaccard      dice  accuracy
7                     0.7500    0.6000    0.5000    0.6667    0.8125
112                        -         -         -         -    1.0000
mean over slices      0.7500    0.6000    0.5000    0.6667    0.9062
std over slices            -         -         -         -    0.1326
median over slices    0.7500    0.6000    0.5000    0.6667    0.9062
undefined slices           1         1         1         1         0
pooled over pixels    0.7500    0.6000    0.5000    0.6667    0.9062
";
    assert_eq!(evaluation().to_string(), expected);
}

#[test]
fn an_evaluation_survives_json() {
    let json = serde_json::to_string(&evaluation()).unwrap();
    assert_eq!(serde_json::from_str::<Evaluation>(&json).unwrap(), evaluation());
}

#[test]
fn maps_that_lie_together_and_rows_apart_agree_alike_to_the_last_bit() {
    let map = |step: usize| {
        Array2::from_shape_fn((19, 48), |(row, column)| {
            ((row * 48 + column) * step % 1009) as f32 / 1009.0
        })
    };
    let (level3, level4) = (map(613), map(367));
    let together = head_agreement(&level3, &level4, 0.5).unwrap();
    let wide =
        Array2::from_shape_fn(
            (19, 50),
            |(row, column)| {
                if column < 48 { level3[(row, column)] } else { 2.0 }
            },
        );
    let apart = head_agreement(&wide.slice(ndarray::s![.., ..48]), &level4, 0.5).unwrap();
    assert_eq!(together, apart);
    let pairs = || level3.iter().zip(&level4).map(|(&a, &b)| (f64::from(a), f64::from(b)));
    let lesser: f64 = pairs().map(|(a, b)| a.min(b)).sum();
    let greater: f64 = pairs().map(|(a, b)| a.max(b)).sum();
    assert!((together.soft_intersection - lesser).abs() < 1e-10 * lesser);
    assert!((together.soft_union - greater).abs() < 1e-10 * greater);

    let mut nan = level3.clone();
    nan[(18, 47)] = f32::NAN;
    for (level3, level4) in [(&nan, &level4), (&level4, &nan)] {
        let error = head_agreement(level3, level4, 0.5).unwrap_err();
        assert!(matches!(error, Error::NotAProbability { index, .. } if index == [18, 47]));
    }
}
