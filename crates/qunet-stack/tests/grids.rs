//! A mask is brought onto its stack from any of the 48 orders and directions of its axes, in every way
//! of reading, and from no other place.
#![allow(clippy::unwrap_used)]

use ndarray::{Array3, Axis};
use proptest::prelude::*;
use qunet_stack::{
    Error, Fit, Foreground, Geometry, Grid, LabelMap, LengthUnit, MaskParams, MaskStream, Pixels,
    Resample, SliceStream, Stack,
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

/// The grid of the stack, for masks on other voxels.
fn resampling() -> Grid {
    Grid::from(&stack()).resampling(Resample::Nearest)
}

fn nearest(foreground: Foreground) -> MaskParams {
    MaskParams { foreground, resample: Resample::Nearest }
}

/// The same part of space in voxels of half the size along each axis, or in twice as many.
fn halved(whole: &Geometry) -> Geometry {
    let mut halved = *whole;
    for row in &mut halved.affine {
        row[3] -= 0.25 * (row[0] + row[1] + row[2]);
        row[..3].iter_mut().for_each(|step| *step /= 2.0);
    }
    halved
}

fn resampled<T: Clone + Default>(mask: &Grid, grid: &Grid, labels: &Array3<T>) -> Array3<T> {
    let fit = grid.fit(mask).unwrap();
    assert!(matches!(fit, Fit::Resampled(_)), "{fit:?}");
    fit.apply(labels.clone())
}

/// `cases/resampled/make.py`: SimpleITK 2.5 finds 537 voxels inside, and 168 of 1920 outside the mask.
#[test]
fn a_mask_on_other_voxels_is_resampled_as_itk_does_where_that_is_asked_for() {
    let case = |name: &str| format!("{}/tests/cases/{name}", env!("CARGO_MANIFEST_DIR"));
    let (image, mask) = (Stack::open(case("ct.nii.gz")).unwrap(), case("resampled/mask.nii.gz"));
    let expected = LabelMap::open_binary(case("resampled/expected.nii.gz"), &image).unwrap();
    let message = LabelMap::open_binary(&mask, &image).unwrap_err().to_string();
    assert!(message.contains("--resample nearest"), "{message}");

    let read = LabelMap::open(&mask, &image, nearest(Foreground::Binary)).unwrap();
    assert_eq!(read, expected);
    assert_eq!(read.geometry(), Some(image.geometry()));
    let Fit::Resampled(resampling) = read.fit() else { panic!("{:?}", read.fit()) };
    assert!((resampling.uncovered() - 168.0 / 1920.0).abs() < 1e-12);
    let note = read.fit().note("mask").unwrap();
    assert!(note.contains("nearest neighbour") && note.contains("8.8 % of the stack"), "{note}");

    // In every other way of reading too.
    let roi = image.clone().with_roi_of(&mask, nearest(Foreground::AnyLabel)).unwrap();
    let grid = Grid::from(&image).resampling(Resample::Nearest);
    let stream = MaskStream::open(&mask, grid.clone()).unwrap();
    let streamed: Vec<_> = stream.map(Result::unwrap).collect();
    assert_eq!(streamed.len(), 6);
    for (id, slice) in streamed {
        assert_eq!(slice, expected.mask(id).unwrap());
        assert_eq!(slice, roi.roi(id).unwrap().unwrap());
    }
    let (brought, _) = Stack::open_labels(&mask).unwrap().brought_to(&grid).unwrap();
    assert_eq!(brought.pixels(), &Pixels::U8(expected.labels().clone()));
    assert_eq!(Grid::from(&image).fit(&Grid::from(&brought)).unwrap(), Fit::Same);
}

#[test]
fn what_cannot_be_resampled_is_refused_all_the_same() {
    let mut beside = geometry();
    beside.affine[0][3] += 100.0;
    let beside = Grid::placed("beside", [4, 6, 5], beside);
    assert!(matches!(resampling().fit(&beside), Err(Error::Elsewhere { .. })));
    // Nobody knows where a picture lies.
    let error = resampling().fit(&Grid::from([4, 6, 6]));
    assert!(matches!(error, Err(Error::ShapeMismatch { .. })));
    assert_eq!(resampling().fit(&Grid::from([4, 6, 5])).unwrap(), Fit::Unplaced);
    assert!("linear".parse::<Resample>().unwrap_err().to_string().contains("never, nearest"));
}

/// A mask of the first three of six rows, worked out by hand.
#[test]
fn places_that_differ_only_in_direction_never_print_alike() {
    // Turned by a degree about the axis along the slices.
    let spaced = Geometry::from_spacing([5.0, 0.7, 0.7]);
    let (sin, cos) = 1f64.to_radians().sin_cos();
    let mut turned = spaced;
    turned.affine[0] = [-0.7 * cos, 0.7 * sin, 0.0, 0.0];
    turned.affine[1] = [-0.7 * sin, -0.7 * cos, 0.0, 0.0];
    assert_eq!(spaced.to_string(), turned.to_string());
    let grid = |geometry| Grid::placed("grid", [4, 512, 512], geometry);
    let Err(Error::Elsewhere { found, expected, .. }) = grid(spaced).fit(&grid(turned)) else {
        panic!("they lie on other voxels");
    };
    assert!(
        found.contains("along (-0.999848, -0.0174524, 0), (0.0174524, -0.999848, 0)"),
        "{found}"
    );
    assert!(expected.contains("along (-1, 0, 0), (0, -1, 0) and (0, 0, 1)"), "{expected}");
}

#[test]
fn what_lies_outside_the_mask_is_background_and_told_of() {
    let part = Grid::placed("part", [4, 3, 5], geometry());
    let fit = resampling().fit(&part).unwrap();
    let full = fit.apply(Array3::from_elem((4, 3, 5), 7u8));
    assert!(full.indexed_iter().all(|((_, y, _), &label)| label == if y < 3 { 7 } else { 0 }));
    assert!(fit.to_string().contains("50.0 % of the stack lie outside the mask"), "{fit}");
    let whole = Grid::placed("whole", [4, 6, 6], geometry());
    let fit = resampling().fit(&whole).unwrap();
    assert!(!fit.to_string().contains('%'), "{fit}");
}

proptest! {
    /// On the same voxels nothing is resampled, and less than half a voxel further nothing changes.
    #[test]
    fn labels_on_the_same_grid_stay(
        values in prop::collection::vec(0u8..4, 120), shift in prop::array::uniform3(-0.4f64..0.4),
    ) {
        let labels = Array3::from_shape_vec(SHAPE, values).unwrap();
        let grid = Grid::placed("mask", [4, 6, 5], geometry());
        prop_assert_eq!(resampling().fit(&grid).unwrap(), Fit::Same);
        let mut moved = geometry();
        for row in &mut moved.affine {
            row[3] += row.iter().zip(shift).map(|(step, shift)| step * shift).sum::<f64>();
        }
        let fit = resampling().fit(&Grid::placed("mask", [4, 6, 5], moved)).unwrap();
        prop_assert_eq!(fit.apply(labels.clone()), labels);
    }

    /// Each voxel becomes eight, of which each has its label, and they become it again.
    #[test]
    fn half_the_spacing_and_back_is_no_change(values in prop::collection::vec(0u8..4, 120)) {
        let labels = Array3::from_shape_vec(SHAPE, values).unwrap();
        let coarse = Grid::placed("coarse", [4, 6, 5], geometry()).resampling(Resample::Nearest);
        let fine = Grid::placed("fine", [8, 12, 10], halved(&geometry()));
        let fine = fine.resampling(Resample::Nearest);
        let halves = resampled(&coarse, &fine, &labels);
        prop_assert!(halves.indexed_iter().all(|((z, y, x), &label)| label == labels[(z / 2, y / 2, x / 2)]));
        prop_assert_eq!(resampled(&fine, &coarse, &halves), labels);
    }

    /// However a mask on other voxels is stored, also with centres in the middle between voxels, each
    /// voxel of the stack gets the same label.
    #[test]
    fn the_order_in_which_a_mask_is_stored_does_not_matter(
        values in prop::collection::vec(0u8..4, 120), shift in prop::array::uniform3(-1.5f64..1.5),
    ) {
        let labels = Array3::from_shape_vec(SHAPE, values).unwrap();
        let mut target = halved(&geometry());
        for shift in [[0.0; 3], shift, [0.5, 1.0, -0.5]] {
            for row in &mut target.affine {
                row[3] += row.iter().zip(shift).map(|(step, shift)| step * shift).sum::<f64>();
            }
            let grid = Grid::placed("target", [7, 9, 11], target).resampling(Resample::Nearest);
            let plain = Grid::placed("mask", [4, 6, 5], geometry());
            let expected = resampled(&plain, &grid, &labels);
            for (order, flips) in orders() {
                let (array, place) = stored(&labels, order, flips);
                let (slices, height, width) = array.dim();
                let mask = Grid::placed("mask", [slices, height, width], place);
                prop_assert_eq!(&resampled(&mask, &grid, &array), &expected);
            }
        }
    }

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
