//! Laws that hold for every pair of masks and of probability maps.
#![allow(clippy::unwrap_used)]

use approx::assert_relative_eq;
use ndarray::{Array2, Array3, Axis, concatenate, s};
use proptest::prelude::*;
use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, Evaluation, Summary, head_agreement};

const UNDEFINED: EmptyPolicy = EmptyPolicy::Undefined;

/// Three arrays of one shape.
fn triple<T: std::fmt::Debug + Clone>(
    pixel: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = [Array2<T>; 3]> {
    (1..10_usize, 1..10_usize).prop_flat_map(move |(height, width)| {
        prop::collection::vec(pixel.clone(), 3 * height * width).prop_map(move |pixels| {
            let all = Array3::from_shape_vec((3, height, width), pixels).unwrap();
            [0, 1, 2].map(|part| all.index_axis(Axis(0), part).to_owned())
        })
    })
}

fn counts(prediction: &Array2<bool>, truth: &Array2<bool>) -> ConfusionCounts {
    ConfusionCounts::from_masks(prediction, truth).unwrap()
}

proptest! {
    #[test]
    fn jaccard_and_dice_are_ordered_and_bound_to_each_other([p, t, _] in triple(any::<bool>())) {
        let counts = counts(&p, &t);
        prop_assert_eq!(counts.pixels(), p.len() as u64);
        let (jaccard, dice) = (counts.jaccard(UNDEFINED), counts.dice(UNDEFINED));
        prop_assert_eq!(jaccard.is_some(), dice.is_some());
        if let Some((j, d)) = jaccard.zip(dice) {
            prop_assert!((0.0..=1.0).contains(&j) && j <= d && d <= 1.0);
            assert_relative_eq!(d, 2.0 * j / (1.0 + j), max_relative = 1e-15);
        }
    }

    #[test]
    fn exchanging_prediction_and_truth_exchanges_precision_and_recall(
        [p, t, _] in triple(any::<bool>()),
    ) {
        let (forth, back) = (counts(&p, &t), counts(&t, &p));
        prop_assert_eq!(forth.precision(UNDEFINED), back.recall(UNDEFINED));
        prop_assert_eq!(forth.jaccard(UNDEFINED), back.jaccard(UNDEFINED));
        prop_assert_eq!(forth.accuracy(UNDEFINED), back.accuracy(UNDEFINED));
    }

    #[test]
    fn layout_does_not_matter([p, t, _] in triple(any::<bool>())) {
        let expected = counts(&p, &t);
        prop_assert_eq!(ConfusionCounts::from_masks(&p.t(), &t.t()).unwrap(), expected);
        let (p, t) = (p.slice(s![..;-1, ..;-1]), t.slice(s![..;-1, ..;-1]));
        prop_assert_eq!(ConfusionCounts::from_masks(&p, &t.to_owned()).unwrap(), expected);
    }

    #[test]
    fn a_rectangular_region_is_a_crop([p, t, _] in triple(any::<bool>()), rows in 0..9_usize) {
        let rows = rows.min(p.nrows());
        let mut region = Array2::from_elem(p.dim(), false);
        region.slice_mut(s![..rows, 1..]).fill(true);
        let inside = ConfusionCounts::from_masks_in(&p, &t, &region).unwrap();
        let (p, t) = (p.slice(s![..rows, 1..]), t.slice(s![..rows, 1..]));
        prop_assert_eq!(inside, ConfusionCounts::from_masks(&p, &t).unwrap());
    }

    #[test]
    fn a_region_and_its_complement_make_the_whole([p, t, region] in triple(any::<bool>())) {
        let inside = ConfusionCounts::from_masks_in(&p, &t, &region).unwrap();
        let outside = ConfusionCounts::from_masks_in(&p, &t, &region.mapv(|inside| !inside));
        prop_assert_eq!(inside + outside.unwrap(), counts(&p, &t));
    }

    #[test]
    fn merging_is_concatenation([p, t, q] in triple(any::<bool>())) {
        let joined = |a: &Array2<bool>, b: &Array2<bool>| {
            concatenate(Axis(1), &[a.view(), b.view()]).unwrap()
        };
        let whole = counts(&joined(&p, &q), &joined(&t, &p));
        let mut parts = counts(&p, &t);
        parts += counts(&q, &p);
        prop_assert_eq!(parts, whole);
        prop_assert_eq!([counts(&p, &t), counts(&q, &p)].into_iter().sum::<ConfusionCounts>(), whole);
    }

    #[test]
    fn one_class_of_labels_is_a_mask([p, t, region] in triple(0..4_u8), label in 0..4_u8) {
        let region = region.mapv(|label| label > 0);
        let masks = (p.mapv(|pixel| pixel == label), t.mapv(|pixel| pixel == label));
        prop_assert_eq!(
            ConfusionCounts::from_labels(&p, &t, label).unwrap(),
            counts(&masks.0, &masks.1)
        );
        prop_assert_eq!(
            ConfusionCounts::from_labels_in(&p, &t, &region, label).unwrap(),
            ConfusionCounts::from_masks_in(&masks.0, &masks.1, &region).unwrap()
        );
    }

    #[test]
    fn agreement_is_the_jaccard_index_of_the_two_masks(
        [level3, level4, _] in triple(0.0_f32..=1.0), threshold in 0.0_f32..0.99,
    ) {
        let agreement = head_agreement(&level3, &level4, threshold).unwrap();
        let mask = |map: &Array2<f32>| map.mapv(|p| p > threshold);
        let masks = counts(&mask(&level3), &mask(&level4));
        prop_assert_eq!(agreement.jaccard(), masks.jaccard(UNDEFINED));
        prop_assert_eq!(agreement.level3_pixels, masks.predicted());
        prop_assert_eq!(agreement.level4_pixels, masks.actual());
        prop_assert_eq!(agreement.both_empty(), masks.predicted() + masks.actual() == 0);
        prop_assert!(agreement.soft_jaccard().is_none_or(|soft| (0.0..=1.0).contains(&soft)));
    }

    #[test]
    fn agreement_does_not_depend_on_layout_or_order([level3, level4, _] in triple(0.0_f32..=1.0)) {
        let forth = head_agreement(&level3, &level4, 0.5).unwrap();
        let column_major = level3.t().as_standard_layout().into_owned();
        prop_assert_eq!(head_agreement(&column_major.t(), &level4, 0.5).unwrap(), forth);
        let back = head_agreement(&level4, &level3, 0.5).unwrap();
        prop_assert_eq!((back.jaccard(), back.soft_jaccard()), (forth.jaccard(), forth.soft_jaccard()));
    }

    #[test]
    fn a_summary_counts_everything_and_stays_within_its_values(
        values in prop::collection::vec(prop::option::of(0.0_f64..1.0), 0..20),
    ) {
        let summary = Summary::from_values(values.iter().copied());
        prop_assert_eq!(summary.defined + summary.undefined, values.len());
        prop_assert_eq!(summary.mean.is_some(), summary.defined > 0);
        prop_assert_eq!(summary.std.is_some(), summary.defined > 1);
        let within = |value: f64| {
            values.iter().flatten().any(|&low| low <= value + 1e-12)
                && values.iter().flatten().any(|&high| high >= value - 1e-12)
        };
        prop_assert!(summary.mean.is_none_or(within) && summary.median.is_none_or(within));
    }

    #[test]
    fn pooled_scores_are_those_of_the_joined_slices([p, t, q] in triple(any::<bool>())) {
        let slices = [(0, counts(&p, &t)), (1, counts(&q, &p)), (2, counts(&t, &q))];
        let evaluation = Evaluation::new(slices, UNDEFINED);
        let joined = |masks: [&Array2<bool>; 3]| concatenate(Axis(0), &masks.map(|m| m.view())).unwrap();
        let whole = counts(&joined([&p, &q, &t]), &joined([&t, &p, &q]));
        prop_assert_eq!(evaluation.pooled_counts, whole);
        prop_assert_eq!(evaluation.pooled, whole.scores(UNDEFINED));
    }
}
