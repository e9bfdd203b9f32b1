//! Variants of files that other programs had trouble with, in folders that are put together here: read as
//! their author meant them, or refused by name. Sums are those of pydicom 3 and Pillow
//! (`dcmread(f).pixel_array` times slope plus intercept; `Image.open(f).convert('L')`).
#![cfg(feature = "dicom")]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use approx::assert_abs_diff_eq;
use qunet_stack::{Foreground, LabelMap, Pixels, Stack};
use tempfile::TempDir;

fn variant(path: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/variants")).join(path)
}

/// A folder with these files: new names, and content.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn bytes(path: &str) -> Vec<u8> {
    fs::read(variant(path)).unwrap()
}

/// Five slices of a series, and another file.
fn series_and(name: &str, content: &[u8]) -> TempDir {
    let names = [1, 2, 3, 4, 5].map(|slice| format!("{slice}.dcm"));
    let slices = names.each_ref().map(|name| bytes(&format!("series/{name}")));
    let mut files: Vec<(&str, &[u8])> =
        names.iter().zip(&slices).map(|(name, bytes)| (name.as_str(), &**bytes)).collect();
    files.push((name, content));
    folder(&files)
}

#[track_caller]
fn refusal(path: impl AsRef<Path>) -> String {
    let error = Stack::open(path).unwrap_err();
    let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |it| it.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn sum(stack: &Stack) -> f64 {
    let slices = stack.ids().map(|id| stack.slice(id).unwrap().to_f32());
    slices.flat_map(|slice| slice.into_iter().map(f64::from)).sum()
}

#[test]
fn a_slice_that_is_broken_is_no_gap() {
    let whole = series_and("6.dcm", &bytes("series/6.dcm"));
    assert_eq!(Stack::open(whole.path()).unwrap().slices(), 6);
    let broken: [&[u8]; 5] = [
        b"",
        b"<html>503 Service Unavailable</html>",
        &[0; 1500],
        &bytes("no_pixels.dcm"),
        &[0x1f, 0x8b, 8, 0],
    ];
    for content in broken {
        let message = refusal(series_and("6.dcm", content).path());
        assert!(message.contains("6.dcm"), "{message}");
    }
    let message = refusal(series_and("IM6", b"").path());
    assert!(message.contains("IM6"), "{message}");
    // Notes are no slices.
    assert_eq!(Stack::open(series_and("notes.txt", b"").path()).unwrap().slices(), 5);
    let message = refusal(variant("float.dcm"));
    assert!(message.contains("rows and no PixelData"), "{message}");
}

#[test]
fn a_picture_that_is_broken_is_no_gap() {
    let picture = bytes("slice.png");
    for (name, content) in [("2.tif", &b""[..]), ("2.tiff", b""), ("2.bmp", b"BM, and the rest")] {
        let mixed = folder(&[("1.png", &picture), (name, content), ("3.png", &picture)]);
        let opened = Stack::open(mixed.path());
        let message = opened.unwrap_err().to_string();
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn pictures_beside_dicom_are_previews_only_of_a_series() {
    let (slice, picture) = (bytes("series/1.dcm"), bytes("slice.png"));
    let preview = folder(&[("1.dcm", &slice), ("1.png", &picture)]);
    assert_eq!(Stack::open(preview.path()).unwrap().slices(), 1);
    let scout = folder(&[("scout.dcm", &slice), ("1.png", &picture), ("2.png", &picture)]);
    let message = refusal(scout.path());
    assert!(message.contains("one DICOM slice and 2 pictures"), "{message}");
    let report = folder(&[("report.dcm", &bytes("report.dcm")), ("1.png", &picture)]);
    assert_eq!(Stack::open(report.path()).unwrap().slices(), 1);
}

#[test]
fn slices_of_which_some_state_a_rescaling_are_refused() {
    let message = refusal(variant("intercept"));
    assert!(message.contains("4.dcm") && message.contains("RescaleIntercept"), "{message}");
}

#[test]
fn slices_that_are_there_twice_are_called_so() {
    let message = refusal(series_and("5_copy.dcm", &bytes("series/5.dcm")).path());
    assert!(message.contains("5_copy.dcm") && message.contains("at the position of"), "{message}");
}

#[test]
fn frames_with_one_position_follow_it_at_their_spacing() {
    let stack = Stack::open(variant("frames.dcm")).unwrap();
    assert_eq!(stack.shape(), [6, 16, 20]);
    assert_abs_diff_eq!(stack.geometry().spacing()[0], 5.0, epsilon = 1e-9);
    assert_abs_diff_eq!(sum(&stack), -14_856.0, epsilon = 0.5);
}

#[test]
fn elements_of_unknown_type_and_empty_ones_are_read() {
    for name in ["u_pos.dcm", "u_rows.dcm", "no_frames.dcm"] {
        let stack = Stack::open(variant(name)).unwrap();
        assert_eq!(stack.shape(), [1, 16, 20], "{name}");
        assert_abs_diff_eq!(sum(&stack), -3_900.0, epsilon = 0.5);
        assert_eq!(stack.geometry().affine.map(|row| row[3]), [10.0, 20.0, 30.0], "{name}");
    }
}

#[test]
fn the_sign_of_24_bits_is_theirs_and_words_of_another_order_are_refused() {
    let stack = Stack::open(variant("bits_24.dcm")).unwrap();
    assert_eq!(stack.range(), (-100.0, 90.0));
    assert_abs_diff_eq!(sum(&stack), -1_600.0, epsilon = 0.5);
    let message = refusal(variant("big_endian_words.dcm"));
    assert!(message.contains("big-endian") && message.contains("gdcmconv"), "{message}");
}

#[test]
fn a_grey_colour_table_that_begins_with_white_has_greys() {
    let stack = Stack::open_labels(variant("white_first.png")).unwrap();
    let Pixels::U8(pixels) = stack.pixels() else { panic!("{:?}", stack.pixels().dtype()) };
    assert_eq!(pixels.iter().filter(|&&pixel| pixel > 0).count(), 40);
}

#[test]
fn a_mask_that_holds_nothing_asked_for_is_refused() {
    let stack = Stack::open_labels(variant("white_first.png")).unwrap();
    let open = |foreground| LabelMap::open(variant("white_first.png"), &stack, foreground);
    for foreground in [Foreground::Labels(vec![9]), Foreground::Above(300.0)] {
        let message = open(foreground).unwrap_err().to_string();
        assert!(message.contains("nothing of it is what was asked for"), "{message}");
    }
    let found = open(Foreground::Labels(vec![255])).unwrap();
    assert_eq!(found.labels().iter().filter(|&&label| label > 0).count(), 40);
}

#[test]
fn a_region_of_too_many_labels_is_refused_as_one() {
    let pixels = ndarray::Array3::from_shape_fn((1, 4, 5), |(_, y, x)| (5 * y + x) as u8);
    let geometry = qunet_stack::Geometry::default();
    let labels = Stack::new("labels", Pixels::U8(pixels), geometry).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("organs.nii");
    labels.write(&path).unwrap();
    let message = LabelMap::open(&path, &labels, Foreground::AnyLabel).unwrap_err().to_string();
    assert!(message.contains("a region of interest has 16 labels at most"), "{message}");
}

/// 4,200 x 4,200 pixels of one bit, which are 8 in a byte before they are packed.
#[test]
fn a_large_picture_of_one_bit_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mask.png");
    let mut encoder = png::Encoder::new(fs::File::create(&path).unwrap(), 4200, 4200);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let row = vec![0xF0; 525];
    encoder.write_header().unwrap().write_image_data(&row.repeat(4200)).unwrap();
    assert_eq!(Stack::open(&path).unwrap().shape(), [1, 4200, 4200]);
}
