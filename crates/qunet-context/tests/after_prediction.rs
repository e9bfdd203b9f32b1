//! Laws of what follows a prediction: spots, smoothing, correlation of neighbours.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "helpers of tests")]

mod common;

use approx::assert_relative_eq;
use common::{Case, cases};
use ndarray::{Array3, Axis, ShapeBuilder, array, s};
use proptest::prelude::*;
use qunet_context::{neighbour_correlation, remove_spots, smooth_along_z};

proptest! {
    #[test]
    fn spots_are_only_taken_away_and_counted(case in cases(), quantile in 0.0..=1.0_f64) {
        let Case { labels, drawn } = case;
        let mut left = labels.clone();
        let removed = remove_spots(&mut left, &drawn, quantile).unwrap();
        let mut pixels = 0;
        for ((at, before), after) in labels.indexed_iter().zip(&left) {
            prop_assert!(after == before || (*after == 0 && !drawn.contains(&at.0)), "{at:?}");
            pixels += usize::from(after != before);
        }
        prop_assert_eq!(removed.pixels, pixels);
        prop_assert!(removed.spots <= pixels && (removed.spots > 0) == (pixels > 0));
    }

    #[test]
    fn spots_turn_with_the_stack_in_any_memory_layout(case in cases(), reversed in 0..3_usize) {
        let Case { labels, mut drawn } = case;
        let mut expected = labels.clone();
        let removed = remove_spots(&mut expected, &drawn, 0.6).unwrap();
        let mut other = Array3::zeros(labels.dim().f());
        other.assign(&labels);
        let mut view = other.view_mut();
        view.invert_axis(Axis(reversed));
        if reversed == 0 {
            drawn.iter_mut().for_each(|slice| *slice = labels.dim().0 - 1 - *slice);
        }
        prop_assert_eq!(remove_spots(&mut view, &drawn, 0.6).unwrap(), removed);
        prop_assert_eq!(other, expected);
    }

    #[test]
    fn smoothing_keeps_constants_drawn_slices_sums_and_bounds(
        values in prop::collection::vec(0.0_f32..1.0, 6 * 2 * 3),
        drawn in prop::sample::subsequence((0..6).collect::<Vec<usize>>(), 0..6),
        constant in -1e38_f32..1e38,
    ) {
        let mut same = Array3::from_elem((6, 2, 3), constant);
        smooth_along_z(&mut same, &drawn).unwrap();
        prop_assert!(same.iter().all(|value| *value == constant));

        let maps = Array3::from_shape_vec((6, 2, 3), values).unwrap();
        let mut smoothed = maps.clone();
        smooth_along_z(&mut smoothed, &drawn).unwrap();
        for &slice in &drawn {
            prop_assert_eq!(smoothed.index_axis(Axis(0), slice), maps.index_axis(Axis(0), slice));
        }
        prop_assert!(smoothed.iter().all(|value| (0.0..=1.0).contains(value)));
        let mut all = maps.clone();
        smooth_along_z(&mut all, &[]).unwrap();
        // Every slice gives away a quarter to either side, or to itself at an end.
        assert_relative_eq!(all.sum(), maps.sum(), max_relative = 1e-5);

        let mut columns = Array3::zeros((6, 2, 3).f());
        columns.slice_mut(s![..;-1, .., ..]).assign(&maps);
        let backwards: Vec<usize> = drawn.iter().map(|slice| 5 - slice).collect();
        smooth_along_z(&mut columns, &backwards).unwrap();
        prop_assert_eq!(columns.slice(s![..;-1, .., ..]), smoothed);
    }

    #[test]
    fn correlation_is_within_bounds_and_free_of_scale(
        values in prop::collection::vec(0.0_f32..1.0, 5 * 3 * 4),
        scale in 0.1_f32..100.0,
        offset in -100.0_f32..100.0,
    ) {
        let stack = Array3::from_shape_vec((5, 3, 4), values).unwrap();
        let found = neighbour_correlation(&stack).unwrap();
        prop_assert!((-1.0..=1.0).contains(&found));
        let scaled = neighbour_correlation(&stack.mapv(|value| value * scale + offset)).unwrap();
        prop_assert!((scaled - found).abs() < 1e-2, "{scaled} beside {found}");
        let backwards = neighbour_correlation(&stack.slice(s![..;-1, ..;-1, ..])).unwrap();
        prop_assert!((backwards - found).abs() < 1e-9);
    }
}

/// A diagonal step is two steps along sides: three apart is too far, in either direction along z.
#[test]
fn two_steps_next_door_are_near_enough() {
    let spot_beside = |row: usize, column: usize, slice: usize| {
        let mut labels = Array3::<u8>::zeros((4, 9, 9));
        labels.slice_mut(s![0, .., ..2]).fill(1); // drawn: 18 pixels
        labels[[2, 4, 6]] = 1;
        labels[[slice, row, column]] = 1;
        remove_spots(&mut labels, &[0], 0.25).unwrap();
        labels[[2, 4, 6]] == 1
    };
    for slice in [1, 3] {
        assert!(spot_beside(4, 8, slice) && spot_beside(2, 6, slice) && spot_beside(5, 7, slice));
        assert!(
            !spot_beside(1, 6, slice) && !spot_beside(5, 8, slice) && !spot_beside(6, 5, slice)
        );
    }
}

#[test]
fn a_spot_needs_its_own_class_next_door_and_its_own_usual_size() {
    let mut labels = array![
        [[1_u8, 1, 1, 1, 0, 0, 2]], // drawn: components of 4 pixels of class 1, of 1 of class 2
        [[0, 0, 0, 0, 0, 0, 0]],
        [[1, 1, 0, 2, 0, 3, 0]], // class 1 is small; class 2 is not; 3 has no usual size
        [[2, 2, 0, 0, 0, 0, 0]],
    ];
    let removed = remove_spots(&mut labels, &[0], 0.5).unwrap();
    assert_eq!((removed.spots, removed.pixels), (1, 2));
    assert_eq!(labels.slice(s![2, 0, ..]), array![0, 0, 0, 2, 0, 3, 0]);
}

/// Components of 1 and 3 pixels are drawn: the median is 2, which itself is not too small. Pixels
/// that share a corner are two components.
#[test]
fn spots_are_smaller_than_the_quantile_and_joined_by_sides() {
    let mut labels = array![
        [[1_u8, 0, 1, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0, 0]],
        [[0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0]],
        [[1, 1, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 1, 0]],
    ];
    let removed = remove_spots(&mut labels, &[0], 0.5).unwrap();
    assert_eq!((removed.spots, removed.pixels), (2, 2));
    assert_eq!(labels.slice(s![2, .., ..]), array![[1, 1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0]]);
}

/// Two spots confirm each other; taken one after the other, both would fall.
#[test]
fn labels_from_before_decide() {
    let mut labels = Array3::<u8>::zeros((4, 1, 12));
    labels.slice_mut(s![0, 0, ..6]).fill(1);
    labels[[2, 0, 10]] = 1;
    labels[[3, 0, 11]] = 1;
    let before = labels.clone();
    assert_eq!(remove_spots(&mut labels, &[0], 0.25).unwrap().spots, 0);
    assert_eq!(labels, before);
}

#[test]
fn pairs_without_a_correlation_do_not_count() {
    let nan = f32::NAN;
    let stack = array![[[0.1_f32, 0.1]], [[1.0, 2.0]], [[1.0, 3.0]], [[nan, 1.0]]];
    assert_relative_eq!(neighbour_correlation(&stack).unwrap(), 1.0, max_relative = 1e-12);
    assert_eq!(neighbour_correlation(&Array3::from_elem((3, 4, 4), 0.1)), None);
    assert_eq!(neighbour_correlation(&array![[[1.0, 2.0]]]), None);
    assert_eq!(neighbour_correlation(&Array3::zeros((0, 4, 4))), None);
    assert_eq!(neighbour_correlation(&Array3::zeros((3, 0, 4))), None);
}
