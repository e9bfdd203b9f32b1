//! Counts of every layout, region and ignored label against a plain loop.
#![allow(clippy::unwrap_used)]

use approx::assert_relative_eq;
use ndarray::{Array1, Array2, Array3, array, s};
use proptest::prelude::*;
use qunet_segmetrics::{ConfusionCounts, ConfusionMatrix, Counting, EmptyPolicy, Error};

const UNDEFINED: EmptyPolicy = EmptyPolicy::Undefined;

/// One pixel at a time, by the definition.
fn plainly(pixels: impl Iterator<Item = (u8, u8, bool)>, label: u8) -> ConfusionCounts {
    let mut counts = ConfusionCounts::default();
    for (p, t, _) in pixels.filter(|&(_, _, inside)| inside) {
        *match (p == label, t == label) {
            (true, true) => &mut counts.true_positives,
            (true, false) => &mut counts.false_positives,
            (false, true) => &mut counts.false_negatives,
            (false, false) => &mut counts.true_negatives,
        } += 1;
    }
    counts
}

#[test]
fn byte_counters_do_not_overflow() {
    // Several blocks of 255 * 64 pixels and a rest, all positive.
    for length in [0, 1, 63, 64, 65, 16_319, 16_320, 16_321, 50_001] {
        let all = Array1::from_elem(length, true);
        let counts = ConfusionCounts::from_masks(&all, &all).unwrap();
        assert_eq!(counts.true_positives, length as u64);
        assert_eq!(counts.pixels(), length as u64);
        let inside = ConfusionCounts::from_masks_in(&all, &all, &all).unwrap();
        assert_eq!(inside, counts);
    }
}

#[test]
fn arrays_across_the_memory_count_as_a_plain_loop() {
    let label = |factor: usize| {
        move |(z, y, x): (usize, usize, usize)| ((z + 3 * y + x) * factor % 7 % 4) as u8
    };
    let shape = (5, 130, 71);
    let (p, t) = (Array3::from_shape_fn(shape, label(5)), Array3::from_shape_fn(shape, label(3)));
    let region = t.mapv(|label| label > 0);
    let pixels = p.iter().zip(&t).zip(&region).map(|((&p, &t), &r)| (p, t, r && t != 3));
    let expected = plainly(pixels, 1);
    let count = |region| Counting { region: Some(region), ignore: Some(3) };
    let apart = t.view().reversed_axes().as_standard_layout().into_owned();
    assert_eq!(count(&*region).counts(&p, &apart.t(), 1).unwrap(), expected);
    let every_second = Array3::from_shape_fn((5, 130, 142), |(z, y, x)| t[[z, y, x / 2]]);
    let every_second = every_second.slice(s![.., .., ..;2]);
    assert_eq!(count(&*region).counts(&p, &every_second, 1).unwrap(), expected);
    assert_eq!(count(&region.t()).counts(&p.t(), &every_second.t(), 1).unwrap(), expected);
}

proptest! {
    #[test]
    fn every_layout_counts_as_a_plain_loop(
        (p, t, region) in (1..4_usize, 1..9_usize, 1..90_usize).prop_flat_map(|(d, h, w)| {
            let labels = || prop::collection::vec(0..4_u8, d * h * w)
                .prop_map(move |pixels| Array3::from_shape_vec((d, h, w), pixels).unwrap());
            (labels(), labels(), labels().prop_map(|labels| labels.mapv(|label| label > 1)))
        }),
        label in 0..3_u8,
        use_region in any::<bool>(),
        ignore in prop::option::of(0..4_u8),
    ) {
        let inside = |r: bool, t: u8| (r || !use_region) && Some(t) != ignore;
        let pixels = p.iter().zip(&t).zip(&region).map(|((&p, &t), &r)| (p, t, inside(r, t)));
        let expected = plainly(pixels, label);
        let count = |p: &ndarray::ArrayRef3<u8>, t: &ndarray::ArrayRef3<u8>, r: &ndarray::ArrayRef3<bool>| {
            Counting { region: use_region.then_some(r), ignore }.counts(p, t, label).unwrap()
        };
        prop_assert_eq!(count(&p, &t, &region), expected);
        prop_assert_eq!(count(&p.t(), &t.t(), &region.t()), expected);
        let back = s![..;-1, .., ..;-1];
        prop_assert_eq!(count(&p.slice(back), &t.slice(back), &region.slice(back)), expected);
        // One array of another memory order than the others.
        prop_assert_eq!(count(&p.t(), &t.t().as_standard_layout(), &region.t()), expected);
    }

    #[test]
    fn a_matrix_holds_the_counts_of_each_class(
        pixels in prop::collection::vec((0..3_u8, 0..4_u8), 1..200),
    ) {
        let (p, t): (Vec<_>, Vec<_>) = pixels.into_iter().unzip();
        let (p, t) = (Array1::from(p), Array1::from(t));
        let matrix = ConfusionMatrix::from_labels(&p, &t, 3, Some(3)).unwrap();
        for class in 0..3 {
            let counting = Counting { region: None, ignore: Some(3) };
            let expected = counting.counts(&p, &t, class).unwrap();
            prop_assert_eq!(matrix.one_vs_rest(usize::from(class)), expected);
        }
        let half = p.len() / 2;
        let part = |range: std::ops::Range<usize>| ConfusionMatrix::from_labels(
            &p.slice(s![range.clone()]), &t.slice(s![range]), 3, Some(3)).unwrap();
        prop_assert_eq!(part(0..half) + &part(half..p.len()), matrix);
    }

    #[test]
    fn two_classes_have_the_scores_of_the_counts(
        pixels in prop::collection::vec((0..2_u8, 0..2_u8), 1..60),
    ) {
        let (p, t): (Vec<_>, Vec<_>) = pixels.into_iter().unzip();
        let matrix = ConfusionMatrix::from_labels(&Array1::from(p), &Array1::from(t), 2, None).unwrap();
        let counts = matrix.one_vs_rest(1);
        for (of_matrix, of_counts) in [
            (matrix.kappa(UNDEFINED), counts.kappa(UNDEFINED)),
            (matrix.matthews(UNDEFINED), counts.matthews(UNDEFINED)),
            (matrix.accuracy(UNDEFINED), counts.accuracy(UNDEFINED)),
        ] {
            prop_assert_eq!(of_matrix.is_some(), of_counts.is_some());
            if let Some((a, b)) = of_matrix.zip(of_counts) {
                assert_relative_eq!(a, b, epsilon = 1e-14);
            }
        }
    }
}

#[test]
fn a_label_without_a_class_is_refused_by_name() {
    let (p, t) = (array![0_i16, -1], array![0_i16, 1]);
    let error = ConfusionMatrix::from_labels(&p, &t, 2, None).unwrap_err();
    assert_eq!(error, Error::Label { name: "prediction", value: -1, classes: 2 });
    let first = array![true, false];
    let in_region = Counting { region: Some(&*first), ignore: None }.matrix(&p, &t, 2).unwrap();
    assert_eq!((in_region.pixels(), in_region.count(0, 0)), (1, 1));
    let (p, t) = (array![0_u64, 1], array![u64::MAX, 1]);
    let error = ConfusionMatrix::from_labels(&p, &t, 2, None).unwrap_err();
    assert_eq!(error, Error::Label { name: "truth", value: i64::MAX, classes: 2 });
    assert_eq!(ConfusionMatrix::from_labels(&p, &t, 2, Some(u64::MAX)).unwrap().pixels(), 1);
}

#[test]
fn what_is_no_matrix_is_refused() {
    let p = array![0_u16];
    let error = ConfusionMatrix::from_labels(&p, &p, 5000, None).unwrap_err();
    assert_eq!(error, Error::Classes { value: 5000, most: 4096 });
    for counts in ["[[1, 2]]", "[[1, 2], [3]]", "[[18446744073709551615, 1], [0, 0]]"] {
        let read = serde_json::from_str::<ConfusionMatrix>(&format!("{{\"counts\": {counts}}}"));
        assert!(read.unwrap_err().to_string().contains("as many columns as rows"));
    }
    let matrix = ConfusionMatrix::from_rows(vec![vec![1, 2], vec![3, 4]]).unwrap();
    let json = serde_json::to_string(&matrix).unwrap();
    assert_eq!(serde_json::from_str::<ConfusionMatrix>(&json).unwrap(), matrix);
    assert_eq!([matrix.clone(), matrix].into_iter().sum::<ConfusionMatrix>().pixels(), 20);
}

/// Balanced accuracy, NPV, FPR, FNR, F2, MCC, kappa, VS, RVD.
fn further(counts: ConfusionCounts, policy: EmptyPolicy) -> [Option<f64>; 9] {
    [
        counts.balanced_accuracy(policy),
        counts.negative_predictive_value(policy),
        counts.false_positive_rate(policy),
        counts.false_negative_rate(policy),
        counts.f_beta(2.0, policy),
        counts.matthews(policy),
        counts.kappa(policy),
        counts.volumetric_similarity(policy),
        counts.relative_volume_difference(policy),
    ]
}

#[test]
fn every_empty_case_follows_the_table() {
    let none: [Option<f64>; 9] = [None; 9];
    let counts = |true_positives, false_positives, false_negatives, true_negatives| {
        ConfusionCounts { true_positives, false_positives, false_negatives, true_negatives }
    };
    let (zero, one, half) = (Some(0.0), Some(1.0), Some(0.5));
    for (counts, expected) in [
        (counts(0, 0, 0, 0), none),
        (counts(0, 0, 0, 4), [None, one, zero, None, None, None, None, None, None]),
        (counts(0, 0, 2, 2), [half, half, zero, one, zero, None, zero, zero, Some(-1.0)]),
        (counts(0, 2, 0, 2), [None, one, half, None, zero, None, zero, zero, None]),
        (counts(4, 0, 0, 0), [None, None, None, zero, one, None, None, one, zero]),
        (counts(0, 4, 0, 0), [None, None, one, None, zero, None, zero, zero, None]),
    ] {
        assert_eq!(further(counts, UNDEFINED), expected, "{counts:?}");
        for (policy, filler) in [(EmptyPolicy::One, 1.0), (EmptyPolicy::Zero, 0.0)] {
            let found = further(counts, policy);
            let recall = counts.recall(policy).unwrap();
            let balanced = (recall + counts.specificity(policy).unwrap()) / 2.0;
            assert_eq!(found[0], Some(balanced), "{counts:?}");
            for (place, (found, expected)) in found.into_iter().zip(expected).enumerate().skip(1) {
                let infinite = place == 8 && counts.actual() == 0 && counts.predicted() > 0;
                let filled = expected.or((!infinite).then_some(filler));
                assert_eq!(found, filled, "{counts:?} {policy:?} {place}");
            }
        }
    }
    let shape = Array2::<bool>::default((0, 3));
    assert_eq!(ConfusionCounts::from_masks(&shape, &shape).unwrap(), counts(0, 0, 0, 0));
}

#[test]
fn volumes_without_a_size_are_refused() {
    let counts = ConfusionCounts { false_positives: 3, ..Default::default() };
    assert_eq!(counts.absolute_volume_difference(&[2.0, 0.5, 0.5]), Ok(1.5));
    for spacing in [[1.0, 0.0], [-1.0, -1.0], [f64::NAN, 1.0], [f64::INFINITY, 1.0]] {
        let refused = counts.absolute_volume_difference(&spacing);
        assert!(
            matches!(refused, Err(Error::Grid(qunet_grid::Error::Spacing { axes: 2, .. }))),
            "{refused:?}"
        );
    }
}
