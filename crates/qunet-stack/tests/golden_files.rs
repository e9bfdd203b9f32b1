//! Files that other libraries wrote, against what they read from them; `golden/make.py` makes both.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use approx::assert_abs_diff_eq;
use qunet_stack::{SliceId, SliceStream, Stack};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    shape: [usize; 3],
    values: Vec<f32>,
    affine: Option<[[f64; 4]; 3]>,
}

fn golden() -> BTreeMap<String, Golden> {
    serde_json::from_str(include_str!("golden/golden.json")).unwrap()
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"))
}

fn values(stack: &Stack) -> Vec<f32> {
    stack.ids().flat_map(|id| stack.slice(id).unwrap().to_f32().into_iter()).collect()
}

#[test]
fn values_and_geometry_are_those_of_nibabel_simpleitk_tifffile_numpy_and_pillow() {
    let mut compared = 0;
    for (name, golden) in golden() {
        if name == "dicom_jpeg2000" && !cfg!(feature = "dicom-jpeg2000") {
            continue;
        }
        let stack = Stack::open(folder().join(&name)).unwrap();
        assert_eq!(stack.shape(), golden.shape, "{name}");
        assert_eq!(values(&stack), golden.values, "{name}");
        if let Some(affine) = golden.affine {
            let read = stack.geometry().affine;
            let pairs = read.as_flattened().iter().zip(affine.as_flattened());
            for (&read, &expected) in pairs {
                assert_abs_diff_eq!(read, expected, epsilon = 1e-5);
            }
        }
        compared += 1;
    }
    assert!(compared >= 30, "{compared}");
}

#[test]
fn the_img_half_opens_the_pair() {
    let golden = &golden()["pair.hdr"];
    let stack = Stack::open(folder().join("pair.img")).unwrap();
    assert_eq!(values(&stack), golden.values);
}

#[test]
fn slices_come_in_any_order_from_every_format() {
    for (name, golden) in golden() {
        if name == "dicom_jpeg2000" && !cfg!(feature = "dicom-jpeg2000") {
            continue;
        }
        let mut stream = SliceStream::open(folder().join(&name)).unwrap();
        let [slices, height, width] = golden.shape;
        let order = [slices - 1, 0, slices / 2, slices / 2, 0];
        for index in order {
            let slice = stream.read(SliceId(index)).unwrap();
            let from = index * height * width;
            let expected = &golden.values[from..from + height * width];
            assert!(slice.view().to_f32().iter().eq(expected), "{name} {index}");
        }
        assert!(stream.read(SliceId(slices)).is_err());
        assert_eq!(stream.count(), slices, "{name}");
    }
}
