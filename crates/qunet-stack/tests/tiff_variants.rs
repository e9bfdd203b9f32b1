//! TIFF files of many kinds: read as their author meant them, or refused by name.
//!
//! `cases/tiff/make.py` wrote the files, and `expected.json` from what tifffile reads of them.
#![cfg(feature = "tiff")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use flate2::Crc;
use qunet_stack::{Error, Stack};
use serde::Deserialize;

#[derive(Deserialize)]
struct Expected {
    shape: [usize; 3],
    crc: u32,
}

fn file(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/tiff")).join(name)
}

fn expected() -> BTreeMap<String, Expected> {
    serde_json::from_slice(&fs::read(file("expected.json")).unwrap()).unwrap()
}

fn crc(stack: &Stack) -> u32 {
    let mut crc = Crc::new();
    for id in stack.ids() {
        stack.slice(id).unwrap().to_f32().iter().for_each(|value| crc.update(&value.to_le_bytes()));
    }
    crc.sum()
}

/// A file is refused with these words, each as an image and as labels.
#[track_caller]
fn assert_refused(path: &Path, says: &[&str]) {
    for refused in [Stack::open(path), Stack::open_labels(path)] {
        let error = refused.unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
        let message = error.to_string();
        for words in says {
            assert!(message.contains(words), "{message:?} does not say {words:?}");
        }
    }
}

#[test]
fn values_and_their_order_are_those_of_tifffile() {
    let expected = expected();
    assert!(!expected.is_empty());
    for (name, Expected { shape, crc: expected }) in expected {
        let stack = Stack::open_labels(file(&name)).unwrap();
        assert_eq!(stack.shape(), shape, "{name}");
        assert_eq!(crc(&stack), expected, "{name}");
    }
}

#[test]
fn files_of_several_stacks_are_refused_by_what_they_hold() {
    for (name, says) in [
        ("ome_prefix_channels.tif", ["2 channels", "split them"]),
        ("ome_quotes_channels.tif", ["2 channels", "split them"]),
        ("axes_channels.tif", ["2 channels", "split them"]),
        ("ome_images.tif", ["2 images", "file of its own"]),
        ("ome_fewer.tif", ["6 pages", "tells of 5"]),
        ("series.tif", ["2 series of 3, 2 planes", "file of its own"]),
        ("series_and_page.tif", ["4 pages", "tells of 3"]),
    ] {
        assert_refused(&file(name), &says);
    }
}

#[test]
fn bits_that_are_packed_in_another_way_are_refused_by_its_name() {
    // The number of the way of packing, which is 4, is that of group 3.
    let mut bytes = fs::read(file("bits_group4.tif")).unwrap();
    let packing = [3, 1, 3, 0, 1, 0, 0, 0, 4];
    while let Some(at) = bytes.windows(packing.len()).position(|part| part == packing) {
        bytes[at + packing.len() - 1] = 3;
    }
    let folder = tempfile::tempdir().unwrap();
    let group3 = folder.path().join("group3.tif");
    fs::write(&group3, bytes).unwrap();
    assert_refused(&group3, &["CCITT fax of group 3", "deflate or LZW"]);
    assert_refused(&file("bits_lowest_first.tif"), &["lowest bit", "highest first"]);
}

#[test]
fn pages_that_may_be_no_slices_are_refused_in_words_about_pages() {
    for (name, says) in [
        ("copy_as_large.tif", ["number 4", "without that page"]),
        ("other_size.tif", ["(4, 5) and, on page 4, (2, 3)", "only the pages of the stack"]),
        ("transparency.tif", ["number 2", "without transparency"]),
    ] {
        assert_refused(&file(name), &says);
    }
}
