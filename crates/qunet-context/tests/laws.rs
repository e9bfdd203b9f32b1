//! Laws of interpolation and priors: symmetry, memory layout, and no look at a slice's own mask.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "helpers of tests")]

mod common;

use common::{Case, cases};
use ndarray::{Array2, Array3, ArrayRef3, ArrayView3, Axis, ShapeBuilder};
use proptest::prelude::*;
use qunet_context::{Drawn, FAR, Prior, folds, interpolate_labels, signed_distance};
use qunet_grid::IGNORE;

const SPACING: [f64; 3] = [2.5, 0.7, 0.7];

fn of(labels: &ArrayRef3<u8>, drawn: &[usize], spacing: [f64; 3]) -> Drawn {
    Drawn::new(labels, drawn, 2, spacing).unwrap()
}

fn assert_near(found: &Array2<f32>, expected: &Array2<f32>) -> Result<(), TestCaseError> {
    for (a, b) in found.iter().zip(expected) {
        prop_assert!((a - b).abs() < 1e-4, "{} beside {}", found, expected);
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_signed_distance_is_that_to_the_nearest_pixel_of_the_other_kind(
        bits in prop::collection::vec(any::<bool>(), 30),
        height in 0.3_f64..3.0,
        width in 0.3_f64..3.0,
    ) {
        let mask = Array2::from_shape_vec((5, 6), bits).unwrap();
        let found = signed_distance(&mask, [height, width]).unwrap();
        for ((at, &inside), &found) in mask.indexed_iter().zip(&found) {
            let millimetres = |(y, x): (usize, usize)| {
                (at.0.abs_diff(y) as f64 * height).hypot(at.1.abs_diff(x) as f64 * width)
            };
            let others = mask.indexed_iter().filter(|(_, other)| **other != inside);
            let nearest = others.map(|(other, _)| millimetres(other)).reduce(f64::min);
            let pixel = (height * width).sqrt();
            let pixels = nearest.map_or(f64::from(FAR), |nearest| nearest / pixel);
            let signed = if inside { pixels } else { -pixels };
            prop_assert!((f64::from(found) - signed).abs() < 1e-5, "{found} beside {signed}");
        }
        // Side by side in memory along columns.
        let mut other = Array2::from_elem(mask.dim().f(), false);
        other.assign(&mask);
        prop_assert_eq!(signed_distance(&other, [height, width]).unwrap(), found);
    }

    #[test]
    fn equal_drawn_slices_give_themselves_everywhere(case in cases()) {
        let Case { mut labels, drawn } = case;
        let first = labels.index_axis(Axis(0), drawn[0]).to_owned();
        drawn.iter().for_each(|&slice| labels.index_axis_mut(Axis(0), slice).assign(&first));
        let annotated = first.mapv(|label| if label == IGNORE { 0 } else { label });
        let filled = interpolate_labels(&labels, &drawn, SPACING).unwrap();
        for (slice, plane) in filled.axis_iter(Axis(0)).enumerate() {
            prop_assert_eq!(plane, if drawn.contains(&slice) { &first } else { &annotated });
        }
    }

    #[test]
    fn drawn_slices_stay_and_others_do_not_matter(case in cases(), other in 0..3_u8) {
        let Case { mut labels, drawn } = case;
        let filled = interpolate_labels(&labels, &drawn, SPACING).unwrap();
        for &slice in &drawn {
            prop_assert_eq!(filled.index_axis(Axis(0), slice), labels.index_axis(Axis(0), slice));
        }
        for slice in (0..filled.dim().0).filter(|slice| !drawn.contains(slice)) {
            labels.index_axis_mut(Axis(0), slice).fill(other);
        }
        prop_assert_eq!(interpolate_labels(&labels, &drawn, SPACING).unwrap(), filled);
    }

    /// Neither the mask of the slice itself nor those left out reach what is said of a slice.
    #[test]
    fn no_prior_sees_the_slice_itself_or_one_left_out(
        case in cases(),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        seed in any::<u64>(),
    ) {
        let Case { labels, drawn } = case;
        let hidden: Vec<usize> = picks.iter().map(|pick| *pick.get(&drawn)).collect();
        let (slice, without) = (hidden[0], &hidden[1..]);
        let mut changed = labels.clone();
        for &slice in &hidden {
            let scramble = |label: u8| (u64::from(label) ^ (seed >> slice)) as u8 % 3;
            changed.index_axis_mut(Axis(0), slice).mapv_inplace(scramble);
        }
        let (before, after) = (of(&labels, &drawn, SPACING), of(&changed, &drawn, SPACING));
        for class in [1, 2] {
            prop_assert_eq!(
                before.prior(slice, class, without).unwrap(),
                after.prior(slice, class, without).unwrap()
            );
            prop_assert_eq!(
                before.interpolated_distance(slice, class, without).unwrap(),
                after.interpolated_distance(slice, class, without).unwrap()
            );
        }
        prop_assert_eq!(
            before.interpolated_labels(slice, without).unwrap(),
            after.interpolated_labels(slice, without).unwrap()
        );
    }

    /// What is left out might as well not have been drawn.
    #[test]
    fn leaving_out_is_not_drawing(case in cases(), pick in any::<prop::sample::Index>()) {
        let Case { labels, drawn } = case;
        let left_out = *pick.get(&drawn);
        let kept: Vec<usize> = drawn.iter().copied().filter(|slice| *slice != left_out).collect();
        let (all, fewer) = (of(&labels, &drawn, SPACING), of(&labels, &kept, SPACING));
        for slice in 0..labels.dim().0 {
            prop_assert_eq!(all.neighbours(slice, &[left_out]), fewer.neighbours(slice, &[]));
            prop_assert_eq!(
                all.nearest_distance(slice, &[left_out]),
                kept.iter().filter(|kept| **kept != slice)
                    .map(|kept| kept.abs_diff(slice) as f64).reduce(f64::min)
            );
            prop_assert_eq!(
                all.prior(slice, 1, &[left_out]).unwrap(),
                fewer.prior(slice, 1, &[]).unwrap()
            );
        }
    }

    #[test]
    fn a_prior_lies_within_what_it_is_made_of(case in cases()) {
        let drawn = of(&case.labels, &case.drawn, [1.0, 5.0, 0.2]);
        for slice in 0..case.labels.dim().0 {
            let Some(prior) = drawn.prior(slice, 2, &[]).unwrap() else { continue };
            let Prior { interpolated, larger, nearer, distance } = prior;
            prop_assert!(distance >= 1.0);
            for ((between, larger), nearer) in interpolated.iter().zip(&larger).zip(&nearer) {
                prop_assert!((-FAR..=FAR).contains(between) && (-FAR..=FAR).contains(larger));
                prop_assert!(*between <= larger + 1e-5 && nearer <= larger);
            }
        }
    }

    /// Reversed rows, columns or slices, and rows and columns exchanged.
    #[test]
    fn results_turn_with_the_stack(
        case in cases(),
        reversed in 0..3_usize,
        height in 0.3_f64..3.0,
        width in 0.3_f64..3.0,
    ) {
        let Case { labels, drawn } = case;
        let count = labels.dim().0;
        let last = count - 1;
        let turn = |slice: usize| if reversed == 0 { last - slice } else { slice };
        let turned_drawn: Vec<usize> = drawn.iter().map(|&slice| turn(slice)).collect();
        let mut turned = labels.view();
        turned.invert_axis(Axis(reversed));
        let mut filled = interpolate_labels(&turned, &turned_drawn, SPACING).unwrap();
        filled.invert_axis(Axis(reversed));
        prop_assert_eq!(&filled, interpolate_labels(&labels, &drawn, SPACING).unwrap());

        let plain = of(&labels, &drawn, [2.5, height, width]);
        let turned = of(&turned, &turned_drawn, [2.5, height, width]);
        let exchanged = labels.view().permuted_axes([0, 2, 1]);
        let exchanged = of(&exchanged, &drawn, [2.5, width, height]);
        for slice in 0..count {
            let Some(expected) = plain.prior(slice, 1, &[]).unwrap() else { continue };
            let mut found = turned.prior(turn(slice), 1, &[]).unwrap().unwrap();
            if reversed > 0 {
                found.interpolated.invert_axis(Axis(reversed - 1));
                found.larger.invert_axis(Axis(reversed - 1));
            }
            assert_near(&found.interpolated, &expected.interpolated)?;
            assert_near(&found.larger, &expected.larger)?;
            prop_assert_eq!(found.distance, expected.distance);
            let found = exchanged.prior(slice, 1, &[]).unwrap().unwrap();
            assert_near(&found.interpolated.reversed_axes(), &expected.interpolated)?;
        }
    }

    #[test]
    fn memory_layout_does_not_matter(case in cases(), step in 1..4_isize) {
        let Case { labels, drawn } = case;
        let expected = interpolate_labels(&labels, &drawn, SPACING).unwrap();
        let (n, h, w) = labels.dim();
        let mut wide = Array3::from_elem((n, h, w * step as usize).f(), IGNORE - 1);
        let mut view = wide.view_mut();
        view.slice_collapse(ndarray::s![.., .., ..;step]);
        view.assign(&labels);
        prop_assert_eq!(interpolate_labels(&view, &drawn, SPACING).unwrap(), &expected);
        let backwards: ArrayView3<'_, u8> = labels.slice(ndarray::s![..;-1, ..;-1, ..;-1]);
        let copied = backwards.as_standard_layout().into_owned();
        let again = copied.slice(ndarray::s![..;-1, ..;-1, ..;-1]);
        prop_assert_eq!(interpolate_labels(&again, &drawn, SPACING).unwrap(), expected);
    }

    #[test]
    fn folds_are_even_and_keep_neighbours(
        drawn in prop::collection::btree_set(0..500_usize, 1..40),
        count in 2..6_usize,
    ) {
        let drawn: Vec<usize> = drawn.into_iter().collect();
        let found = folds(&drawn, count).unwrap();
        let sizes: Vec<usize> =
            (0..count).map(|fold| found.iter().filter(|it| **it == fold).count()).collect();
        prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
        prop_assert!(found.windows(2).all(|pair| pair[0] != pair[1]));
        let backwards: Vec<usize> = drawn.iter().rev().copied().collect();
        let reversed: Vec<usize> = found.iter().rev().copied().collect();
        prop_assert_eq!(folds(&backwards, count).unwrap(), reversed);
    }
}

/// More pixels than are worth sharing among threads.
#[test]
fn threads_do_not_matter() {
    let labels = Array3::from_shape_fn((9, 260, 270), |(z, y, x)| {
        (((x / 31 + y / 23 + z / 4) % 5 == 0) as u8) + u8::from((x / 17 + y / 40) % 7 == 0)
    });
    let fill = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| interpolate_labels(&labels, &[1, 4, 6], SPACING).unwrap())
    };
    assert_eq!(fill(1), fill(3));
}
