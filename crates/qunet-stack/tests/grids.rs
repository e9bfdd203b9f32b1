//! A mask is brought onto its stack from any of the 48 orders and directions of its axes, in every way
//! of reading, and from no other place.
#![allow(clippy::unwrap_used)]

use ndarray::{Array3, Axis};
use proptest::prelude::*;
use qunet_stack::{
    Error, Fit, Geometry, Grid, LabelMap, LengthUnit, MaskStream, Pixels, SliceStream, Stack,
};

/// Turned about two axes, mirrored, with three different sizes of a voxel.
fn geometry() -> Geometry {
    let (sin, cos) = (0.6, 0.8);
    Geometry {
        affine: [
            [-0.7 * cos, 0.9 * sin, 0.0, 31.5],
            [-0.7 * sin, -0.9 * cos, 0.0, -12.25],
            [0.0, 0.0, 3.0, 7.75],
        ],
        space: 1,
        unit: LengthUnit::Millimetre,
    }
}

const SHAPE: (usize, usize, usize) = (4, 6, 5);

fn stack() -> Stack {
    let pixels = Array3::from_shape_fn(SHAPE, |(z, y, x)| (100 * z + 10 * y + x) as i16);
    Stack::new("image", Pixels::I16(pixels), geometry()).unwrap()
}

/// No axis, end or voxel of it can be mistaken for another.
fn labels() -> Array3<u8> {
    let mut labels = Array3::zeros(SHAPE);
    for at in [(0, 0, 0), (0, 0, 1), (1, 2, 3), (1, 3, 3), (2, 5, 0), (3, 1, 4), (3, 1, 3)] {
        labels[at] = 1;
    }
    labels
}

/// The same voxels in space, stored in another order and from other ends.
fn stored(labels: &Array3<u8>, order: [usize; 3], flips: [bool; 3]) -> (Array3<u8>, Geometry) {
    let mut array = labels.view().permuted_axes(order);
    // Columns of an affine are (column, row, slice), axes of an array the other way round.
    let mut affine = geometry().affine;
    for row in &mut affine {
        let before = *row;
        for axis in 0..3 {
            row[2 - axis] = before[2 - order[axis]];
        }
    }
    for axis in 0..3 {
        if flips[axis] {
            array.invert_axis(Axis(axis));
            let last = (array.len_of(Axis(axis)) - 1) as f64;
            for row in &mut affine {
                row[3] += last * row[2 - axis];
                row[2 - axis] = -row[2 - axis];
            }
        }
    }
    (array.as_standard_layout().into_owned(), Geometry { affine, ..geometry() })
}

fn orders() -> Vec<([usize; 3], [bool; 3])> {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let flips = (0..8).map(|bits| [bits & 1, bits & 2, bits & 4].map(|bit| bit != 0));
    orders.into_iter().flat_map(|order| flips.clone().map(move |flips| (order, flips))).collect()
}

#[test]
fn a_mask_in_any_order_lies_where_it_lies_in_every_way_of_reading() {
    let folder = tempfile::tempdir().unwrap();
    let (stack, labels) = (stack(), labels());
    let image = folder.path().join("image.nii.gz");
    stack.write(&image).unwrap();
    assert_eq!(orders().len(), 48);
    for (order, flips) in orders() {
        for name in ["mask.nii", "mask.nii.gz"] {
            let (array, place) = stored(&labels, order, flips);
            let path = folder.path().join(name);
            Stack::new("mask", Pixels::U8(array), place).unwrap().write(&path).unwrap();

            let read = LabelMap::open_binary(&path, &stack).unwrap();
            assert_eq!(read.labels(), &labels, "{order:?} {flips:?}");
            let same = order == [0, 1, 2] && flips == [false; 3];
            assert_eq!(read.fit() == &Fit::Same, same);
            assert_eq!(read.fit().note(&path).is_none(), same);

            let with_roi = stack.clone().with_roi(&path).unwrap();
            let stream = SliceStream::open(&image).unwrap();
            let masks: Vec<_> = MaskStream::open(&path, &stream).unwrap().collect();
            assert_eq!(masks.len(), 4);
            for item in masks {
                let (id, mask) = item.unwrap();
                assert_eq!(mask, read.mask(id).unwrap(), "{order:?} {flips:?} {id}");
                assert_eq!(mask, with_roi.roi(id).unwrap().unwrap());
            }
            let (brought, _) =
                Stack::open_labels(&path).unwrap().brought_to(&Grid::from(&stack)).unwrap();
            assert_eq!(brought.pixels(), &Pixels::U8(labels.clone()));
            assert!(brought.geometry().furthest_corner(stack.geometry(), stack.shape()) < 1e-4);
        }
    }
}

#[test]
fn units_do_not_matter_to_a_place() {
    let micrometres = Geometry {
        affine: geometry().affine.map(|row| row.map(|value| 1e3 * value)),
        unit: LengthUnit::Micrometre,
        ..geometry()
    };
    let metres = Geometry {
        affine: geometry().affine.map(|row| row.map(|value| 1e-3 * value)),
        unit: LengthUnit::Metre,
        ..geometry()
    };
    for place in [micrometres, metres] {
        let grid = Grid::placed("mask", [4, 6, 5], place);
        assert_eq!(Grid::from(&stack()).fit(&grid).unwrap(), Fit::Same);
    }
}

#[test]
fn where_a_stack_says_nothing_the_shape_counts() {
    let mask = Grid::placed("mask", [4, 6, 5], geometry());
    let plain = Grid::from([4, 6, 5]);
    assert_eq!(plain.fit(&mask).unwrap(), Fit::Unplaced);
    assert_eq!(mask.fit(&plain).unwrap(), Fit::Unplaced);
    assert_eq!(plain.fit(&plain).unwrap(), Fit::Same);
    let other = Grid::from([4, 5, 6]);
    assert!(matches!(mask.fit(&other), Err(Error::ShapeMismatch { .. })));
}

#[test]
fn a_slice_alone_lies_where_it_lies_whatever_its_thickness() {
    let thin = Geometry::from_spacing([1.0, 0.5, 0.5]);
    let thick = Geometry::from_spacing([8.0, 0.5, 0.5]);
    let fit = Grid::placed("a", [1, 6, 5], thin).fit(&Grid::placed("b", [1, 6, 5], thick));
    assert_eq!(fit.unwrap(), Fit::Same);
}

proptest! {
    /// Rounding of a thousandth of a voxel is nothing; a fifth of a voxel is another place.
    #[test]
    fn rounding_is_borne_and_a_shift_is_not(
        axis in 0usize..3, noise in prop::array::uniform12(-1.0f64..1.0), sign in prop::bool::ANY,
    ) {
        let stack = Grid::from(&stack());
        let mut rounded = geometry();
        for (value, noise) in rounded.affine.as_flattened_mut().iter_mut().zip(noise) {
            *value += 1e-4 * noise;
        }
        prop_assert_eq!(stack.fit(&Grid::placed("mask", [4, 6, 5], rounded)).unwrap(), Fit::Same);
        let mut moved = geometry();
        for row in &mut moved.affine {
            row[3] += if sign { 0.2 } else { -0.2 } * row[axis];
        }
        let error = stack.fit(&Grid::placed("mask", [4, 6, 5], moved)).unwrap_err();
        prop_assert!(matches!(error, Error::Elsewhere { .. }), "{}", error);
    }
}
