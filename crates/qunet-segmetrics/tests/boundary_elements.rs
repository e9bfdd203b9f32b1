//! Weighted surface distances against surface-distance and MONAI, and what they promise.

#![allow(clippy::unwrap_used)]

mod common;

use common::{mask, numbers};
use ndarray::{Array1, Array2, Array3, ArrayD, IxDyn, array};
use qunet_segmetrics::{EmptyPolicy, Error, SurfaceElementDistances};
use serde_json::Value;

fn of(case: &Value) -> SurfaceElementDistances {
    let (prediction, truth) = (mask(case, "prediction_runs"), mask(case, "truth_runs"));
    SurfaceElementDistances::between(&prediction, &truth, &numbers(&case["spacing"])).unwrap()
}

#[test]
fn matches_surface_distance_and_monai_subvoxels() {
    let golden: Value = serde_json::from_str(include_str!("golden/boundary.json")).unwrap();
    let mut compared = 0;
    for case in golden["cases"].as_array().unwrap() {
        let found = of(case);
        for library in ["surface-distance (DeepMind)", "MONAI NSD use_subvoxels"] {
            // MONAI computes in f32.
            let tolerance = if library.starts_with("MONAI") { 1e-6 } else { 1e-12 };
            for (metric, expected) in case["expected"][library].as_object().unwrap() {
                let ours = match metric.as_str() {
                    "hd" => found.hausdorff(),
                    "hd95_max_of_directed" => found.robust_hausdorff(95.0).unwrap(),
                    "assd_mean_of_directed" => found.masd(),
                    "asd_truth_to_pred" => found.average_from_truth(),
                    "asd_pred_to_truth" => found.average_from_prediction(),
                    "nsd1" => found.surface_dice(1.0, EmptyPolicy::One).unwrap(),
                    "nsd2" => found.surface_dice(2.0, EmptyPolicy::One).unwrap(),
                    other => panic!("no {other}"),
                };
                let (ours, expected) = (ours.unwrap(), expected.as_f64().unwrap());
                assert!(
                    (ours - expected).abs() <= tolerance * expected.max(1.0),
                    "{} {library} {metric}: {ours} {expected}",
                    case["name"]
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 90, "only {compared} values compared");
}

#[test]
fn matches_surface_distance_on_noise() {
    let golden: Value =
        serde_json::from_str(include_str!("golden/boundary_elements.json")).unwrap();
    for case in golden["cases"].as_array().unwrap() {
        let found = of(case);
        let sum = |elements: &[(f64, f64)]| elements.iter().map(|e| e.1).sum::<f64>();
        for (metric, ours) in [
            ("sum_prediction", sum(found.from_prediction())),
            ("sum_truth", sum(found.from_truth())),
            ("average_from_truth", found.average_from_truth().unwrap()),
            ("average_from_prediction", found.average_from_prediction().unwrap()),
            ("hd50", found.robust_hausdorff(50.0).unwrap().unwrap()),
            ("hd95", found.robust_hausdorff(95.0).unwrap().unwrap()),
            ("hd100", found.robust_hausdorff(100.0).unwrap().unwrap()),
            ("nsd", found.surface_dice(0.6, EmptyPolicy::One).unwrap().unwrap()),
        ] {
            let expected = case[metric].as_f64().unwrap();
            assert!(
                (ours - expected).abs() <= 1e-12 * expected.max(1.0),
                "{} {metric}: {ours} {expected}",
                case["shape"]
            );
        }
    }
}

#[test]
fn empty_masks_follow_the_table() {
    let empty = Array3::from_elem((1, 3, 4), false);
    let mut one = empty.clone();
    one[[0, 2, 3]] = true;
    for (a, b, distance, dice) in [
        (&empty, &empty, None, Some(1.0)),
        (&one, &empty, None, Some(0.0)),
        (&empty, &one, None, Some(0.0)),
        (&one, &one, Some(0.0), Some(1.0)),
    ] {
        let found = SurfaceElementDistances::between(a, b, &[1.0; 3]).unwrap();
        assert_eq!(found.surface_dice(1.0, EmptyPolicy::One).unwrap(), dice);
        assert_eq!((found.hausdorff(), found.masd()), (distance, distance));
        assert_eq!(found.robust_hausdorff(95.0).unwrap(), distance);
    }
    let found = SurfaceElementDistances::between(&empty, &empty, &[1.0; 3]).unwrap();
    assert_eq!(found.surface_dice(1.0, EmptyPolicy::Undefined).unwrap(), None);
}

#[test]
fn sizes_are_those_of_the_shapes() {
    let sum = |elements: &[(f64, f64)]| elements.iter().map(|e| e.1).sum::<f64>();
    // A pixel is a rhombus with half the sides' diagonals, wherever it lies in the image.
    let pixel = array![[true]];
    let found = SurfaceElementDistances::between(&pixel, &pixel, &[3.0, 4.0]).unwrap();
    assert_eq!((found.from_truth().len(), sum(found.from_truth())), (4, 10.0));
    // A 1D segment has two ends of size 1.
    let line = Array1::from_elem(5, true);
    let found = SurfaceElementDistances::between(&line, &line, &[2.0]).unwrap();
    assert_eq!((found.from_truth().len(), sum(found.from_truth())), (2, 2.0));
    // A voxel is an octahedron of eight triangles with sides of sqrt(1/2).
    let voxel = Array3::from_elem((1, 1, 1), true);
    let found = SurfaceElementDistances::between(&voxel, &voxel, &[1.0; 3]).unwrap();
    assert!((sum(found.from_truth()) - 3.0_f64.sqrt()).abs() < 1e-12);
}

#[test]
fn bad_input_is_named() {
    let mask = Array2::from_elem((3, 4), true);
    let of = |spacing: &[f64]| SurfaceElementDistances::between(&mask, &mask, spacing);
    assert!(matches!(of(&[1.0]), Err(Error::Grid(qunet_grid::Error::Spacing { axes: 2, .. }))));
    let found = of(&[1.0, 1.0]).unwrap();
    assert!(matches!(found.robust_hausdorff(101.0), Err(Error::Percentile { .. })));
    assert!(matches!(found.surface_dice(-1.0, EmptyPolicy::One), Err(Error::Tolerance { .. })));
    let four = ArrayD::from_elem(IxDyn(&[1, 1, 1, 1]), true);
    let wrong = SurfaceElementDistances::between(&four, &four, &[1.0; 4]);
    assert!(matches!(wrong, Err(Error::Grid(qunet_grid::Error::Dimensions { found: 4 }))));
}
