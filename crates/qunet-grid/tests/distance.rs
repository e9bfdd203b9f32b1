//! The distance transform beside brute force, with anisotropic spacing and in any memory layout.
#![allow(clippy::unwrap_used)]

use ndarray::{Array, Array2, Array3, Axis, Dimension, s};
use proptest::prelude::*;
use qunet_grid::bits::BitRows;
use qunet_grid::parallel::Work;
use qunet_grid::{Error, nearest_squared, squared_distances};

/// The distance of each pixel to each true one, and of these the least.
fn brute_force(mask: &Array3<bool>, spacing: [f64; 3]) -> Array3<f64> {
    let targets: Vec<_> =
        mask.indexed_iter().filter(|(_, inside)| **inside).map(|(at, _)| at).collect();
    Array3::from_shape_fn(mask.dim(), |(z, y, x)| {
        let square = |&(tz, ty, tx): &(usize, usize, usize)| {
            let steps = [z.abs_diff(tz), y.abs_diff(ty), x.abs_diff(tx)];
            steps.iter().zip(spacing).map(|(&step, length)| (step as f64 * length).powi(2)).sum()
        };
        targets.iter().map(square).fold(f64::INFINITY, f64::min)
    })
}

/// Up to the rounding of sums in another order.
fn within_tolerance<D: Dimension>(found: &Array<f64, D>, expected: &Array<f64, D>) -> bool {
    let alike = |(a, b): (&f64, &f64)| a == b || (a - b).abs() <= 1e-12 * b.abs();
    found.dim() == expected.dim() && found.iter().zip(expected).all(alike)
}

fn masks() -> impl Strategy<Value = Array3<bool>> {
    // Small, or with rows of more than 64 pixels.
    let shape =
        prop_oneof![(1_usize..6, 1_usize..8, 1_usize..9), (1_usize..3, 1_usize..4, 60_usize..135)];
    (shape, prop_oneof![Just(0.0), 0.0..0.1, 0.1..1.0]).prop_flat_map(|((d, h, w), share)| {
        prop::collection::vec(prop::bool::weighted(share), d * h * w)
            .prop_map(move |pixels| Array3::from_shape_vec((d, h, w), pixels).unwrap())
    })
}

fn spacings() -> impl Strategy<Value = [f64; 3]> {
    prop_oneof![Just([1.0; 3]), [0.1..5.0, 0.1..5.0, 0.1..5.0]]
}

proptest! {
    #[test]
    fn distances_are_those_of_brute_force(mask in masks(), spacing in spacings()) {
        let found = squared_distances(&mask, &spacing).unwrap();
        prop_assert!(within_tolerance(&found, &brute_force(&mask, spacing)));
        // Two axes and one are the last ones of a volume.
        let plane = mask.index_axis(Axis(0), 0).insert_axis(Axis(0)).to_owned();
        let expected = brute_force(&plane, spacing).index_axis_move(Axis(0), 0);
        let found = squared_distances(&mask.index_axis(Axis(0), 0), &spacing[1..]).unwrap();
        prop_assert!(within_tolerance(&found, &expected));
        let row = plane.slice(s![.., ..1, ..]).to_owned();
        let expected = brute_force(&row, spacing).remove_axis(Axis(0)).remove_axis(Axis(0));
        let found = squared_distances(&mask.slice(s![0, 0, ..]), &spacing[2..]).unwrap();
        prop_assert!(within_tolerance(&found, &expected));
    }

    #[test]
    fn views_of_any_layout_have_the_same_distances(mask in masks(), spacing in spacings()) {
        let [z, y, x] = spacing;
        let permuted = mask.view().permuted_axes([2, 0, 1]);
        let found = squared_distances(&permuted, &[x, z, y]).unwrap();
        prop_assert_eq!(&found, &squared_distances(&permuted.to_owned(), &[x, z, y]).unwrap());
        let owned = permuted.as_standard_layout().into_owned();
        prop_assert_eq!(found, squared_distances(&owned, &[x, z, y]).unwrap());
        let part = mask.slice(s![.., ..;-1, ..;2]);
        let owned = part.as_standard_layout().into_owned();
        prop_assert_eq!(
            squared_distances(&part, &spacing).unwrap(),
            squared_distances(&owned, &spacing).unwrap()
        );
    }

    #[test]
    fn a_few_pixels_have_the_distances_of_all(
        mask in masks(), spacing in spacings(), every in 1_usize..9,
    ) {
        prop_assume!(mask.iter().any(|&inside| inside));
        let all = squared_distances(&mask, &spacing).unwrap();
        let places = all.indexed_iter().step_by(every);
        let (queries, expected): (Vec<_>, Vec<_>) =
            places.map(|((z, y, x), &square)| ([z, y, x], square)).unzip();
        let rows = BitRows::from_mask(&mask.view());
        let (depth, height, _) = mask.dim();
        let work = Work::on(mask.len());
        prop_assert_eq!(nearest_squared(&queries, &rows, [depth, height], spacing, work), expected);
    }
}

#[test]
fn large_volumes_are_the_same_on_any_number_of_threads() {
    let mask =
        Array3::from_shape_fn((9, 130, 520), |(z, y, x)| (7 * x + 31 * y + 97 * z) % 997 == 0);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| squared_distances(&mask, &[2.5, 0.7, 0.7]).unwrap())
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn without_foreground_everything_is_infinitely_far() {
    let nothing = Array2::from_elem((2, 3), false);
    let found = squared_distances(&nothing, &[1.0, 1.0]).unwrap();
    assert!(found.iter().all(|&square| square == f64::INFINITY));
    for shape in [(0, 0), (0, 4), (3, 0)] {
        let found = squared_distances(&Array2::from_elem(shape, true), &[1.0, 1.0]).unwrap();
        assert_eq!(found.dim(), shape);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let mask = Array2::from_elem((2, 3), true);
    for spacing in [&[1.0][..], &[1.0, 0.0], &[1.0, -1.0], &[1.0, f64::NAN], &[1.0, f64::INFINITY]]
    {
        let refused = squared_distances(&mask, spacing);
        assert!(matches!(refused, Err(Error::Spacing { axes: 2, .. })), "{spacing:?}");
    }
    let four = Array::from_elem(ndarray::Ix4(1, 1, 1, 1), true);
    assert_eq!(squared_distances(&four, &[1.0; 4]), Err(Error::Dimensions { found: 4 }));
}
