//! Surface distances against medpy, MONAI and SciPy, a brute-force oracle, and their laws.

#![allow(clippy::unwrap_used)]

use ndarray::{Array2, Array3, ArrayD, Axis, IxDyn, s};
use proptest::prelude::*;
use qunet_segmetrics::{
    BorderConnectivity, BoundaryOptions, EmptyPolicy, Error, ImageEdge, Quantile, SurfaceDistances,
};
use serde_json::Value;

fn mask(case: &Value, key: &str) -> ArrayD<bool> {
    let mut pixels = Vec::new();
    for (i, run) in case[key].as_array().unwrap().iter().enumerate() {
        pixels.resize(pixels.len() + run.as_u64().unwrap() as usize, i % 2 == 1);
    }
    let shape: Vec<usize> =
        case["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    ArrayD::from_shape_vec(IxDyn(&shape), pixels).unwrap()
}

#[test]
fn matches_medpy_monai_and_scipy() {
    let golden: Value = serde_json::from_str(include_str!("golden/boundary.json")).unwrap();
    let mut compared = 0;
    for case in golden["cases"].as_array().unwrap() {
        let spacing: Vec<f64> =
            case["spacing"].as_array().unwrap().iter().map(|s| s.as_f64().unwrap()).collect();
        let (prediction, truth) = (mask(case, "prediction_runs"), mask(case, "truth_runs"));
        for (library, values) in case["expected"].as_object().unwrap() {
            let options = match library.as_str() {
                "medpy" => BoundaryOptions::medpy(),
                "MONAI" | "scipy edges + distance_transform_edt" => BoundaryOptions::monai(),
                // These weigh by surface size; see `boundary_elements.rs`.
                _ => continue,
            };
            let found = SurfaceDistances::between(&prediction, &truth, &spacing, options).unwrap();
            // MONAI computes in f32.
            let tolerance = if library == "MONAI" { 1e-6 } else { 1e-12 };
            for (metric, expected) in values.as_object().unwrap() {
                let ours = match metric.as_str() {
                    "hd" => found.hausdorff(),
                    "hd95_max_of_directed" => found.hausdorff_max_directed(95.0).unwrap(),
                    "hd95_pooled" => found.hausdorff_pooled(95.0).unwrap(),
                    "assd_pooled" => found.assd(),
                    "assd_mean_of_directed" => found.masd(),
                    "nsd1" => found.surface_dice(1.0, EmptyPolicy::One).unwrap(),
                    "nsd2" => found.surface_dice(2.0, EmptyPolicy::One).unwrap(),
                    _ => continue,
                };
                let (ours, expected) = (ours.unwrap(), expected.as_f64().unwrap());
                let allowed = tolerance * expected.max(1.0);
                let name = &case["name"];
                assert!(
                    (ours - expected).abs() <= allowed,
                    "{name} {library} {metric}: {ours} {expected}"
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 50, "only {compared} values compared");
}

/// The surface by its definition.
fn surface(mask: &Array3<bool>, options: BoundaryOptions) -> Vec<[i64; 3]> {
    let at = |p: [i64; 3]| {
        let index = p.map(|i| usize::try_from(i).unwrap_or(usize::MAX));
        mask.get(index).copied().unwrap_or(options.image_edge == ImageEdge::Foreground)
    };
    let steps: Vec<[i64; 3]> = (0..27_i64)
        .map(|i: i64| [i / 9 - 1, i / 3 % 3 - 1, i % 3 - 1])
        .filter(|s| match s.iter().map(|d| d.abs()).sum::<i64>() {
            0 => false,
            1 => true,
            _ => options.connectivity == BorderConnectivity::Full,
        })
        .collect();
    let inside = mask.indexed_iter().filter(|&(_, &yes)| yes);
    inside
        .map(|((z, y, x), _)| [z as i64, y as i64, x as i64])
        .filter(|p| steps.iter().any(|s| !at([p[0] + s[0], p[1] + s[1], p[2] + s[2]])))
        .collect()
}

fn brute_force(from: &[[i64; 3]], to: &[[i64; 3]], spacing: &[f64]) -> Vec<f64> {
    let distance = |a: &[i64; 3], b: &[i64; 3]| {
        (0..3).map(|i| ((a[i] - b[i]) as f64 * spacing[i]).powi(2)).sum::<f64>().sqrt()
    };
    let nearest = |a| to.iter().map(|b| distance(a, b)).fold(f64::INFINITY, f64::min);
    let mut all: Vec<f64> = if to.is_empty() { vec![] } else { from.iter().map(nearest).collect() };
    all.sort_by(f64::total_cmp);
    all
}

prop_compose! {
    fn pair()(shape in (prop_oneof![Just(1_usize), 2..6_usize], 1..9_usize, 1..9_usize), percent in 0..=100_u8)(
        shape in Just(shape),
        a in prop::collection::vec(prop::bool::weighted(f64::from(percent) / 100.0), shape.0 * shape.1 * shape.2),
        b in prop::collection::vec(any::<bool>(), shape.0 * shape.1 * shape.2),
        hole in any::<bool>(),
    ) -> (Array3<bool>, Array3<bool>) {
        let b = if hole { b.iter().zip(&a).map(|(b, a)| *b && *a).collect() } else { b };
        (Array3::from_shape_vec(shape, a).unwrap(), Array3::from_shape_vec(shape, b).unwrap())
    }
}

fn options() -> impl Strategy<Value = BoundaryOptions> {
    (any::<bool>(), any::<bool>()).prop_map(|(full, open)| BoundaryOptions {
        connectivity: if full { BorderConnectivity::Full } else { BorderConnectivity::Faces },
        image_edge: if open { ImageEdge::Foreground } else { ImageEdge::Background },
        quantile: Quantile::Linear,
    })
}

fn close(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-9)
}

proptest! {
    #[test]
    fn equals_brute_force((a, b) in pair(), options in options(),
                          spacing in prop::array::uniform3(0.2..4.0_f64)) {
        let found = SurfaceDistances::between(&a, &b, &spacing, options).unwrap();
        let (of_a, of_b) = (surface(&a, options), surface(&b, options));
        prop_assert!(close(found.from_prediction(), &brute_force(&of_a, &of_b, &spacing)));
        prop_assert!(close(found.from_truth(), &brute_force(&of_b, &of_a, &spacing)));
    }

    #[test]
    fn laws((a, b) in pair(), options in options(), scale in 0.5..3.0_f64) {
        let spacing = [2.0, 1.0, 0.5];
        let found = SurfaceDistances::between(&a, &b, &spacing, options).unwrap();
        let swapped = SurfaceDistances::between(&b, &a, &spacing, options).unwrap();
        prop_assert_eq!(found.from_prediction(), swapped.from_truth());
        for axis in 0..3 {
            let (mut a, mut b) = (a.view(), b.view());
            a.invert_axis(Axis(axis));
            b.invert_axis(Axis(axis));
            let flipped = SurfaceDistances::between(&a, &b, &spacing, options).unwrap();
            prop_assert!(close(flipped.from_prediction(), found.from_prediction()));
        }
        let transposed = SurfaceDistances::between(&a.t(), &b.t(), &[0.5, 1.0, 2.0], options).unwrap();
        prop_assert!(close(transposed.from_truth(), found.from_truth()));
        let scaled = SurfaceDistances::between(&a, &b, &spacing.map(|s| s * scale), options).unwrap();
        let expected: Vec<f64> = found.from_truth().iter().map(|d| d * scale).collect();
        prop_assert!(close(scaled.from_truth(), &expected));
        if let Some(hd) = found.hausdorff() {
            prop_assert!(found.hausdorff_max_directed(95.0).unwrap().unwrap() <= hd);
            prop_assert!(found.hausdorff_pooled(95.0).unwrap().unwrap() <= hd);
            prop_assert!(found.assd().unwrap() <= hd + 1e-12);
        }
    }

    #[test]
    fn moving_both_masks_changes_nothing((a, b) in pair(), shift in prop::array::uniform3(1..4_usize)) {
        let place = |mask: &Array3<bool>| {
            let (d, h, w) = mask.dim();
            let mut larger = Array3::from_elem((d + 5, h + 5, w + 5), false);
            larger.slice_mut(s![shift[0]..shift[0] + d, shift[1]..shift[1] + h, shift[2]..shift[2] + w]).assign(mask);
            larger
        };
        let of = |a, b| SurfaceDistances::between(a, b, &[1.0; 3], BoundaryOptions::default()).unwrap();
        prop_assert_eq!(of(&a, &b), of(&place(&a), &place(&b)));
    }

    #[test]
    fn hausdorff_obeys_the_triangle_inequality((a, b) in pair(), seed in any::<u64>()) {
        let mut bits = seed | 1;
        let c = a.mapv(|_| { bits = bits.wrapping_mul(6364136223846793005).wrapping_add(1); bits >> 63 == 1 });
        let hd = |a, b| SurfaceDistances::between(a, b, &[1.0; 3], BoundaryOptions::default()).unwrap().hausdorff();
        if let (Some(ab), Some(bc), Some(ac)) = (hd(&a, &b), hd(&b, &c), hd(&a, &c)) {
            prop_assert!(ac <= ab + bc + 1e-9);
        }
    }
}

#[test]
fn empty_masks_follow_the_table() {
    let empty = Array3::from_elem((1, 3, 4), false);
    let mut one = empty.clone();
    one[[0, 2, 3]] = true;
    for (a, b, dice) in [
        (&empty, &empty, Some(1.0)),
        (&one, &empty, Some(0.0)),
        (&empty, &one, Some(0.0)),
        (&one, &one, Some(1.0)),
    ] {
        let found = SurfaceDistances::between(a, b, &[1.0; 3], BoundaryOptions::default()).unwrap();
        let zero = std::ptr::eq(a, b) && a[[0, 2, 3]];
        let expected = zero.then_some(0.0);
        assert_eq!(found.surface_dice(1.0, EmptyPolicy::One).unwrap(), dice);
        assert_eq!((found.hausdorff(), found.assd(), found.masd()), (expected, expected, expected));
        assert_eq!(found.hausdorff_max_directed(95.0).unwrap(), expected);
        assert_eq!(found.hausdorff_pooled(95.0).unwrap(), expected);
    }
}

#[test]
fn bad_input_is_named() {
    let mask = Array3::from_elem((1, 3, 4), true);
    let options = BoundaryOptions::default();
    let of = |spacing: &[f64]| SurfaceDistances::between(&mask, &mask, spacing, options);
    let bad = [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-200, 1e200].map(|y| [1.0, y, 1.0]);
    for bad in bad.iter().map(|lengths| &lengths[..]).chain([&[1.0, 1.0][..]]) {
        assert!(matches!(of(bad), Err(Error::Spacing { axes: 3, .. })));
    }
    let found = of(&[1.0; 3]).unwrap();
    for bad in [-1.0, 100.5, f64::NAN] {
        assert!(matches!(found.hausdorff_pooled(bad), Err(Error::Percentile { .. })));
        assert!(matches!(found.hausdorff_max_directed(bad), Err(Error::Percentile { .. })));
    }
    assert!(matches!(found.surface_dice(-0.1, EmptyPolicy::One), Err(Error::Tolerance { .. })));
    let four = ArrayD::from_elem(IxDyn(&[1, 1, 1, 1]), true);
    let wrong = SurfaceDistances::between(&four, &four, &[1.0; 4], options);
    assert!(matches!(wrong, Err(Error::Dimensions { found: 4 })));
    let none = ArrayD::from_elem(IxDyn(&[]), true);
    let wrong = SurfaceDistances::between(&none, &none, &[], options);
    assert!(matches!(wrong, Err(Error::Dimensions { found: 0 })));
    let other = Array3::from_elem((1, 4, 3), true);
    let mismatch = SurfaceDistances::between(&mask, &other, &[1.0; 3], options);
    assert!(matches!(mismatch, Err(Error::ShapeMismatch { .. })));
}

#[test]
fn quantiles_read_between_distances_as_named() {
    // The prediction's distances are 0 and 3, the truth's 0.
    let prediction = ndarray::array![true, false, false, true];
    let truth = ndarray::array![true, false, false, false];
    for (quantile, expected) in
        [(Quantile::Linear, 1.5), (Quantile::Lower, 0.0), (Quantile::Higher, 3.0)]
    {
        let options = BoundaryOptions { quantile, ..BoundaryOptions::default() };
        let found = SurfaceDistances::between(&prediction, &truth, &[1.0], options).unwrap();
        assert_eq!(found.hausdorff_max_directed(50.0).unwrap(), Some(expected));
    }
}

proptest! {
    #[test]
    fn planes_equal_brute_force(
        (a, b) in pair(), options in options(), spacing in prop::array::uniform2(0.2..4.0_f64),
    ) {
        let (a, b) = (a.index_axis(Axis(0), 0), b.index_axis(Axis(0), 0));
        let found = SurfaceDistances::between(&a, &b, &spacing, options).unwrap();
        let of = |mask: &ndarray::ArrayView2<bool>| plane_surface(mask, options);
        let lengths = [1.0, spacing[0], spacing[1]];
        prop_assert!(close(found.from_prediction(), &brute_force(&of(&a), &of(&b), &lengths)));
        prop_assert!(close(found.from_truth(), &brute_force(&of(&b), &of(&a), &lengths)));
    }
}

/// The surface of a 2D mask by its definition, in the plane z = 0.
fn plane_surface(mask: &ndarray::ArrayView2<bool>, options: BoundaryOptions) -> Vec<[i64; 3]> {
    let beyond = options.image_edge == ImageEdge::Foreground;
    let full = options.connectivity == BorderConnectivity::Full;
    let at = |y: usize, x: usize| mask.get([y, x]).copied().unwrap_or(beyond);
    let on_surface = |y: usize, x: usize| {
        (0..9)
            .filter(|i| full || i % 2 == 1)
            .any(|i| !at((y + i / 3).wrapping_sub(1), (x + i % 3).wrapping_sub(1)))
    };
    let inside = mask.indexed_iter().filter(|&((y, x), &yes)| yes && on_surface(y, x));
    inside.map(|((y, x), _)| [0, y as i64, x as i64]).collect()
}

#[test]
fn surfaces_at_the_image_edge_follow_the_table() {
    let mask = |shape, inside: fn((usize, usize)) -> bool| Array2::from_shape_fn(shape, inside);
    for (mask, background, foreground) in [
        (mask((3, 3), |at| at == (0, 0)), 1, 1),
        (mask((3, 3), |at| at == (1, 1)), 1, 1),
        (mask((1, 5), |_| true), 5, 0),
        (mask((3, 3), |_| true), 8, 0),
        (mask((4, 4), |(_, x)| x < 2), 8, 4),
    ] {
        for (image_edge, points) in
            [(ImageEdge::Background, background), (ImageEdge::Foreground, foreground)]
        {
            let options = BoundaryOptions { image_edge, ..BoundaryOptions::default() };
            let found = SurfaceDistances::between(&mask, &mask, &[1.0; 2], options).unwrap();
            assert_eq!(found.from_truth().len(), points);
            assert_eq!(found.hausdorff(), (points > 0).then_some(0.0));
        }
    }
}
