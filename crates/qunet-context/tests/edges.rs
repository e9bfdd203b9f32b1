//! What is refused, with its message, and the smallest stacks.
#![allow(clippy::unwrap_used)]

use ndarray::{Array2, Array3, Axis, array};
use qunet_context::{
    Drawn, Error, FAR, folds, interpolate_labels, remove_spots, signed_distance, smooth_along_z,
};
use qunet_grid::IGNORE;

const SPACING: [f64; 3] = [1.0; 3];

#[test]
fn drawn_slices_are_refused_that_are_named_twice_or_past_the_end() {
    let mut labels = Array3::<u8>::zeros((3, 2, 2));
    let mut maps = Array3::<f32>::zeros((3, 2, 2));
    let past = Error::PastTheEnd { slice: 3, count: 3 };
    let twice = Error::NamedTwice { slice: 1 };
    for (drawn, error) in [([0, 3].as_slice(), past), (&[1, 2, 1], twice)] {
        assert_eq!(interpolate_labels(&labels, drawn, SPACING).unwrap_err(), error);
        assert_eq!(Drawn::new(&labels, drawn, 1, SPACING).unwrap_err(), error);
        assert_eq!(remove_spots(&mut labels, drawn, 0.25).unwrap_err(), error);
        assert_eq!(smooth_along_z(&mut maps, drawn).unwrap_err(), error);
    }
    let error = Error::PastTheEnd { slice: 3, count: 3 };
    assert_eq!(error.to_string(), "slice 3, but the stack has 3 slices, numbered from 0");
    assert_eq!(folds(&[4, 4], 3).unwrap_err(), Error::NamedTwice { slice: 4 });
    assert_eq!(folds(&[4], 0).unwrap_err(), Error::NoFolds);
}

#[test]
fn classes_and_labels_are_refused_beyond_their_range() {
    let mut labels = Array3::<u8>::zeros((3, 2, 4));
    let drawn = Drawn::new(&labels, &[2, 0], 2, SPACING).unwrap();
    assert_eq!(drawn.slices(), [0, 2]);
    assert_eq!(drawn.classes(), 2);
    for class in [0, 3] {
        let error = Error::Class { class, classes: 2 };
        assert_eq!(drawn.prior(1, class, &[]).unwrap_err(), error);
        assert_eq!(drawn.interpolated_distance(1, class, &[]).unwrap_err(), error);
    }
    let error = Error::PastTheEnd { slice: 3, count: 3 };
    assert_eq!(drawn.interpolated_labels(3, &[]).unwrap_err(), error);
    assert_eq!(drawn.prior(3, 1, &[]).unwrap_err(), error);

    labels[[1, 1, 2]] = 7;
    assert!(Drawn::new(&labels, &[0, 2], 2, SPACING).is_ok());
    let error = Drawn::new(&labels, &[0, 1], 2, SPACING).unwrap_err();
    assert_eq!(error, Error::Label { slice: 1, pixel: [1, 2], label: 7, classes: 2 });
    assert_eq!(
        error.to_string(),
        "drawn slice 1 has label 7 at [1, 2], but the labels are 0 to 2, and 255 where nobody \
         annotated; give all classes"
    );
    for classes in [0, 255] {
        let error = Drawn::new(&labels, &[0], classes, SPACING).unwrap_err();
        assert_eq!(error, Error::Classes { classes });
    }
    for value in [-0.1, 1.5, f64::NAN] {
        let error = remove_spots(&mut labels, &[0], value).unwrap_err();
        assert!(matches!(error, Error::Quantile { .. }), "{error}");
    }
}

#[test]
fn spacings_are_lengths() {
    for length in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let labels = Array3::<u8>::zeros((2, 2, 2));
        let error = interpolate_labels(&labels, &[0], [length, 1.0, 1.0]).unwrap_err();
        assert!(matches!(error, Error::Grid(_)), "{error}");
        let mask = Array2::from_elem((2, 2), true);
        assert!(signed_distance(&mask, [1.0, length]).is_err());
    }
}

#[test]
fn pixels_that_nobody_annotated_are_background_of_distances() {
    let labels = array![[[1, 1, IGNORE, 0]], [[0, 0, 0, 0]]];
    let drawn = Drawn::new(&labels, &[0], 1, SPACING).unwrap();
    let prior = drawn.prior(1, 1, &[]).unwrap().unwrap();
    assert_eq!(prior.interpolated, array![[2.0, 1.0, -1.0, -2.0]]);
    let filled = interpolate_labels(&labels, &[0], SPACING).unwrap();
    assert_eq!(filled, array![[[1, 1, IGNORE, 0]], [[1, 1, 0, 0]]]);
}

/// An empty slice counts as 20 pixels away, so a thick object reaches into the gap.
#[test]
fn an_object_ends_between_a_slice_that_shows_it_and_an_empty_one() {
    let mut labels = Array3::<u8>::zeros((5, 1, 61));
    labels.slice_mut(ndarray::s![0, 0, 1..60]).fill(3); // the middle is 30 pixels inside
    let filled = interpolate_labels(&labels, &[0, 4], SPACING).unwrap();
    // Deeper than 20 t / (1 - t): 20 / 3, 20 and 60 pixels; depth 7 and 21 and more.
    let widths = [0, 1, 2, 3, 4]
        .map(|slice| filled.index_axis(Axis(0), slice).iter().filter(|it| **it == 3).count());
    assert_eq!(widths, [59, 59 - 2 * 6, 59 - 2 * 20, 0, 0]);
}

/// Two squares that do not overlap: one object on its way, and two of which nobody knows which is which.
#[test]
fn an_object_is_followed_and_several_are_not() {
    let mut labels = Array3::<u8>::zeros((5, 30, 40));
    labels.slice_mut(ndarray::s![0, 2..8, 3..9]).fill(1);
    labels.slice_mut(ndarray::s![4, 10..16, 23..29]).fill(1);
    let filled = interpolate_labels(&labels, &[0, 4], SPACING).unwrap();
    for (slice, [top, left]) in [(1, [4, 8]), (2, [6, 13]), (3, [8, 18])] {
        let mut square = Array2::<u8>::zeros((30, 40));
        square.slice_mut(ndarray::s![top..top + 6, left..left + 6]).fill(1);
        assert_eq!(filled.index_axis(Axis(0), slice), square, "slice {slice}");
    }
    labels.slice_mut(ndarray::s![0, 20..23, 30..33]).fill(1);
    let filled = interpolate_labels(&labels, &[0, 4], SPACING).unwrap();
    assert!(filled.index_axis(Axis(0), 2).iter().all(|label| *label == 0));
}

#[test]
fn ties_go_to_the_lower_class() {
    let mut labels = Array3::<u8>::zeros((3, 1, 61));
    labels.slice_mut(ndarray::s![0, 0, 1..60]).fill(2);
    labels.slice_mut(ndarray::s![2, 0, 1..60]).fill(1);
    let filled = interpolate_labels(&labels, &[0, 2], SPACING).unwrap();
    // Halfway both are (depth - 20) / 2: positive from depth 21 to 30 on both sides.
    let between = filled.index_axis(Axis(0), 1);
    assert_eq!(between.iter().filter(|label| **label == 1).count(), 59 - 2 * 20);
    assert!(between.iter().all(|label| *label < 2));
}

#[test]
fn an_object_that_fills_its_slice_is_as_far_inside_as_an_empty_slice_is_outside() {
    let full = Array2::from_elem((2, 3), true);
    assert_eq!(signed_distance(&full, [1.0, 9.0]).unwrap(), Array2::from_elem((2, 3), FAR));
    let empty = Array2::from_elem((2, 3), false);
    assert_eq!(signed_distance(&empty, [1.0, 9.0]).unwrap(), Array2::from_elem((2, 3), -FAR));
    let mut labels = Array3::<u8>::zeros((4, 2, 2));
    labels.index_axis_mut(Axis(0), 0).fill(1);
    let filled = interpolate_labels(&labels, &[0, 3], SPACING).unwrap();
    assert!(filled.index_axis(Axis(0), 1).iter().all(|label| *label == 1));
    assert!(filled.index_axis(Axis(0), 2).iter().all(|label| *label == 0));
}

#[test]
fn stacks_of_one_slice_of_none_and_without_a_drawn_one() {
    let one = array![[[1_u8, 0]]];
    assert_eq!(interpolate_labels(&one, &[0], SPACING).unwrap(), one);
    assert_eq!(interpolate_labels(&one, &[], SPACING).unwrap(), array![[[0, 0]]]);
    let drawn = Drawn::new(&one, &[0], 1, SPACING).unwrap();
    assert_eq!(drawn.prior(0, 1, &[]).unwrap(), None);
    assert_eq!(drawn.interpolated_labels(0, &[]).unwrap(), None);
    assert_eq!(drawn.nearest_distance(0, &[]), None);
    let nothing = Drawn::new(&one, &[], 1, SPACING).unwrap();
    assert_eq!(nothing.neighbours(0, &[]), None);
    let mut spot = one.clone();
    assert_eq!(remove_spots(&mut spot, &[], 1.0).unwrap().spots, 0);
    let mut map = array![[[0.25_f32]]];
    smooth_along_z(&mut map, &[]).unwrap();
    assert_eq!(map, array![[[0.25]]]);

    for shape in [(0, 2, 2), (2, 0, 2), (2, 2, 0)] {
        let mut labels = Array3::<u8>::zeros(shape);
        let drawn: Vec<usize> = (0..shape.0).step_by(2).collect();
        assert_eq!(interpolate_labels(&labels, &drawn, SPACING).unwrap(), labels);
        assert_eq!(remove_spots(&mut labels, &drawn, 0.5).unwrap().pixels, 0);
        smooth_along_z(&mut Array3::zeros(shape), &drawn).unwrap();
    }
}
