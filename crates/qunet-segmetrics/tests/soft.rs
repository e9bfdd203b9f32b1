//! Soft overlap beside MONAI, label quality beside cleanlab; `golden/soft.py` made the values.
#![allow(clippy::unwrap_used)]

use approx::assert_relative_eq;
use ndarray::{Array2, Array3, array, stack};
use proptest::prelude::*;
use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, Error, LabelQuality, SoftOverlap};
use serde_json::Value;

const UNDEFINED: EmptyPolicy = EmptyPolicy::Undefined;

fn golden(json: &str) -> impl Fn(&str) -> f64 {
    let values: Value = serde_json::from_str(json).unwrap();
    move |name| values[name].as_f64().unwrap()
}

fn ramp(factor: usize, modulus: usize, divisor: f32) -> Array2<f32> {
    Array2::from_shape_fn((20, 30), |(y, x)| ((y * 30 + x) * factor % modulus) as f32 / divisor)
}

fn probability_and_truth() -> (Array2<f32>, Array2<bool>) {
    let probability = ramp(37, 65, 64.0);
    let truth = ndarray::Zip::from(&ramp(29, 64, 64.0))
        .and(&probability)
        .map_collect(|&level, &p| level < p * p);
    (probability, truth)
}

#[test]
fn soft_overlap_is_that_of_monai() {
    let expected = golden(include_str!("golden/soft.json"));
    let (probability, truth) = probability_and_truth();
    let overlap = SoftOverlap::from_map(&probability, &truth, None).unwrap();
    for (found, name) in [
        (overlap.dice(UNDEFINED), "dice"),
        (overlap.jaccard(UNDEFINED), "jaccard"),
        (overlap.squared_dice(UNDEFINED), "squared_dice"),
    ] {
        assert_relative_eq!(found.unwrap(), expected(name), max_relative = 1e-12);
    }
}

#[test]
fn label_quality_is_that_of_cleanlab() {
    let expected = golden(include_str!("golden/label_quality.json"));
    let (probability, truth) = probability_and_truth();
    for (temperature, name) in [(0.1, "mask_0.1"), (1.0, "mask_1")] {
        let quality = LabelQuality { temperature };
        let score = quality.score_mask(&probability, &truth, None).unwrap().unwrap();
        assert_relative_eq!(score.softmin, expected(name), max_relative = 1e-12);
    }
    let [first, second] = [ramp(31, 63, 128.0), ramp(17, 61, 128.0)];
    let third = 1.0 - &first - &second;
    let three = stack![ndarray::Axis(0), first, second, third];
    let labels = Array2::from_shape_fn((20, 30), |(y, x)| ((y * 30 + x) * 7 / 5 % 3) as u8);
    let score = LabelQuality::default().score_labels(&three, &labels, None).unwrap().unwrap();
    assert_relative_eq!(score.softmin, expected("labels_0.1"), max_relative = 1e-12);
}

#[test]
fn scores_of_nothing_follow_the_policy() {
    let (nothing, none) = (Array2::<f32>::zeros((2, 3)), Array2::from_elem((2, 3), false));
    let some = array![[true, false, false], [false, false, false]];
    for (policy, expected) in
        [(UNDEFINED, None), (EmptyPolicy::One, Some(1.0)), (EmptyPolicy::Zero, Some(0.0))]
    {
        for (truth, expected) in [(&none, expected), (&some, Some(0.0))] {
            let overlap = SoftOverlap::from_map(&nothing, truth, None).unwrap();
            assert_eq!(overlap.dice(policy), expected);
            assert_eq!(overlap.jaccard(policy), expected);
            assert_eq!(overlap.squared_dice(policy), expected);
        }
    }
    let quality = LabelQuality::default();
    assert_eq!(quality.score_mask(&nothing, &none, Some(&*none)), Ok(None));
    let labels = Array2::from_elem((2, 3), 255_u8);
    let maps = Array3::<f32>::zeros((2, 2, 3));
    assert_eq!(quality.score_labels(&maps, &labels, Some(255)), Ok(None));
    assert_eq!(LabelQuality::rank(&[None]), [0]);
}

#[test]
fn bad_input_is_named() {
    let quality = LabelQuality::default();
    let maps = array![[0.5_f32, 0.5], [0.5, f32::NAN]];
    let found = quality.score_labels(&maps, &array![0_u8, 1], None);
    assert!(matches!(found, Err(Error::NotAProbability { index, .. }) if index == [1, 1]));
    let found = quality.score_labels(&maps, &array![2_i32, 1], None);
    assert_eq!(found, Err(Error::Label { name: "labels", value: 2, classes: 2 }));
    let found = quality.score_labels(&maps, &array![-1_i32, 1], Some(1));
    assert_eq!(found, Err(Error::Label { name: "labels", value: -1, classes: 2 }));
    let found = quality.score_labels(&maps, &array![0_u8], None);
    assert!(matches!(found, Err(Error::ShapeMismatch { name: "labels", .. })));
    for temperature in [0.0, f64::NAN, -1.0, f64::INFINITY] {
        let found = LabelQuality { temperature }.score_labels(&maps, &array![0_u8, 0], None);
        assert!(matches!(found, Err(Error::Temperature { .. })), "{temperature}");
    }
    let map = array![0.5_f32, 1.5];
    let found = SoftOverlap::from_map(&map, &array![true, true], None).unwrap_err();
    assert!(found.to_string().starts_with("the map has 1.5 at [1], not a probability"), "{found}");
}

#[test]
fn cold_softmins_do_not_vanish() {
    let sure = LabelQuality { temperature: 0.001 };
    let score = sure.score_mask(&array![1.0_f32, 1.0, 0.25], &array![true, true, false], None);
    assert_eq!(score.unwrap().unwrap().softmin, 0.75);
}

proptest! {
    #[test]
    fn hard_probabilities_have_the_scores_of_masks(
        pixels in prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 1..80),
    ) {
        let column = |pick: fn(&(bool, bool, bool)) -> bool| {
            ndarray::Array1::from_iter(pixels.iter().map(pick))
        };
        let (p, t, region) = (column(|p| p.0), column(|p| p.1), column(|p| p.2));
        let map = p.mapv(|p| f32::from(u8::from(p)));
        let overlap = SoftOverlap::from_map(&map, &t, Some(&*region)).unwrap();
        let counts = ConfusionCounts::from_masks_in(&p, &t, &region).unwrap();
        for policy in [UNDEFINED, EmptyPolicy::One] {
            prop_assert_eq!(overlap.dice(policy), counts.dice(policy));
            prop_assert_eq!(overlap.squared_dice(policy), counts.dice(policy));
            prop_assert_eq!(overlap.jaccard(policy), counts.jaccard(policy));
        }
        let score = LabelQuality::default().score_mask(&map, &t, Some(&*region)).unwrap();
        prop_assert_eq!(score.map(|score| score.mean_confidence), counts.accuracy(UNDEFINED));
    }

    #[test]
    fn softmin_lies_between_the_least_and_the_mean(
        pixels in prop::collection::vec((0.0_f32..=1.0, any::<bool>()), 1..60),
        temperature in 0.001_f64..10.0,
    ) {
        let (p, t): (Vec<_>, Vec<_>) = pixels.into_iter().unzip();
        let confidence = |(&p, &t): (&f32, &bool)| if t { f64::from(p) } else { 1.0 - f64::from(p) };
        let least = p.iter().zip(&t).map(confidence).fold(1.0, f64::min);
        let (p, t) = (ndarray::Array1::from(p), ndarray::Array1::from(t));
        let score = LabelQuality { temperature }.score_mask(&p, &t, None).unwrap().unwrap();
        prop_assert!(least - 1e-12 <= score.softmin && score.softmin <= score.mean_confidence + 1e-12);
    }

    #[test]
    fn parts_add_up(pixels in prop::collection::vec((0_u8..=64, any::<bool>()), 2..90), cut in 0..90_usize) {
        let (p, t): (Vec<_>, Vec<_>) =
            pixels.into_iter().map(|(p, t)| (f32::from(p) / 64.0, t)).unzip();
        let (p, t) = (ndarray::Array1::from(p), ndarray::Array1::from(t));
        let cut = cut.min(p.len());
        let of = |range: std::ops::Range<usize>| {
            let part = ndarray::s![range];
            SoftOverlap::from_map(&p.slice(part), &t.slice(part), None).unwrap()
        };
        let whole: SoftOverlap = [of(0..cut), of(cut..p.len())].into_iter().sum();
        // Multiples of 1/64 and their squares add up exactly.
        prop_assert_eq!(whole, SoftOverlap::from_map(&p, &t, None).unwrap());
    }
}
