//! Boundary IoU against its definition.

#![allow(clippy::unwrap_used)]

use std::num::NonZeroUsize;

use ndarray::{Array3, Axis};
use proptest::prelude::*;
use qunet_segmetrics::{EmptyPolicy, Error, boundary_iou, boundary_width};

/// `width` erosions, each by the full neighbourhood, with background beyond the image.
fn border(mask: &Array3<bool>, width: usize) -> Array3<bool> {
    let mut inner = mask.clone();
    for _ in 0..width {
        let before = inner.clone();
        for ((z, y, x), pixel) in inner.indexed_iter_mut() {
            *pixel = (0..27).all(|i| {
                let at = [z + i / 9, y + i / 3 % 3, x + i % 3].map(|i| i.wrapping_sub(1));
                before.get(at).copied().unwrap_or(false)
            });
        }
    }
    let inside = ndarray::Zip::from(mask).and(&inner);
    inside.map_collect(|&mask, &inner| mask && !inner)
}

proptest! {
    #[test]
    fn equals_repeated_erosion(
        a in prop::collection::vec(prop::bool::weighted(0.9), 5 * 7 * 6),
        b in prop::collection::vec(prop::bool::weighted(0.95), 5 * 7 * 6),
        width in 1..4_usize,
    ) {
        let shape = (5, 7, 6);
        let a = Array3::from_shape_vec(shape, a).unwrap();
        let b = Array3::from_shape_vec(shape, b).unwrap();
        let (of_a, of_b) = (border(&a, width), border(&b, width));
        let both = of_a.iter().zip(&of_b).filter(|(a, b)| **a && **b).count();
        let either = of_a.iter().zip(&of_b).filter(|(a, b)| **a || **b).count();
        let width = NonZeroUsize::new(width).unwrap();
        let ours = boundary_iou(&a, &b, width, EmptyPolicy::One).unwrap();
        prop_assert_eq!(ours, Some(both as f64 / either as f64));
        prop_assert_eq!(ours, boundary_iou(&b.t(), &a.t(), width, EmptyPolicy::One).unwrap());
    }
}

#[test]
fn empty_masks_and_other_shapes() {
    let one = NonZeroUsize::MIN;
    let full = Array3::from_elem((1, 3, 4), true);
    let empty = full.mapv(|inside| !inside);
    let of = |a, b, policy| boundary_iou(a, b, one, policy).unwrap();
    assert_eq!(of(&empty, &empty, EmptyPolicy::One), Some(1.0));
    assert_eq!(of(&empty, &empty, EmptyPolicy::Undefined), None);
    assert_eq!(of(&full, &empty, EmptyPolicy::One), Some(0.0));
    // A plane in 3D is all border; as a 2D image its two middle pixels are not.
    assert_eq!(of(&full, &full, EmptyPolicy::One), Some(1.0));
    let plane = full.index_axis(Axis(0), 0);
    let mut ring = plane.to_owned();
    ring[[1, 1]] = false;
    assert_eq!(boundary_iou(&plane, &ring, one, EmptyPolicy::One).unwrap(), Some(10.0 / 11.0));
    let mismatch = boundary_iou(&full, &Array3::from_elem((1, 4, 3), true), one, EmptyPolicy::One);
    assert!(matches!(mismatch, Err(Error::ShapeMismatch { .. })));
    assert_eq!(boundary_width(&[3, 4], 0.02), one);
}
