//! Connected components beside SciPy and a flood fill, in any memory layout.
#![allow(clippy::unwrap_used)]

use ndarray::{Array, Array2, Array3, ArrayD, Axis, Dimension, IxDyn, s};
use proptest::prelude::*;
use qunet_grid::{Connectivity, Error, Objects};
use serde::Deserialize;

const ALL: [Connectivity; 4] =
    [Connectivity::Faces, Connectivity::Slices, Connectivity::Edges, Connectivity::Full];

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    shape: Vec<usize>,
    connectivity: Connectivity,
    sizes: Vec<u64>,
}

#[test]
fn sizes_are_those_of_scipy() {
    let golden: Golden = serde_json::from_str(include_str!("golden/objects.json")).unwrap();
    for case in golden.cases {
        let mask = ArrayD::from_shape_fn(IxDyn(&case.shape), |at| {
            let at = at.slice();
            let (y, x) = (at[at.len() - 2], at[at.len() - 1]);
            let z = if at.len() == 3 { at[0] } else { 0 };
            (7 * x + 13 * y + 29 * z + x * y + y * z) % 11 < 4
        });
        let mut sizes = Objects::from_mask(&mask, case.connectivity).unwrap().sizes().to_vec();
        let mut expected = case.sizes;
        sizes.sort_unstable();
        expected.sort_unstable();
        assert_eq!(sizes, expected, "{:?} {:?}", case.shape, case.connectivity);
    }
}

/// Whether a step along z, y, x leads to a neighbour.
fn are_neighbours(connectivity: Connectivity, [dz, dy, dx]: [bool; 3]) -> bool {
    let axes = [dz, dy, dx].iter().filter(|&&moves| moves).count();
    match connectivity {
        Connectivity::Faces => axes <= 1,
        Connectivity::Slices => axes <= 1 || !dz,
        Connectivity::Edges => axes <= 2,
        Connectivity::Full => true,
    }
}

/// Numbers of objects in raster order of their first pixels, by flooding from each.
fn flooded(mask: &Array3<bool>, connectivity: Connectivity) -> Array3<u32> {
    let mut labels = Array3::zeros(mask.dim());
    let mut count = 0;
    for (start, _) in mask.indexed_iter().filter(|(_, inside)| **inside) {
        if labels[start] > 0 {
            continue;
        }
        count += 1;
        labels[start] = count;
        let mut open = vec![start];
        while let Some((z, y, x)) = open.pop() {
            for ((dz, dy, dx), _) in Array3::<u8>::zeros((3, 3, 3)).indexed_iter() {
                let moves = [dz, dy, dx].map(|step| step != 1);
                let at =
                    ((z + dz).wrapping_sub(1), (y + dy).wrapping_sub(1), (x + dx).wrapping_sub(1));
                if are_neighbours(connectivity, moves)
                    && mask.get(at) == Some(&true)
                    && labels[at] == 0
                {
                    labels[at] = count;
                    open.push(at);
                }
            }
        }
    }
    labels
}

fn masks() -> impl Strategy<Value = (Array3<bool>, Array3<bool>)> {
    // Small, or with rows of more than 64 pixels.
    let shape =
        prop_oneof![(1_usize..5, 1_usize..7, 1_usize..9), (1_usize..4, 1_usize..4, 60_usize..135)];
    (shape, 0.1..0.9).prop_flat_map(|((d, h, w), share)| {
        let mask = move || {
            prop::collection::vec(prop::bool::weighted(share), d * h * w)
                .prop_map(move |pixels| Array3::from_shape_vec((d, h, w), pixels).unwrap())
        };
        (mask(), mask())
    })
}

proptest! {
    #[test]
    fn labels_are_those_of_a_flood_fill((mask, _) in masks()) {
        for connectivity in ALL {
            let objects = Objects::from_mask(&mask, connectivity).unwrap();
            prop_assert_eq!(objects.labels(), flooded(&mask, connectivity));
            let plane = mask.index_axis(Axis(0), 0).insert_axis(Axis(0)).to_owned();
            let flat = Objects::from_mask(&mask.index_axis(Axis(0), 0), connectivity).unwrap();
            let expected = flooded(&plane, connectivity);
            prop_assert_eq!(flat.labels(), expected.index_axis(Axis(0), 0));
        }
    }

    #[test]
    fn views_of_any_layout_have_the_same_objects((mask, _) in masks()) {
        let sizes = |mask: &Array3<bool>| Objects::from_mask(mask, Connectivity::Edges).unwrap().labels();
        let permuted = mask.view().permuted_axes([2, 0, 1]);
        let flipped = mask.slice(s![.., ..;-1, ..]);
        prop_assert_eq!(Objects::from_mask(&permuted, Connectivity::Edges).unwrap().labels(), sizes(&permuted.to_owned()));
        prop_assert_eq!(Objects::from_mask(&flipped, Connectivity::Edges).unwrap().labels(), sizes(&flipped.to_owned()));
    }

    #[test]
    fn small_objects_go_and_the_rest_stay((mask, _) in masks(), least in 0_u64..6) {
        let objects = Objects::from_mask(&mask, Connectivity::Faces).unwrap();
        let all = objects.clone();
        let kept = objects.at_least(least);
        prop_assert!(kept.sizes().iter().all(|&size| size >= least.max(1)));
        prop_assert_eq!(kept.count(), all.sizes().iter().filter(|&&size| size >= least).count());
        let (all, kept) = (all.labels(), kept.labels());
        let again = Objects::from_mask(&kept.mapv(|label| label > 0), Connectivity::Faces).unwrap();
        prop_assert_eq!(again.labels(), kept.clone());
        prop_assert!(all.iter().zip(&kept).all(|(&all, &kept)| all > 0 || kept == 0));
    }

    #[test]
    fn statistics_are_those_of_the_labels((mask, _) in masks()) {
        let objects = Objects::from_mask(&mask, Connectivity::Full).unwrap();
        let labels = objects.labels();
        prop_assert_eq!(objects.mask(), mask);
        for (object, stats) in objects.stats().iter().enumerate() {
            let places: Vec<[usize; 3]> = labels
                .indexed_iter()
                .filter(|(_, label)| **label == object as u32 + 1)
                .map(|((z, y, x), _)| [z, y, x])
                .collect();
            prop_assert_eq!(stats.pixels, places.len() as u64);
            prop_assert_eq!(stats.pixels, objects.sizes()[object]);
            for axis in 0..3 {
                let along = || places.iter().map(|place| place[axis]);
                let bounds = along().min().unwrap()..along().max().unwrap() + 1;
                prop_assert_eq!(&stats.bounds[axis], &bounds);
                let mean = along().sum::<usize>() as f64 / places.len() as f64;
                prop_assert!((stats.centroid[axis] - mean).abs() < 1e-12 * mean.max(1.0));
            }
            let only = objects.clone().retain(|other| other == object).mask();
            prop_assert_eq!(only, labels.mapv(|label| label == object as u32 + 1));
        }
        let most = objects.sizes().iter().copied().max();
        let largest = objects.clone().largest();
        prop_assert_eq!(largest.sizes().first().copied(), most);
        prop_assert_eq!(largest.count(), usize::from(most.is_some()));
        prop_assert!(objects.retain(|_| false).mask().iter().all(|inside| !inside));
    }
}

#[test]
fn degenerate_shapes_have_one_object_or_none() {
    for shape in [(0, 0), (0, 4), (3, 0), (1, 1), (1, 5), (5, 1)] {
        let mask = Array2::from_elem(shape, true);
        let objects = Objects::from_mask(&mask, Connectivity::Faces).unwrap();
        assert_eq!(objects.count(), usize::from(!mask.is_empty()));
        assert_eq!(objects.labels(), Array2::<u32>::ones(shape));
    }
}

#[test]
fn objects_that_share_pixels_are_paired_once() {
    let full = |mask: &Array2<bool>| Objects::from_mask(mask, Connectivity::Full).unwrap();
    let one =
        full(&ndarray::array![[true, true, false], [false, false, false], [true, true, true]]);
    let other =
        full(&ndarray::array![[true, true, true], [true, false, false], [true, false, true]]);
    assert_eq!(one.shared_pixels(&other).unwrap(), [(0, 0, 2), (1, 0, 1), (1, 1, 1)]);
}

#[test]
fn shapes_that_do_not_fit_are_named() {
    let objects =
        |shape| Objects::from_mask(&Array2::from_elem(shape, true), Connectivity::Full).unwrap();
    let error = objects((2, 3)).shared_pixels(&objects((3, 2))).unwrap_err();
    assert!(matches!(error, Error::ShapeMismatch { .. }), "{error}");
    let four = Array::from_elem(ndarray::Ix4(1, 1, 1, 1), true);
    assert_eq!(four.raw_dim().ndim(), 4);
    let error = Objects::from_mask(&four, Connectivity::Full).unwrap_err();
    assert_eq!(error, Error::Dimensions { found: 4 });
}
