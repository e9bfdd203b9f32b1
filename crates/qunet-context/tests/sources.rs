//! Sources made one: weights, averages, boosted trees and the estimate.
#![allow(clippy::unwrap_used)]

use approx::assert_abs_diff_eq;
use ndarray::{Array2, Array3, Axis, array, s};
use proptest::prelude::*;
use qunet_context::{
    Appearance, Estimate, HeldBack, Judged, PixelTrees, Source, TreesConfig, from_log_odds, fuse,
    weigh,
};
use qunet_grid::labels;

const SOURCES: [Source; 4] =
    [Source::Interpolation, Source::Trees, Source::Network, Source::NetworkWithPrior];

proptest! {
    /// A source that is worse on every slice never weighs more, whatever the temperature.
    #[test]
    fn the_better_on_every_slice_weighs_no_less(
        worse in prop::collection::vec(0.0..1.0_f64, 1..12),
        gain in prop::collection::vec(0.0..1.0_f64, 12),
        temperature in 0.01..5.0_f64,
    ) {
        let better = worse.iter().zip(&gain).map(|(dice, gain)| dice + gain * (1.0 - dice));
        let held_back = HeldBack::from([
            (Source::Trees, worse.iter().copied().map(Some).collect()),
            (Source::Network, better.map(Some).collect()),
        ]);
        let weights = weigh(&held_back, temperature).unwrap();
        prop_assert!(weights[&Source::Network] >= weights[&Source::Trees]);
        prop_assert!((weights.values().sum::<f64>() - 1.0).abs() < 1e-9);
    }

    /// An average lies between its parts, and that of equal maps is that map.
    #[test]
    fn an_average_lies_between_its_parts(
        one in prop::collection::vec(0.01..0.99_f32, 6),
        other in prop::collection::vec(0.01..0.99_f32, 6),
        weight in 0.01..0.99_f64,
    ) {
        let map = |values: &[f32]| Array3::from_shape_vec((1, 2, 3), values.to_vec()).unwrap();
        let (one, other) = (map(&one), map(&other));
        let fused = fuse(&[(weight, &one), (1.0 - weight, &other)]).unwrap();
        for ((&fused, &one), &other) in fused.iter().zip(&one).zip(&other) {
            prop_assert!(fused >= one.min(other) - 1e-5 && fused <= one.max(other) + 1e-5);
        }
        let same = fuse(&[(weight, &one), (1.0 - weight, &one)]).unwrap();
        prop_assert!(same.iter().zip(&one).all(|(same, one)| (same - one).abs() < 1e-5));
        // Flipped maps make a flipped average: memory layout does not matter.
        let flip = |map: &Array3<f32>| map.slice(s![.., ..;-1, ..;-1]).to_owned();
        let flipped = fuse(&[(weight, &flip(&one)), (1.0 - weight, &flip(&other))]).unwrap();
        prop_assert_eq!(flip(&fused), flipped);
    }

    /// Several classes stay a distribution.
    #[test]
    fn classes_add_up_to_one(odds in prop::collection::vec(-4.0..4.0_f32, 12)) {
        let plane = |at: usize| Array2::from_shape_vec((2, 2), odds[at..at + 4].to_vec()).unwrap();
        let one = from_log_odds(&[plane(0), plane(4)]).unwrap();
        let other = from_log_odds(&[plane(4), plane(8)]).unwrap();
        let fused = fuse(&[(0.7, &one), (0.3, &other)]).unwrap();
        prop_assert_eq!(fused.dim(), (3, 2, 2));
        for lane in fused.lanes(Axis(0)) {
            prop_assert!((lane.sum() - 1.0).abs() < 1e-5);
        }
    }
}

#[test]
fn weights_follow_the_mean_dice_and_without_any_all_weigh_alike() {
    let unknown: HeldBack = SOURCES.map(|source| (source, vec![None, None])).into();
    let weights = weigh(&unknown, 0.1).unwrap();
    assert!(weights.values().all(|&weight| (weight - 0.25).abs() < 1e-12));
    let error = weigh(&unknown, 0.0).unwrap_err().to_string();
    assert_eq!(error, "temperature is 0: it must be positive");
    // A slice on which nothing is right or wrong does not count.
    let held_back = HeldBack::from([
        (Source::Trees, vec![None, Some(0.5)]),
        (Source::Network, vec![Some(0.5), Some(0.5)]),
    ]);
    assert_abs_diff_eq!(weigh(&held_back, 0.1).unwrap()[&Source::Trees], 0.5, epsilon = 1e-12);
}

#[test]
fn means_and_labels_by_hand() {
    // Log-odds of ln 9 and -ln 4 are probabilities of 0.9 and 0.2; with shares of 3/4 and 1/4.
    let odds = |odds: f32| from_log_odds(&[array![[odds]]]).unwrap();
    let fused = fuse(&[(3.0, &odds(9_f32.ln())), (1.0, &odds(-(4_f32.ln())))]).unwrap();
    assert_abs_diff_eq!(fused[[0, 0, 0]], 0.725, epsilon = 1e-6);
    let certain = array![[[1.0_f32]]];
    assert!(fuse(&[]).is_err() && fuse(&[(0.0, &certain)]).is_err());
    let wide = Array3::zeros((1, 1, 2));
    assert!(fuse(&[(1.0, &certain), (1.0, &wide)]).is_err());
    assert_eq!(labels(&array![[[0.5_f32, 0.6]]], 0.5), array![[0, 1]]);
    assert_eq!(labels(&array![[[0.4_f32]], [[0.4]], [[0.2]]], 0.5), array![[0]]);
}

/// A bright disk in a dark image, and its mask.
fn disk(centre: usize) -> (Array2<f32>, Array2<u8>) {
    let inside = |(y, x): (usize, usize)| y.abs_diff(centre).pow(2) + x.abs_diff(12).pow(2) <= 36;
    let image = Array2::from_shape_fn((32, 32), |at| if inside(at) { 0.8 } else { 0.2 });
    (image, Array2::from_shape_fn((32, 32), |at| u8::from(inside(at))))
}

#[test]
fn trees_learn_what_tells_classes_apart() {
    let ((shown, truth), (unseen, expected)) = (disk(12), disk(18));
    let planes = |image: &Array2<f32>| Appearance::new(image, None).unwrap().planes().to_vec();
    let (shown, unseen) = (planes(&shown), planes(&unseen));
    let shown: Vec<_> = shown.iter().map(|plane| &**plane).collect();
    let unseen: Vec<_> = unseen.iter().map(|plane| &**plane).collect();
    let config = TreesConfig { leaf_weight: 0.5, ..TreesConfig::default() };
    let fit = |labels: &Array2<u8>, classes| {
        PixelTrees::fit(&[(&shown, labels.view())], classes, &config).unwrap().unwrap()
    };
    let map = fit(&truth, 1).probabilities(&unseen, None).unwrap();
    assert_eq!(labels(&map, 0.5), expected);
    // Outside a region nothing is found.
    let upper = Array2::from_shape_fn((32, 32), |(row, _)| row < 18);
    let map = fit(&truth, 1).probabilities(&unseen, Some(&upper)).unwrap();
    let inside = Array2::from_shape_fn((32, 32), |at| expected[at] * u8::from(upper[at]));
    assert_eq!(labels(&map, 0.5), inside);
    // The same as class 2 of two, of which the first is never seen.
    let map = fit(&truth.mapv(|label| 2 * label), 2).probabilities(&unseen, None).unwrap();
    assert_eq!((map.dim().0, labels(&map, 0.5)), (3, expected.mapv(|label| 2 * label)));
    // Nothing drawn: nothing is found anywhere, with certainty.
    let map = fit(&Array2::zeros((32, 32)), 1).probabilities(&unseen, None).unwrap();
    assert!(map.iter().all(|&p| p < 0.001));
    // Pixels that nobody annotated teach nothing.
    let nobody = Array2::from_elem((32, 32), 255);
    assert!(PixelTrees::fit(&[(&shown, nobody.view())], 1, &config).unwrap().is_none());
    let error = fit(&truth, 1).probabilities(&unseen[..2], None).unwrap_err().to_string();
    assert_eq!(error, "2 planes of features where the trees were grown on 11");
}

/// Smoothing adds a constant to a quadratic and leaves its second derivatives alone: 2 · 3 across,
/// 2 · (-1) down, and with x y instead 1 and -1 along the diagonals.
#[test]
fn curvatures_are_the_second_derivatives_of_the_smoothed_image() {
    let middle = |value: fn(f32, f32) -> f32| {
        let image =
            Array2::from_shape_fn((65, 65), |(y, x)| value(y as f32 - 32.0, x as f32 - 32.0));
        let slice = Appearance::new(&image, None).unwrap();
        [5, 6, 7, 8].map(|plane| slice.planes()[plane][[32, 32]])
    };
    let sigmas = [1.0_f32, 1.0, 4.0, 4.0];
    let parabola = middle(|y, x| 3.0 * x * x - y * y);
    let saddle = middle(|y, x| x * y);
    for (place, variance) in sigmas.into_iter().enumerate() {
        let (large, small) = if place % 2 == 0 { (6.0, 1.0) } else { (-2.0, -1.0) };
        assert_abs_diff_eq!(parabola[place], large * variance, epsilon = 0.02);
        assert_abs_diff_eq!(saddle[place], small * variance, epsilon = 0.02);
    }
}

#[test]
fn where_a_pixel_lies_in_a_region_is_a_feature() {
    let region = Array2::from_shape_fn((40, 40), |(_, x)| x < 30);
    let slice = Appearance::new(&Array2::zeros((40, 40)), Some(&region)).unwrap();
    let [.., edge, down] = slice.planes() else { unreachable!() };
    let found = [31, 29, 28, 20, 2].map(|column| edge[[7, column]]);
    assert_eq!(found, [0.0, 1.0, 2.0, 10.0, 15.0]);
    assert_eq!([[0, 0], [10, 29], [39, 0], [10, 30]].map(|at| down[at]), [0.0, 0.25, 0.975, -1.0]);
    let other = Array2::from_elem((3, 3), true);
    assert!(Appearance::new(&Array2::zeros((40, 40)), Some(&other)).is_err());
}

#[test]
fn an_estimate_is_the_mean_with_one_doubtful_slice_and_narrower_with_more() {
    let held = |dice: &[f64]| -> Vec<Judged> {
        dice.iter().map(|&dice| Judged { dice: Some(dice), distance: 3.0 }).collect()
    };
    let few = Estimate::new(&held(&[0.7, 0.7]), &[3.0]).unwrap();
    let many = Estimate::new(&held(&[0.7; 20]), &[3.0]).unwrap();
    // Errors of 0.3 and one of 0.5.
    assert_abs_diff_eq!(few.dice, 1.0 - (2.0 * 0.3 + 0.5) / 3.0, epsilon = 1e-12);
    assert_abs_diff_eq!(many.dice, 1.0 - (20.0 * 0.3 + 0.5) / 21.0, epsilon = 1e-12);
    assert!(many.high - many.low < few.high - few.low && many.low < 0.7 && many.high > 0.7);
    assert_eq!(Estimate::new(&held(&[1.0, 0.98]), &[3.0]).unwrap().high, 1.0);
    // The nearer the rest is to what was drawn, the better; far off it is never below nothing.
    let at = |distance: f64| Estimate::new(&held(&[0.3, 0.5]), &[distance]).unwrap().dice;
    assert!(at(1.0) > at(2.0) && at(2.0) > at(3.0) && at(3.0) > at(9.0));
    assert_eq!(at(1000.0), 0.0);
    // Without a slice to be segmented, distances do not count.
    let none = Estimate::new(&held(&[0.3, 0.5]), &[]).unwrap();
    assert_abs_diff_eq!(none.dice, 1.0 - (2.0 * 0.6 + 0.5) / 3.0, epsilon = 1e-12);
}
