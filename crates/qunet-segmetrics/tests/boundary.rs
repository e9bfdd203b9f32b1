//! Surface distances against medpy, MONAI and SciPy, a brute-force oracle, and their laws.

#![allow(clippy::unwrap_used)]

mod common;

use common::{mask, numbers};
use ndarray::{Array1, Array2, Array3, ArrayD, Axis, IxDyn, ShapeBuilder, s};
use proptest::prelude::*;
use qunet_segmetrics::{
    BorderConnectivity, BoundaryOptions, EmptyPolicy, Error, ImageEdge, Quantile, SurfaceDistances,
};
use serde_json::Value;

#[test]
fn matches_medpy_monai_and_scipy() {
    let golden: Value = serde_json::from_str(include_str!("golden/boundary.json")).unwrap();
    let mut compared = 0;
    for case in golden["cases"].as_array().unwrap() {
        let spacing = numbers(&case["spacing"]);
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

/// Small, or with rows of more than 64 pixels.
fn shape() -> impl Strategy<Value = (usize, usize, usize)> {
    let depth = || prop_oneof![Just(1_usize), 2..6_usize];
    prop_oneof![(depth(), 1..9_usize, 1..9_usize), (1..3_usize, 1..4_usize, 60..135_usize)]
}

prop_compose! {
    fn pair()(shape in shape(), percent in 0..=100_u8)(
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
        assert!(matches!(of(bad), Err(Error::Grid(qunet_grid::Error::Spacing { axes: 3, .. }))));
    }
    let found = of(&[1.0; 3]).unwrap();
    for bad in [-1.0, 100.5, f64::NAN] {
        assert!(matches!(found.hausdorff_pooled(bad), Err(Error::Percentile { .. })));
        assert!(matches!(found.hausdorff_max_directed(bad), Err(Error::Percentile { .. })));
    }
    assert!(matches!(found.surface_dice(-0.1, EmptyPolicy::One), Err(Error::Tolerance { .. })));
    let four = ArrayD::from_elem(IxDyn(&[1, 1, 1, 1]), true);
    let wrong = SurfaceDistances::between(&four, &four, &[1.0; 4], options);
    assert!(matches!(wrong, Err(Error::Grid(qunet_grid::Error::Dimensions { found: 4 }))));
    let none = ArrayD::from_elem(IxDyn(&[]), true);
    let wrong = SurfaceDistances::between(&none, &none, &[], options);
    assert!(matches!(wrong, Err(Error::Grid(qunet_grid::Error::Dimensions { found: 0 }))));
    let other = Array3::from_elem((1, 4, 3), true);
    let mismatch = SurfaceDistances::between(&mask, &other, &[1.0; 3], options);
    assert!(matches!(mismatch, Err(Error::ShapeMismatch { .. })));
}

/// The expected values: `numpy.percentile([0, 2, 5, 9], p, method=m)`, NumPy 2.4.6, and the same of
/// `[0, 0, 2, 5, 9]`, for p of 10, 30, 50, 70, 95.
#[test]
fn quantiles_are_those_of_numpy() {
    let directed = [
        (Quantile::Linear, [0.6, 1.8, 3.5, 5.4, 8.4]),
        (Quantile::Lower, [0.0, 0.0, 2.0, 5.0, 5.0]),
        (Quantile::Higher, [2.0, 2.0, 5.0, 9.0, 9.0]),
        (Quantile::Nearest, [0.0, 2.0, 5.0, 5.0, 9.0]),
        (Quantile::Midpoint, [1.0, 1.0, 3.5, 7.0, 7.0]),
    ];
    let pooled = [
        [0.0, 0.4, 2.0, 4.4, 8.2],
        [0.0, 0.0, 2.0, 2.0, 5.0],
        [0.0, 2.0, 2.0, 5.0, 9.0],
        [0.0, 0.0, 2.0, 5.0, 9.0],
        [0.0, 1.0, 2.0, 3.5, 7.0],
    ];
    let at = |places: &[usize]| Array1::from_shape_fn(10, |x| places.contains(&x));
    let (prediction, truth) = (at(&[0, 2, 5, 9]), at(&[0]));
    for ((quantile, directed), pooled) in directed.into_iter().zip(pooled) {
        let options = BoundaryOptions { quantile, ..BoundaryOptions::default() };
        let found = SurfaceDistances::between(&prediction, &truth, &[1.0], options).unwrap();
        for (i, percent) in [10.0, 30.0, 50.0, 70.0, 95.0].into_iter().enumerate() {
            let one = found.hausdorff_max_directed(percent).unwrap().unwrap();
            let both = found.hausdorff_pooled(percent).unwrap().unwrap();
            assert!((one - directed[i]).abs() < 1e-12, "{quantile:?} {percent}: {one}");
            assert!((both - pooled[i]).abs() < 1e-12, "{quantile:?} {percent}: {both}");
        }
    }
}

/// Distances so large, and so many, that a search outwards gives way to a transform.
#[test]
fn far_surfaces_equal_brute_force() {
    for shape in [(1, 200, 130), (40, 40, 40)] {
        // A shell, and in the plane a checkerboard that is dense.
        let far = |(z, y, x)| {
            if shape.0 == 1 {
                return y < 60 && (y + x) % 2 == 0;
            }
            let on = |at: usize, length: usize| length > 1 && (at == 0 || at + 1 == length);
            on(z, shape.0) || on(y, shape.1) || on(x, shape.2)
        };
        let prediction = Array3::from_shape_fn(shape, far);
        let mut truth = Array3::from_elem(shape, false);
        for step in 0..3 {
            truth[[shape.0 / 2, shape.1 / 2 + 5 * step, shape.2 / 2 - 2 * step]] = true;
        }
        let spacing = [1.5, 0.7, 0.9];
        let options = BoundaryOptions::default();
        let found = SurfaceDistances::between(&prediction, &truth, &spacing, options).unwrap();
        let (from, to) = (surface(&prediction, options), surface(&truth, options));
        assert!(close(found.from_prediction(), &brute_force(&from, &to, &spacing)));
        assert!(close(found.from_truth(), &brute_force(&to, &from, &spacing)));
    }
}

proptest! {
    #[test]
    fn the_layout_in_memory_changes_nothing((a, b) in pair(), options in options()) {
        let spacing = [2.0, 0.7, 0.5];
        let of = |a: &Array3<bool>, b: &Array3<bool>| {
            SurfaceDistances::between(a, b, &spacing, options).unwrap()
        };
        let elements = |a: &Array3<bool>, b: &Array3<bool>| {
            qunet_segmetrics::SurfaceElementDistances::between(a, b, &spacing).unwrap()
        };
        let column_major = |mask: &Array3<bool>| {
            let mut other = Array3::from_elem(mask.raw_dim().f(), false);
            other.assign(mask);
            other
        };
        // Rows along the middle axis.
        let turned = |mask: &Array3<bool>| {
            let mut other = mask.view().permuted_axes([0, 2, 1]).as_standard_layout().into_owned();
            other.swap_axes(1, 2);
            other
        };
        let backwards = |mask: &Array3<bool>| {
            let mut other = mask.slice(s![..;-1, .., ..;-1]).as_standard_layout().into_owned();
            other.invert_axis(Axis(0));
            other.invert_axis(Axis(2));
            other
        };
        let expected = (of(&a, &b), elements(&a, &b));
        for (a, b) in [
            (column_major(&a), column_major(&b)),
            (column_major(&a), b.clone()),
            (turned(&a), column_major(&b)),
            (backwards(&a), turned(&b)),
        ] {
            prop_assert_eq!(&(of(&a, &b), elements(&a, &b)), &expected);
        }
    }
}

/// Masks large enough for the work to be shared.
#[cfg(feature = "parallel")]
#[test]
fn the_number_of_threads_changes_nothing() {
    let ball = |at: f64| {
        Array3::from_shape_fn((90, 90, 90), |(z, y, x)| {
            let from = |i: usize, middle: f64| (i as f64 - middle).powi(2);
            from(z, 45.0) + from(y, at) + from(x, 40.0) < 900.0 || (z, y, x) == (80, 85, 85)
        })
    };
    // The surfaces of two balls, and one that is far from all of a cube.
    let cube = Array3::from_shape_fn((90, 90, 90), |(z, y, x)| [z, y, x].iter().all(|i| *i < 8));
    for (prediction, truth) in [(ball(45.0), ball(41.0)), (ball(60.0), cube)] {
        let found = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let spacing = [2.5, 0.7, 0.7];
                let options = BoundaryOptions::default();
                let pixels =
                    SurfaceDistances::between(&prediction, &truth, &spacing, options).unwrap();
                let elements = qunet_segmetrics::SurfaceElementDistances::between(
                    &prediction,
                    &truth,
                    &spacing,
                );
                (pixels, elements.unwrap())
            })
        };
        let one = found(1);
        assert!(one.0.hausdorff() > Some(1.0));
        assert!([2, 3].into_iter().all(|threads| found(threads) == one));
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
