//! The scores of objects, by their laws and where there are none.
#![allow(clippy::unwrap_used)]

use ndarray::{Array2, Array3};
use proptest::prelude::*;
use qunet_segmetrics::{
    Connectivity, EmptyPolicy, Error, LesionScores, ObjectOverlaps, Objects, PanopticQuality,
};

fn masks() -> impl Strategy<Value = (Array3<bool>, Array3<bool>)> {
    // Small, or with rows of more than 64 pixels.
    let shape =
        prop_oneof![(1_usize..5, 1_usize..7, 1_usize..9), (1_usize..4, 1_usize..4, 60_usize..135)];
    (shape, 0.1..0.9).prop_flat_map(|((d, h, w), share)| {
        let mask = move || {
            prop::collection::vec(prop::bool::weighted(share), d * h * w)
                .prop_map(move |pixels| Array3::from_shape_vec((d, h, w), pixels).unwrap())
        };
        (mask(), mask())
    })
}

proptest! {
    #[test]
    fn scores_of_objects_follow_their_laws((prediction, truth) in masks(), threshold in 0.0..0.9) {
        let objects = |mask| Objects::from_mask(mask, Connectivity::Full).unwrap();
        let (p, t) = (objects(&prediction), objects(&truth));
        let forth = ObjectOverlaps::between(&p, &t).unwrap();
        let back = ObjectOverlaps::between(&t, &p).unwrap();
        let policy = EmptyPolicy::Undefined;
        let shared: u64 = forth.pairs().iter().map(|pair| pair.intersection).sum();
        let both = prediction.iter().zip(&truth).filter(|(p, t)| **p && **t).count();
        prop_assert_eq!(shared, both as u64);
        let (lesions, swapped) = (forth.lesions(threshold), back.lesions(threshold));
        prop_assert_eq!(lesions.precision(policy), swapped.recall(policy));
        prop_assert_eq!(lesions.f1(policy), swapped.f1(policy));
        let panoptic = forth.panoptic(threshold);
        if let (Some(sq), Some(rq), Some(pq)) =
            (panoptic.segmentation(policy), panoptic.recognition(policy), panoptic.quality(policy))
        {
            prop_assert!((sq * rq - pq).abs() < 1e-12);
        }
        let itself = ObjectOverlaps::between(&p, &p).unwrap().panoptic(0.5);
        prop_assert_eq!(itself.matched, p.count() as u64);
        prop_assert_eq!(itself.quality(EmptyPolicy::One), Some(1.0));
    }
}

#[test]
fn edge_cases_follow_the_table() {
    let scores = |prediction: &Array2<bool>, truth: &Array2<bool>| {
        let objects = |mask| Objects::from_mask(mask, Connectivity::Full).unwrap();
        let overlaps = ObjectOverlaps::between(&objects(prediction), &objects(truth)).unwrap();
        let (lesions, panoptic) = (overlaps.lesions(0.0), overlaps.panoptic(0.5));
        let policy = EmptyPolicy::Undefined;
        [
            lesions.precision(policy),
            lesions.recall(policy),
            lesions.f1(policy),
            panoptic.segmentation(policy),
            panoptic.recognition(policy),
            panoptic.quality(policy),
        ]
    };
    let empty = Array2::from_elem((3, 4), false);
    let full = Array2::from_elem((3, 4), true);
    assert_eq!(scores(&empty, &empty), [None; 6]);
    let zero = Some(0.0);
    assert_eq!(scores(&empty, &full), [None, zero, zero, None, zero, zero]);
    assert_eq!(scores(&full, &empty), [zero, None, zero, None, zero, zero]);
    assert_eq!(scores(&full, &full), [Some(1.0); 6]);
}

#[test]
fn scores_of_volumes_add_up() {
    let lesions = LesionScores { predicted: 3, predicted_hits: 2, actual: 2, detected: 2 };
    let none = LesionScores { predicted: 1, ..LesionScores::default() };
    let both: LesionScores = [lesions, none].into_iter().sum();
    assert_eq!(both, LesionScores { predicted: 4, ..lesions });
    let panoptic = PanopticQuality { matched: 1, predicted: 3, actual: 2, jaccard_sum: 0.75 };
    let twice = PanopticQuality { matched: 2, predicted: 6, actual: 4, jaccard_sum: 1.5 };
    assert_eq!(panoptic + panoptic, twice);
}

#[test]
fn shapes_that_differ_are_named() {
    let objects =
        |shape| Objects::from_mask(&Array2::from_elem(shape, true), Connectivity::Full).unwrap();
    let error = ObjectOverlaps::between(&objects((2, 3)), &objects((3, 2))).unwrap_err();
    assert!(matches!(error, Error::ShapeMismatch { .. }), "{error}");
}
