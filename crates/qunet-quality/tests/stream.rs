//! Slices scored as they arrive give what the whole stack gives, on any number of threads.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use approx::assert_relative_eq;
use ndarray::Array3;
use qunet_quality::{
    Error, QualityParams, score_file, score_slice, score_stack, score_volume, with_threads,
};
use qunet_stack::{Geometry, Pixels, Scaling, Stack};
use tempfile::TempDir;

const SHAPE: (usize, usize, usize) = (9, 24, 31);
const SCALINGS: [Scaling; 5] = [
    Scaling::None,
    Scaling::StackMinMax,
    Scaling::SliceMinMax,
    Scaling::Window { centre: 90.0, width: 120.0 },
    Scaling::Window { centre: 90.0, width: 121.0 },
];

fn textured() -> Array3<u8> {
    Array3::from_shape_fn(SHAPE, |(z, y, x)| ((x * x + 3 * y * z + 7 * (x ^ y)) % 251) as u8)
}

/// The same texture in each of the stored types.
fn every_type() -> [Pixels; 4] {
    let data = textured();
    [
        Pixels::U8(data.clone()),
        Pixels::U16(data.mapv(|value| 257 * u16::from(value))),
        Pixels::I16(data.mapv(|value| 8 * i16::from(value) - 1000)),
        Pixels::F32(data.mapv(|value| f32::from(value) / 3.0)),
    ]
}

/// A stack and a mask in files of this ending.
fn files(pixels: Pixels, ending: &str) -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(format!("{name}{ending}"));
    let (image, mask) = (path("image"), path("mask"));
    let stack = Stack::new("textured", pixels, Geometry::default()).unwrap();
    stack.write(&image).unwrap();
    let labels = Array3::from_shape_fn(SHAPE, |(z, y, x)| u8::from((x + y + z) % 3 == 0 && z > 0));
    stack.write_labels(&mask, &labels).unwrap();
    (folder, image, mask)
}

#[test]
fn a_streamed_file_scores_like_the_stack_in_memory() {
    let params = QualityParams::default();
    for pixels in every_type() {
        for ending in [".nii", ".nii.gz"] {
            let (_folder, image, mask) = files(pixels.clone(), ending);
            for scaling in SCALINGS {
                let stack = Stack::open(&image).unwrap();
                let whole = score_stack(&stack, &scaling, &params).unwrap();
                assert_eq!(score_file(&image, None, &scaling, &params).unwrap(), whole);
                assert_eq!(whole.len(), 9);

                let stack = stack.with_roi(&mask).unwrap();
                let inside = score_stack(&stack, &scaling, &params).unwrap();
                assert_eq!(score_file(&image, Some(&mask), &scaling, &params).unwrap(), inside);
                assert_eq!((inside[0].roi_pixels, inside[0].roi_mean), (0, None));
                assert_ne!(inside, whole);
            }
        }
    }
}

#[test]
fn unscaled_pixels_score_as_they_are_stored() {
    let params = QualityParams::default();
    for pixels in every_type() {
        let expected = match &pixels {
            Pixels::U8(volume) => score_volume(volume, None, &params),
            Pixels::U16(volume) => score_volume(volume, None, &params),
            Pixels::I16(volume) => score_volume(volume, None, &params),
            Pixels::F32(volume) => score_volume(volume, None, &params),
            other => panic!("{}", other.dtype()),
        };
        let stack = Stack::new("textured", pixels, Geometry::default()).unwrap();
        let records = score_stack(&stack, &Scaling::None, &params).unwrap();
        assert_eq!(records, expected.unwrap());
        // And through f32, as they were once scored, to the last digits.
        for native in &records {
            let converted = stack.scaled_slice(native.id, &Scaling::None).unwrap();
            let float = score_slice(native.id, &converted, None, &params).unwrap();
            let pairs = [
                (Some(native.variance_of_laplacian), Some(float.variance_of_laplacian)),
                (native.inverse_psnr, float.inverse_psnr),
                (native.roi_mean, float.roi_mean),
                (native.roi_cov, float.roi_cov),
            ];
            for (a, b) in pairs {
                assert_relative_eq!(a.unwrap(), b.unwrap(), max_relative = 1e-12);
            }
        }
    }
}

#[test]
fn records_do_not_depend_on_the_number_of_threads() {
    let (_folder, image, mask) = files(Pixels::U8(textured()), ".nii.gz");
    let params = QualityParams::default();
    let score = || score_file(&image, Some(&mask), &Scaling::StackMinMax, &params).unwrap();
    let one = with_threads(1, score).unwrap();
    assert!(one.iter().map(|record| record.id.0).eq(0..9));
    for threads in [0, 2, 3, 16] {
        assert_eq!(with_threads(threads, score).unwrap(), one);
    }
}

#[test]
fn the_first_failing_slice_is_reported_on_any_number_of_threads() {
    let mut volume = Array3::from_elem((200, 40, 40), 1.0_f32);
    volume.slice_mut(ndarray::s![12..;7, 3, 5]).fill(f32::NAN);
    let score = || score_volume(&volume, None, &QualityParams::default());
    for threads in [1, 2, 8] {
        for _ in 0..20 {
            let message = with_threads(threads, score).unwrap().unwrap_err().to_string();
            assert!(message.starts_with("slice 12: pixel at row 3, column 5"), "{message}");
        }
    }
}

#[test]
fn settings_are_checked_before_a_file_is_read() {
    let params = QualityParams { median_window: 0, ..QualityParams::paper() };
    let (_folder, image, _) = files(Pixels::U8(textured()), ".nii");
    let outcome = score_file(&image, None, &Scaling::StackMinMax, &params);
    assert!(matches!(outcome, Err(Error::Parameter { field: "median_window", .. })));
    let flat = Scaling::Window { centre: 0.0, width: 0.0 };
    let message = score_file(&image, None, &flat, &QualityParams::default()).unwrap_err();
    assert!(message.to_string().starts_with("width is 0"), "{message}");
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let params = QualityParams::default();
    let message_of = |image: &Path, roi: Option<&Path>, scaling| {
        score_file(image, roi, scaling, &params).unwrap_err().to_string()
    };
    let (folder, image, mask) = files(Pixels::U8(textured()), ".nii.gz");
    let missing = folder.path().join("missing.nii");
    for scaling in &SCALINGS {
        assert!(message_of(&missing, None, scaling).contains("missing.nii"));
        assert!(message_of(&image, Some(&missing), scaling).contains("missing.nii"));
    }
    // Cut in the middle: the header is whole, the voxels are not.
    for (cut, path) in [("image.nii.gz", &image), ("mask.nii.gz", &mask)] {
        let whole = std::fs::read(path).unwrap();
        std::fs::write(path, &whole[..whole.len() - 20]).unwrap();
        for scaling in &SCALINGS {
            assert!(message_of(&image, Some(&mask), scaling).contains(cut));
        }
        std::fs::write(path, whole).unwrap();
    }
    let other = Stack::new("other", Pixels::U8(Array3::zeros((2, 24, 31))), Geometry::default());
    let small = folder.path().join("small.nii");
    other.unwrap().write(&small).unwrap();
    let message = message_of(&image, Some(&small), &Scaling::None);
    assert!(message.contains("small.nii has shape [2, 24, 31]"), "{message}");
}

#[test]
fn a_thousand_threads_too_many_are_refused() {
    let message = with_threads(2000, || ()).unwrap_err().to_string();
    assert!(message.starts_with("threads is 2000, but the rule is threads <= 1024"), "{message}");
}
