//! Every function beside NumPy and SciPy; `golden/context.py` made the values.
#![allow(clippy::unwrap_used)]

use approx::assert_relative_eq;
use ndarray::{Array2, Array3, ArrayRef2, Axis, s};
use qunet_context::{
    Drawn, interpolate_labels, neighbour_correlation, remove_spots, signed_distance, smooth_along_z,
};
use serde::Deserialize;

const SHAPE: (usize, usize, usize) = (9, 20, 24);
const DRAWN: [usize; 3] = [1, 4, 7];

#[derive(Deserialize)]
struct Golden {
    distances: Vec<Distance>,
    filled: Vec<Filled>,
    priors: Vec<Maps>,
    followed: Vec<Followed>,
    spots: Vec<Spots>,
    smoothed: Vec<Vec<f32>>,
    correlation: f64,
}

#[derive(Deserialize)]
struct Distance {
    pixel: [f64; 2],
    signed: Vec<f32>,
}

#[derive(Deserialize)]
struct Filled {
    pixel: [f64; 2],
    labels: Vec<String>,
}

#[derive(Deserialize)]
struct Maps {
    slice: usize,
    class: usize,
    maps: [Vec<f32>; 3],
}

#[derive(Deserialize)]
struct Followed {
    slice: usize,
    labels: String,
    maps: [Vec<f32>; 3],
}

#[derive(Deserialize)]
struct Spots {
    quantile: f64,
    spots: usize,
    labels: Vec<String>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/context.json")).unwrap()
}

/// The discs of the script.
fn discs() -> Array3<u8> {
    Array3::from_shape_fn(SHAPE, |(z, y, x)| {
        let near = |row: usize, column: usize| y.abs_diff(row).pow(2) + x.abs_diff(column).pow(2);
        if near(15, 5) < 5 + z && z % 4 != 0 {
            2
        } else {
            u8::from(near(8, 9 + z) < z * (8 - z) || (near(2, 20) < 2 && z != 5))
        }
    })
}

/// The oval of the script.
fn oval() -> Array3<u8> {
    Array3::from_shape_fn(SHAPE, |(z, y, x)| {
        let [rows, columns] = [y.abs_diff(4 + z).pow(2), x.abs_diff(4 + 2 * z).pow(2)];
        u8::from(rows + 2 * columns < 10 + z)
    })
}

/// The discs with the specks of the script.
fn specks() -> Array3<u8> {
    let mut labels = discs();
    for ((z, y, x), label) in labels.indexed_iter_mut() {
        if !DRAWN.contains(&z) && (7 * (x / 3) + 13 * (y / 2) + 29 * z) % 61 < 2 {
            *label = 1 + (y / 2 % 2) as u8;
        }
    }
    labels
}

/// The maps of the script.
fn maps() -> Array3<f32> {
    Array3::from_shape_fn(SHAPE, |(z, y, x)| {
        ((37 * x + 11 * y + 101 * z + x * y * (z % 4)) % 256) as f32 / 256.0
    })
}

/// The pixels of a map that the script writes.
fn thin(plane: &ArrayRef2<f32>) -> Vec<f32> {
    plane.slice(s![..;4, ..;4]).iter().copied().collect()
}

fn digits(labels: &Array3<u8>) -> Vec<String> {
    let digits = |plane: ndarray::ArrayView2<'_, u8>| plane.iter().map(u8::to_string).collect();
    labels.axis_iter(Axis(0)).map(digits).collect()
}

#[test]
fn signed_distances_are_those_of_scipy() {
    let mask: Array2<bool> = discs().index_axis(Axis(0), 4).mapv(|label| label == 1);
    for Distance { pixel, signed } in golden().distances {
        let found = thin(&signed_distance(&mask, pixel).unwrap());
        for (found, expected) in found.iter().zip(signed) {
            // Of square pixels the same bits.
            let tolerance = if pixel[0] == pixel[1] { 0.0 } else { 1e-6 };
            assert_relative_eq!(*found, expected, max_relative = tolerance);
        }
    }
}

#[test]
fn filled_labels_are_those_of_scipy() {
    for Filled { pixel: [height, width], labels } in golden().filled {
        let found = interpolate_labels(&discs(), &DRAWN, [2.5, height, width]).unwrap();
        assert_eq!(digits(&found), labels, "{height} x {width}");
    }
}

#[test]
fn priors_are_those_of_scipy_bit_by_bit() {
    let drawn = Drawn::new(&discs(), &DRAWN, 2, [2.5, 0.7, 0.7]).unwrap();
    for Maps { slice, class, maps } in golden().priors {
        let prior = drawn.prior(slice, class, &[]).unwrap().unwrap();
        let found = [&prior.interpolated, &prior.larger, &prior.nearer].map(|map| thin(map));
        assert_eq!(found, maps, "slice {slice}, class {class}");
    }
}

#[test]
fn an_object_is_followed_as_by_scipy() {
    let drawn = Drawn::new(&oval(), &DRAWN, 1, [2.5, 0.7, 0.7]).unwrap();
    let filled = digits(&interpolate_labels(&oval(), &DRAWN, [2.5, 0.7, 0.7]).unwrap());
    for Followed { slice, labels, maps } in golden().followed {
        assert_eq!(filled[slice], labels, "slice {slice}");
        let prior = drawn.prior(slice, 1, &[]).unwrap().unwrap();
        let found = [&prior.interpolated, &prior.larger, &prior.nearer].map(|map| thin(map));
        for (found, expected) in found.iter().flatten().zip(maps.iter().flatten()) {
            assert_relative_eq!(*found, *expected, epsilon = 1e-5);
        }
    }
}

#[test]
fn spots_are_those_of_scipy() {
    for Spots { quantile, spots, labels } in golden().spots {
        let mut found = specks();
        let removed = remove_spots(&mut found, &DRAWN, quantile).unwrap();
        assert_eq!((removed.spots, digits(&found)), (spots, labels), "{quantile}");
    }
}

#[test]
fn smoothed_maps_and_correlation_are_those_of_numpy() {
    let golden = golden();
    let mut found = maps();
    assert_relative_eq!(
        neighbour_correlation(&found).unwrap(),
        golden.correlation,
        max_relative = 1e-12
    );
    smooth_along_z(&mut found, &DRAWN).unwrap();
    for (found, expected) in found.axis_iter(Axis(0)).zip(golden.smoothed) {
        assert_eq!(thin(&found), expected);
    }
}
