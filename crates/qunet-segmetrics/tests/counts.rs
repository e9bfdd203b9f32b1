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
            Counting { region: use_region.then_some(r), ignore }.of_label(p, t, label).unwrap()
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
            let expected = counting.of_label(&p, &t, class).unwrap();
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
}

#[test]
fn every_empty_case_follows_the_policy() {
    let [nothing, all_right] =
        [ConfusionCounts::default(), ConfusionCounts { true_negatives: 16, ..Default::default() }];
    for counts in [nothing, all_right] {
        for (policy, expected) in
            [(UNDEFINED, None), (EmptyPolicy::One, Some(1.0)), (EmptyPolicy::Zero, Some(0.0))]
        {
            assert_eq!(counts.f_beta(2.0, policy), expected);
            assert_eq!(counts.matthews(policy), expected);
            assert_eq!(counts.kappa(policy), expected);
            assert_eq!(counts.volumetric_similarity(policy), expected);
            assert_eq!(counts.false_negative_rate(policy), expected);
            assert_eq!(counts.relative_volume_difference(policy), expected);
        }
    }
    let invented = ConfusionCounts { false_positives: 4, ..Default::default() };
    assert_eq!(invented.relative_volume_difference(EmptyPolicy::Zero), None);
    let shape = Array2::<bool>::default((0, 3));
    assert_eq!(ConfusionCounts::from_masks(&shape, &shape).unwrap(), nothing);
}
