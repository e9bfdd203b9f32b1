//! Folders of PNG slices: order, depth, and what is refused.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use image::{DynamicImage, ImageBuffer, Luma, LumaA, Rgb, Rgba};
use ndarray::{Array3, array};
use qunet_stack::{Error, LabelMap, Pixels, Stack};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn save(folder: &TempDir, name: &str, slice: impl Into<DynamicImage>) {
    slice.into().save(folder.path().join(name)).unwrap();
}

/// An image of 3 columns and 2 rows: `start`, `start + step`, ... along the rows.
fn ramp8(start: u8) -> ImageBuffer<Luma<u8>, Vec<u8>> {
    ImageBuffer::from_fn(3, 2, |x, y| Luma([start + (3 * y + x) as u8]))
}

fn ramp16(start: u16) -> ImageBuffer<Luma<u16>, Vec<u16>> {
    ImageBuffer::from_fn(3, 2, |x, y| Luma([start + (3 * y + x) as u16]))
}

fn refused(path: &Path, names: &str) -> String {
    let message = Stack::open(path).unwrap_err().to_string();
    assert!(message.contains(names), "{message:?} does not hold {names:?}");
    message
}

#[test]
fn slices_come_in_natural_order() {
    let folder = folder();
    for (name, start) in [("10.png", 30), ("2.png", 20), ("1.PNG", 10)] {
        save(&folder, name, ramp8(start));
    }
    fs::write(folder.path().join("notes.txt"), "not a slice").unwrap();
    let expected = array![
        [[10u8, 11, 12], [13, 14, 15]],
        [[20, 21, 22], [23, 24, 25]],
        [[30, 31, 32], [33, 34, 35]]
    ];
    let stack = Stack::open(folder.path()).unwrap();
    assert_eq!(stack.pixels(), &Pixels::U8(expected));
    assert_eq!(stack.geometry().spacing(), [1.0; 3]);
}

#[test]
fn sixteen_bits_stay_sixteen_bits() {
    let folder = folder();
    save(&folder, "a.png", ramp16(60_000));
    let expected = Pixels::U16(array![[[60_000, 60_001, 60_002], [60_003, 60_004, 60_005]]]);
    assert_eq!(Stack::open(folder.path()).unwrap().pixels(), &expected);
}

#[test]
fn grey_that_is_stored_as_colour_is_grey() {
    let folder = folder();
    let grey = ramp8(7);
    let (width, height) = grey.dimensions();
    let value = |x, y| grey.get_pixel(x, y)[0];
    save(&folder, "1.png", grey.clone());
    save(&folder, "2.png", ImageBuffer::from_fn(width, height, |x, y| Rgb([value(x, y); 3])));
    let with_alpha = |x, y| Rgba([value(x, y), value(x, y), value(x, y), 255]);
    save(&folder, "3.png", ImageBuffer::from_fn(width, height, with_alpha));
    save(&folder, "4.png", ImageBuffer::from_fn(width, height, |x, y| LumaA([value(x, y), 255])));
    let expected = Array3::from_shape_fn((4, 2, 3), |(_, y, x)| (7 + 3 * y + x) as u8);
    assert_eq!(Stack::open(folder.path()).unwrap().pixels(), &Pixels::U8(expected));
}

#[test]
fn sixteen_bit_grey_that_is_stored_as_colour_keeps_its_depth() {
    let folder = folder();
    let value = |x, y| 1000 + (3 * y + x) as u16;
    save(&folder, "1.png", ramp16(1000));
    save(&folder, "2.png", ImageBuffer::from_fn(3, 2, |x, y| Rgb([value(x, y); 3])));
    let with_alpha = |x, y| Rgba([value(x, y), value(x, y), value(x, y), u16::MAX]);
    save(&folder, "3.png", ImageBuffer::from_fn(3, 2, with_alpha));
    let expected = Array3::from_shape_fn((3, 2, 3), |(_, y, x)| (1000 + 3 * y + x) as u16);
    assert_eq!(Stack::open(folder.path()).unwrap().pixels(), &Pixels::U16(expected));
}

#[test]
fn true_colour_is_refused_by_name() {
    for depth in [8, 16] {
        let folder = folder();
        save(&folder, "1.png", ramp8(0));
        if depth == 8 {
            save(&folder, "2-odd.png", ImageBuffer::from_pixel(3, 2, Rgb([5u8, 5, 6])));
        } else {
            save(&folder, "2-odd.png", ImageBuffer::from_pixel(3, 2, Rgb([5u16, 6, 5])));
        }
        assert!(matches!(Stack::open(folder.path()), Err(Error::Colour { .. })));
        refused(folder.path(), "2-odd.png");
    }
}

#[test]
fn an_odd_slice_is_named() {
    let other_size = folder();
    save(&other_size, "1.png", ramp8(0));
    save(&other_size, "2.png", ramp8(0));
    save(&other_size, "3.png", ImageBuffer::from_pixel(2, 3, Luma([1u8])));
    let message = refused(other_size.path(), "3.png");
    assert!(message.contains(r#"(3, 2, "uint8")"#), "{message}");
    assert!(message.contains(r#"(2, 3, "uint8")"#), "{message}");

    let other_depth = folder();
    save(&other_depth, "1.png", ramp8(0));
    save(&other_depth, "2.png", ramp16(0));
    let message = refused(other_depth.path(), "2.png");
    assert!(message.contains(r#"(2, 3, "uint16")"#), "{message}");
}

#[test]
fn a_folder_without_slices_and_a_broken_slice_are_named() {
    let folder = folder();
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert!(matches!(Stack::open(&empty), Err(Error::EmptyFolder { .. })));
    refused(&empty, "empty");

    fs::write(folder.path().join("broken.png"), "no picture").unwrap();
    refused(folder.path(), "broken.png");
}

#[test]
fn masks_of_0_and_255_become_0_and_1() {
    let (images, masks) = (folder(), folder());
    save(&images, "1.png", ramp8(0));
    let mask = ImageBuffer::from_fn(3, 2, |x, y| Luma([if (x, y) == (2, 1) { 255u8 } else { 0 }]));
    save(&masks, "1.png", mask);
    let stack = Stack::open(images.path()).unwrap();
    let labels = LabelMap::open_binary(masks.path(), &stack).unwrap();
    assert_eq!(labels.labels(), &array![[[0, 0, 0], [0, 0, 1]]]);

    let stack = stack.with_roi(masks.path()).unwrap();
    let roi = stack.roi(0.into()).unwrap().unwrap();
    assert_eq!(roi, array![[false, false, false], [false, false, true]]);
}

#[test]
fn a_mask_on_another_grid_is_refused_with_both_shapes() {
    let (images, masks) = (folder(), folder());
    save(&images, "1.png", ramp8(0));
    save(&masks, "1.png", ramp8(0));
    save(&masks, "2.png", ramp8(0));
    let stack = Stack::open(images.path()).unwrap();
    let message = LabelMap::open_binary(masks.path(), &stack).unwrap_err().to_string();
    assert!(message.contains("[2, 2, 3]") && message.contains("[1, 2, 3]"), "{message}");
    assert!(stack.with_roi(masks.path()).is_err());
}
