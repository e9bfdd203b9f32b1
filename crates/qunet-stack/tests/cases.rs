//! Files that other programs had trouble with: read as their author meant them, or refused by name.
//!
//! `cases/` has a folder for each, by its number in docs/reliability.md. The lesion is 500 in every
//! image and lies off centre along each axis, so that a mask that is moved shows in the mean inside.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use approx::assert_abs_diff_eq;
use qunet_stack::{
    Error, Fit, Foreground, Grid, LabelMap, MaskStream, SliceStream, SlicingAxis, Stack,
};

fn case(path: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases")).join(path)
}

fn image() -> Stack {
    Stack::open(case("ct.nii.gz")).unwrap()
}

fn values(stack: &Stack) -> Vec<f64> {
    let slices = stack.ids().map(|id| stack.slice(id).unwrap().to_f32());
    slices.flat_map(|slice| slice.into_iter().map(f64::from)).collect()
}

/// Shape, spacing and sum of a stack; the sums are those of nibabel, pydicom, SimpleITK, tifffile
/// and Pillow.
#[track_caller]
fn assert_read(path: &str, shape: [usize; 3], spacing: [f64; 3], sum: f64) {
    let stack = Stack::open(case(path)).unwrap();
    assert_eq!(stack.shape(), shape, "{path}");
    for (found, expected) in stack.geometry().spacing().into_iter().zip(spacing) {
        assert_abs_diff_eq!(found, expected, epsilon = 1e-4);
    }
    assert_abs_diff_eq!(values(&stack).iter().sum::<f64>(), sum, epsilon = 0.5);
}

/// The error of reading, which says all of this and names its cause once.
#[track_caller]
fn assert_refused(path: &str, says: &[&str]) {
    assert_says(&Stack::open(case(path)).unwrap_err(), says);
}

#[track_caller]
fn assert_says(error: &Error, says: &[&str]) {
    let message = chain(error);
    for words in says {
        assert!(message.contains(words), "{message:?} does not say {words:?}");
    }
}

/// A message and its causes, as programs print it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// How many voxels a mask has inside, and the mean of the image there.
fn inside(image: &Stack, mask: &LabelMap) -> (usize, f64) {
    let pixels = values(image);
    let inside: Vec<f64> =
        pixels.iter().zip(mask.labels()).filter(|(_, label)| **label > 0).map(|it| *it.0).collect();
    (inside.len(), inside.iter().sum::<f64>() / inside.len() as f64)
}

#[test]
fn masks_stored_from_another_end_are_brought_over_and_told_of() {
    let mask = LabelMap::open_binary(case("101/mask.nii.gz"), &image()).unwrap();
    assert_eq!(inside(&image(), &mask), (136, 500.0));
    let note = mask.fit().note("mask.nii.gz").unwrap();
    assert!(note.contains("its rows the other way round"), "{note}");

    let series = Stack::open(case("102/ct")).unwrap();
    let mask = LabelMap::open_binary(case("102/mask.nii.gz"), &series).unwrap();
    assert_eq!(inside(&series, &mask), (136, 500.0));
    let note = mask.fit().note("mask.nii.gz").unwrap();
    assert!(note.contains("its rows and columns the other way round"), "{note}");
}

#[test]
fn masks_on_other_voxels_are_refused_with_both_places() {
    // 50 mm to the side and 30 mm to the front: the root of 3400.
    let truth = Stack::open(case("103/truth.nii.gz")).unwrap();
    let error = LabelMap::open_binary(case("103/prediction.nii.gz"), &truth).unwrap_err();
    assert_says(&error, &["58.310 mm", "(62, 39, -30)", "(12, 9, -30)", "resample"]);
    let error = truth.with_roi(case("103/prediction.nii.gz")).unwrap_err();
    assert!(matches!(error, Error::Elsewhere { .. }));
}

#[test]
fn regions_of_interest_have_a_place_too_also_read_slice_by_slice() {
    let stack = image().with_roi(case("105/roi.nii.gz")).unwrap();
    let mask = LabelMap::open_binary(case("105/roi.nii.gz"), &image()).unwrap();
    let stream = SliceStream::open(case("ct.nii.gz")).unwrap();
    let streamed = MaskStream::open(case("105/roi.nii.gz"), &stream).unwrap();
    for item in streamed {
        let (id, streamed) = item.unwrap();
        assert_eq!(streamed, stack.roi(id).unwrap().unwrap());
        assert_eq!(streamed, mask.mask(id).unwrap());
    }
    assert!(matches!(stack.roi_fit(), Fit::Reordered(_)));
    assert_eq!(inside(&image(), &mask), (136, 500.0));
}

#[test]
fn masks_without_a_place_are_taken_by_their_shape() {
    let mask = LabelMap::open_binary(case("192/masks"), &image()).unwrap();
    assert_eq!(inside(&image(), &mask), (136, 500.0));
    assert!(mask.fit().note("masks").unwrap().contains("say where they lie"));
}

#[test]
fn values_that_are_no_mask_are_listed() {
    let refused = |path: &str, says: &[&str]| {
        let error = LabelMap::open_binary(case(path), &image()).unwrap_err();
        assert!(matches!(error, Error::MaskValues { .. }), "{error}");
        assert_says(&error, says);
        assert!(image().with_roi(case(path)).is_err(), "{path}");
        let grid = Grid::from(&image());
        assert!(MaskStream::open(case(path), grid).unwrap().any(|item| item.is_err()), "{path}");
    };
    refused("202/mask.nii.gz", &["is no label", "1e-12", "--threshold"]);
    refused("203/masks", &["JPEG", "--lesion"]);
    refused("205/mask.nii.gz", &["no voxel is background", "1, 2", "--lesion"]);
    refused("206/mask.nii.gz", &["-1 is below 0"]);
    let error = LabelMap::open_binary(case("204/masks"), &image()).unwrap_err();
    assert_says(&error, &["0.png", "transparent", "flatten"]);
}

#[test]
fn values_that_are_said_are_taken() {
    let count = |path: &str, foreground: Foreground| {
        let mask = LabelMap::open(case(path), &image(), &foreground).unwrap();
        inside(&image(), &mask)
    };
    assert_eq!(count("205/mask.nii.gz", Foreground::Labels(vec![2])), (136, 500.0));
    assert_eq!(count("206/mask.nii.gz", Foreground::Labels(vec![-1])), (136, 500.0));
    assert_eq!(count("203/masks", Foreground::Above(127.0)), (136, 500.0));
    // Of a colour table the indices: 136 of label 1 and 36 of label 2.
    assert_eq!(count("810/masks", Foreground::AnyLabel).0, 172);
    assert_eq!(count("810/masks", Foreground::Labels(vec![2])).0, 36);
    assert_refused("810/masks", &["0.png", "labels"]);
    let palette = Stack::open_labels(case("809/palette.tif")).unwrap();
    assert_eq!(values(&palette).iter().sum::<f64>(), 272.0);
}

#[test]
fn masks_of_255_and_of_scaled_numbers_are_masks() {
    for path in ["201/mask.nii", "291/mask255.nii.gz", "291/scaled.nii.gz"] {
        let mask = LabelMap::open_binary(case(path), &image()).unwrap();
        assert_eq!(inside(&image(), &mask), (136, 500.0), "{path}");
    }
}

#[test]
fn dicom_numbers_that_are_none_are_named() {
    assert_refused("401/ct", &["1.dcm", "PixelSpacing", "0,7"]);
    assert_refused("402/ct", &["1.dcm", "RescaleIntercept", "-1024,5"]);
    assert_refused("403/ct", &["1.dcm", "PixelSpacing is \"\""]);
    assert_refused("404/ct", &["4.dcm", "ImagePositionPatient"]);
}

#[test]
fn dicom_slices_of_another_grid_are_named() {
    assert_refused("406/ct", &["0.dcm", "ImageOrientationPatient", "move it out"]);
    assert_refused("407/ct", &["1.dcm", "1.4", "0.7"]);
    assert_refused("408/ct", &["4.dcm", "ImageOrientationPatient", "-1"]);
    assert_refused("792/ct", &["5.dcm", "slice 3", "10 mm", "5 mm"]);
    assert_refused("807/place", &["0.dcm", "move it out"]);
    assert_refused("807/size", &["0.dcm", "leave out what is none"]);
    assert_refused("808/ct", &["seg.dcm", "segmentation", "move it out"]);
}

#[test]
fn dicom_files_of_every_making_are_read() {
    const CT: [usize; 3] = [6, 16, 20];
    assert_read("405/frames.dcm", CT, [6.0, 0.7, 0.7], -885_962.0);
    assert_read("409/ct", [5, 16, 20], [5.0, 0.7, 0.7], -765_522.0);
    assert_read("410/ct", CT, [5.0, 0.7, 0.7], -885_962.0);
    assert_read("491/ct", CT, [0.625, 0.7, 0.7], -885_962.0);
    assert_read("706/ct", CT, [5.0, 0.7, 0.7], -885_962.0);
    assert_read("707/wrong", [3, 16, 20], [5.0, 0.7, 0.7], -509_928.0);
    assert_read("707/missing", [3, 16, 20], [5.0, 0.7, 0.7], -509_928.0);
    assert_read("708/ct", CT, [5.0, 0.7, 0.7], -885_962.0);
    assert_read("806/ct", [3, 16, 20], [5.0, 0.7, 0.7], -509_928.0);
    let depths = Stack::open(case("705/ct")).unwrap();
    assert_eq!(depths.shape(), CT);
    for (path, spacing) in [("709/a", 0.625_56), ("709/b", 3.333_33)] {
        let stack = Stack::open(case(path)).unwrap();
        assert_eq!(stack.slices(), 10);
        assert_abs_diff_eq!(stack.geometry().spacing()[0], spacing, epsilon = 1e-4);
    }
}

#[test]
fn a_folder_is_what_its_slices_are() {
    assert_refused("411/study", &["ct.nii.gz", "give that file"]);
    assert_read("710/slices", [6, 16, 20], [1.0; 3], 66_635.0);
}

#[test]
fn tiff_descriptions_and_colours_are_read() {
    assert_read("412/stack.tif", [7, 16, 20], [1.0; 3], 1_303_394.0);
    assert_refused("413/stack.tif", &["2 channels", "split"]);
    assert_read("414/image.tif", [3, 16, 20], [1.0; 3], 473_112.0);
    assert_refused("809/palette.tif", &["colour table", "label"]);
    assert_refused("809/zstd.tif", &["zstd", "deflate"]);
}

#[test]
fn planes_behind_one_page_are_all_there_or_refused() {
    let bytes = fs::read(case("412/stack.tif")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stack.tif");
    let text = |from: &str, to: &str| {
        let at = bytes.windows(from.len()).position(|it| it == from.as_bytes()).unwrap();
        let mut bytes = bytes.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    // Seven planes of 640 bytes from 336 on; what lies behind them is none.
    fs::write(&path, &bytes[..336 + 7 * 640]).unwrap();
    assert_eq!(Stack::open(&path).unwrap().slices(), 7);
    fs::write(&path, &bytes[..336 + 7 * 640 - 1]).unwrap();
    assert_refused(path.to_str().unwrap(), &["1 page", "images=7", "cut short"]);
    fs::write(&path, text("images=7", "images=9")).unwrap();
    assert_refused(path.to_str().unwrap(), &["1 page", "images=9", "cut short"]);
    // A series over time is a stack too.
    fs::write(&path, text("slices=7", "frames=7")).unwrap();
    assert_eq!(Stack::open(&path).unwrap().slices(), 7);
    let mut stream = SliceStream::open(&path).unwrap();
    let last = stream.read(qunet_stack::SliceId(6)).unwrap();
    let whole = Stack::open(&path).unwrap();
    assert_eq!(last.view(), whole.slice(qunet_stack::SliceId(6)).unwrap());
    fs::write(&path, text("slices=7\nhyperstack=true", "slices=1\nchannels=7     ")).unwrap();
    assert_refused(path.to_str().unwrap(), &["7 channels", "split them"]);
}

#[test]
fn nifti_files_are_read_as_other_readers_do() {
    const CT: [usize; 3] = [6, 16, 20];
    const SPACING: [f64; 3] = [5.0, 0.7, 0.7];
    const SUM: f64 = -885_962.0;
    assert_read("701/ct.nii", CT, SPACING, SUM);
    assert_read("702/flat.nii", [1, 16, 20], [1.0, 0.7, 0.7], -147_158.0);
    for path in ["703/a.nii", "703/b.nii", "704/zeros.nii.gz", "704/text.nii.gz"] {
        assert_read(path, CT, SPACING, SUM);
    }
    assert_read("791/ct.nii.gz", CT, SPACING, SUM);
    assert_read("801/ct.nii", CT, SPACING, SUM);
    assert_read("804/ct.nii", CT, SPACING, SUM);
    assert_refused("803/ct.nii", &["pixdim[1] is -0.7;"]);
    assert_refused("805/checksum.nii.gz", &["damaged", "download it again"]);
    assert_refused("805/cut.nii.gz", &["damaged", "download it again"]);
}

/// The forms and codes of a header, and its voxel sizes: what programs take a place from.
fn space(path: &Path) -> (Vec<i16>, Vec<f32>) {
    let bytes = fs::read(path).unwrap();
    let code = |at: usize| i16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let number = |at: usize| f32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let [qform, sform] = [code(252), code(254)];
    let rotation = (0..6).map(|place| 256 + 4 * place).filter(|_| qform > 0);
    let rows = (0..12).map(|place| 280 + 4 * place).filter(|_| sform > 0);
    let sizes = [80, 84, 88].into_iter();
    (vec![qform, sform], sizes.chain(rotation).chain(rows).map(number).collect())
}

#[test]
fn label_maps_have_the_forms_and_codes_of_their_image() {
    let folder = tempfile::tempdir().unwrap();
    for (path, codes) in [("601/ct.nii.gz", [1, 4]), ("602/ct.nii", [0, 0]), ("ct.nii.gz", [0, 2])]
    {
        let stack = Stack::open(case(path)).unwrap();
        let [slices, height, width] = stack.shape();
        let labels = folder.path().join("labels.nii");
        stack.write_labels(&labels, &ndarray::Array3::zeros((slices, height, width))).unwrap();
        let copy = folder.path().join("image.nii");
        let mut bytes = Vec::new();
        let file = fs::File::open(case(path)).unwrap();
        if path.ends_with("gz") {
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(file), &mut bytes)
                .unwrap();
            fs::write(&copy, bytes).unwrap();
        } else {
            fs::copy(case(path), &copy).unwrap();
        }
        let (image, written) = (space(&copy), space(&labels));
        assert_eq!(written.0, codes, "{path}");
        assert_eq!(written.0, image.0, "{path}");
        for (found, expected) in written.1.iter().zip(&image.1) {
            assert_abs_diff_eq!(found, expected, epsilon = 1e-5);
        }
        // And what was written lies on the image.
        assert_eq!(LabelMap::open_binary(&labels, &stack).unwrap().fit(), &Fit::Same);
    }
}

#[test]
fn labels_of_a_tilted_gantry_come_back_from_programs_that_know_only_rotations() {
    let series = Stack::open(case("603/ct")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("labels.nii");
    let labels = ndarray::Array3::from_shape_fn((6, 16, 20), |at| u8::from(at == (3, 4, 5)));
    series.write_labels(&path, &labels).unwrap();
    // ITK reads and writes the qform; the sform goes.
    let mut bytes = fs::read(&path).unwrap();
    bytes[254..256].fill(0);
    fs::write(&path, bytes).unwrap();
    let back = LabelMap::open_binary(&path, &series).unwrap();
    assert_eq!((back.labels(), back.fit()), (&labels, &Fit::Same));
    // The two forms are 3.7 mm apart at a corner.
    let places = [series.geometry(), Stack::open(&path).unwrap().geometry()].map(|it| *it);
    assert_abs_diff_eq!(places[0].furthest_corner(&places[1], [6, 16, 20]), 3.708, epsilon = 1e-3);
    // Sliced along rows it is the same stack.
    let resliced = series.resliced(SlicingAxis::Rows).unwrap();
    assert!(Grid::from(&resliced).fit(&Grid::from(&series)).is_ok());
}
