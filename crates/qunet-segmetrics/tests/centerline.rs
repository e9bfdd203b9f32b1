//! Skeletons and clDice beside MONAI; `golden/centerline.py` made the values.
#![allow(clippy::unwrap_used)]

use approx::assert_relative_eq;
use ndarray::{Array2, Array3, ArrayD, IxDyn, array, s};
use proptest::prelude::*;
use qunet_segmetrics::{CenterlineDice, EmptyPolicy, Error, ImageEdge, skeleton};
use serde::Deserialize;

const UNDEFINED: EmptyPolicy = EmptyPolicy::Undefined;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    shape: Vec<usize>,
    skeletons: [Vec<usize>; 2],
    cl_dice: f64,
}

fn mask(shape: &[usize], shift: usize) -> Array3<bool> {
    let [z, y, x] = [&[1][..], shape].concat()[shape.len() - 2..][..3].try_into().unwrap();
    Array3::from_shape_fn((z, y, x), |(z, y, x)| {
        (7 * (x + shift) + 13 * y + 29 * z + x * y / 4 + y * z / 3) / 8 % 5 < 3
    })
}

#[test]
fn skeletons_and_cl_dice_are_those_of_monai() {
    let golden: Golden = serde_json::from_str(include_str!("golden/centerline.json")).unwrap();
    for case in golden.cases {
        let masks: [ArrayD<bool>; 2] = [0, 1].map(|shift| {
            mask(&case.shape, shift).into_shape_with_order(IxDyn(&case.shape)).unwrap()
        });
        for (mask, expected) in masks.iter().zip(case.skeletons) {
            let found = skeleton(mask, ImageEdge::Foreground).unwrap();
            let places = found.iter().enumerate().filter(|(_, on)| **on).map(|(place, _)| place);
            assert_eq!(places.collect::<Vec<_>>(), expected);
        }
        let score = CenterlineDice::between(&masks[0], &masks[1], ImageEdge::Foreground).unwrap();
        assert_relative_eq!(score.score(UNDEFINED).unwrap(), case.cl_dice, max_relative = 1e-12);
    }
}

#[test]
fn empty_skeletons_follow_the_table() {
    let (none, some) = (array![false, false, false], array![false, true, false]);
    let of = |p, t| CenterlineDice::between(p, t, ImageEdge::Background).unwrap();
    for (policy, filler) in
        [(UNDEFINED, None), (EmptyPolicy::One, Some(1.0)), (EmptyPolicy::Zero, Some(0.0))]
    {
        for (p, t, expected) in [
            (&none, &none, [filler; 3]),
            (&none, &some, [filler, Some(0.0), Some(0.0)]),
            (&some, &none, [Some(0.0), filler, Some(0.0)]),
            (&some, &some, [Some(1.0); 3]),
        ] {
            let found = of(p, t);
            let found = [
                found.topology_precision(policy),
                found.topology_sensitivity(policy),
                found.score(policy),
            ];
            assert_eq!(found, expected, "{p} {t} {policy:?}");
        }
    }
    let apart = of(&some, &array![true, false, false]);
    assert_eq!(apart.score(UNDEFINED), Some(0.0));
}

#[test]
fn edges_and_odd_shapes() {
    let full = Array2::from_elem((5, 5), true);
    let none = Array2::from_elem((5, 5), false);
    assert_eq!(skeleton(&full, ImageEdge::Foreground).unwrap(), none);
    assert!(skeleton(&full, ImageEdge::Background).unwrap()[[2, 2]]);
    let pixel = array![[true]];
    assert_eq!(skeleton(&pixel, ImageEdge::Background).unwrap(), pixel);
    let nothing = Array2::from_elem((0, 4), true);
    assert_eq!(skeleton(&nothing, ImageEdge::Background).unwrap(), nothing);
    let four = ArrayD::from_elem(IxDyn(&[1, 1, 1, 1]), true);
    assert_eq!(
        skeleton(&four, ImageEdge::Background),
        Err(Error::Grid(qunet_grid::Error::Dimensions { found: 4 }))
    );
    let error = CenterlineDice::between(&full, &array![[true]], ImageEdge::Background).unwrap_err();
    assert!(matches!(error, Error::ShapeMismatch { .. }));
}

proptest! {
    #[test]
    fn a_skeleton_lies_in_its_mask_whatever_the_layout_and_the_place(
        (mask, margin) in (1..5_usize, 1..9_usize, 1..12_usize).prop_flat_map(|(d, h, w)| {
            let pixels = prop::collection::vec(prop::bool::weighted(0.7), d * h * w);
            (pixels.prop_map(move |p| Array3::from_shape_vec((d, h, w), p).unwrap()), 1..4_usize)
        }),
    ) {
        let found = skeleton(&mask, ImageEdge::Background).unwrap();
        prop_assert!(found.iter().zip(&mask).all(|(&on, &pixel)| !on || pixel));
        prop_assert_eq!(found.iter().any(|&on| on), mask.iter().any(|&pixel| pixel));
        prop_assert_eq!(skeleton(&mask.t(), ImageEdge::Background).unwrap(), found.t());
        let (d, h, w) = mask.dim();
        let mut wide = Array3::from_elem((d + 2 * margin, h + 2 * margin, w + 2 * margin), false);
        let inside = s![margin..margin + d, margin..margin + h, margin..margin + w];
        wide.slice_mut(inside).assign(&mask);
        for edge in [ImageEdge::Background, ImageEdge::Foreground] {
            let of_wide = skeleton(&wide, edge).unwrap();
            prop_assert_eq!(of_wide.slice(inside), found.view());
        }
    }
}
