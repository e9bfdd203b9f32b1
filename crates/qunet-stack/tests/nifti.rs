//! NIfTI-1 in and out: nothing is lost on the way, and broken files are named instead of read.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use approx::assert_relative_eq;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use ndarray::{Array, Array3, ShapeBuilder};
use nifti::writer::WriterOptions;
use nifti::{NiftiHeader, NiftiType};
use qunet_stack::{Error, Geometry, LabelMap, LengthUnit, Pixels, SliceId, Stack};
use tempfile::TempDir;

/// Three slices of four rows and five columns.
const SHAPE: (usize, usize, usize) = (3, 4, 5);

fn number((z, y, x): (usize, usize, usize)) -> u8 {
    (100 * z + 10 * y + x) as u8
}

fn numbered() -> Array3<u8> {
    Array3::from_shape_fn(SHAPE, number)
}

/// Columns (3, 4, 0), (-2, 1.5, 0) and (0, 0, z): turned by the 3-4-5 triangle, spacing |z|, 2.5, 5.
fn turned(z: f64) -> Geometry {
    Geometry {
        affine: [[3.0, -2.0, 0.0, -90.5], [4.0, 1.5, 0.0, 126.0], [0.0, 0.0, z, -72.25]],
        space: 3,
        unit: LengthUnit::Micrometre,
    }
}

fn stack(geometry: Geometry) -> Stack {
    Stack::new("numbered", Pixels::U8(numbered()), geometry).unwrap()
}

fn file_in(name: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    (folder, path)
}

fn names_in(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The bytes of a plain, valid file of the numbered stack.
fn plain_bytes() -> Vec<u8> {
    let (_folder, path) = file_in("plain.nii");
    stack(turned(2.0)).write(&path).unwrap();
    fs::read(&path).unwrap()
}

fn refused(path: &Path) -> String {
    let message = Stack::open(path).unwrap_err().to_string();
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(message.contains(name), "{message:?} does not name {name}");
    message
}

/// Writes with the nifti crate alone, axes in file order `(x, y, z)`.
fn write_raw<T, D>(path: &Path, data: &Array<T, D>, header: &NiftiHeader)
where
    T: nifti::DataElement + bytemuck::Pod,
    D: ndarray::Dimension + ndarray::RemoveAxis,
{
    WriterOptions::new(path).reference_header(header).write_nifti(data).unwrap();
}

/// Overwrites one little-endian number of the header.
fn patch<const N: usize>(bytes: &mut [u8], offset: usize, value: [u8; N]) {
    bytes[offset..offset + N].copy_from_slice(&value);
}

const DIM: usize = 40;
const PIXDIM: usize = 76;
const VOX_OFFSET: usize = 108;
const SLOPE: usize = 112;
const INTERCEPT: usize = 116;
const QFORM_CODE: usize = 252;
const SFORM_CODE: usize = 254;
const QUATERNION: usize = 256;
const SROW_X: usize = 280;

#[test]
fn every_pixel_type_survives_plain_and_compressed() {
    let all = [
        Pixels::U8(numbered()),
        Pixels::U16(numbered().mapv(|value| 65_535 - u16::from(value))),
        Pixels::I16(numbered().mapv(|value| i16::from(value) - 1024)),
        Pixels::F32(numbered().mapv(|value| f32::from(value) / 3.0 - 7.0)),
    ];
    for pixels in all {
        for name in ["a.nii", "a.nii.gz"] {
            let (_folder, path) = file_in(name);
            let stack = Stack::new("a", pixels.clone(), turned(2.0)).unwrap();
            stack.write(&path).unwrap();
            let read = Stack::open(&path).unwrap();
            assert_eq!(read.pixels(), &pixels, "{name}");
            assert_eq!(read.shape(), [3, 4, 5]);
            assert_eq!(fs::read(&path).unwrap().starts_with(&[0x1f, 0x8b]), name.ends_with("gz"));
        }
    }
}

#[test]
fn geometry_survives_exactly() {
    let units = [
        (LengthUnit::Unknown, 1.0),
        (LengthUnit::Metre, 1000.0),
        (LengthUnit::Millimetre, 1.0),
        (LengthUnit::Micrometre, 0.001),
    ];
    // 2.0 is right-handed, -2.0 left-handed: det = z (3 * 1.5 + 4 * 2).
    for z in [2.0, -2.0] {
        for (unit, millimetres) in units {
            for space in 1..=5 {
                let geometry = Geometry { space, unit, ..turned(z) };
                let (_folder, path) = file_in("a.nii");
                stack(geometry).write(&path).unwrap();
                let read = *Stack::open(&path).unwrap().geometry();
                assert_eq!(read, geometry);
                let expected = [2.0, 2.5, 5.0].map(|length| length * millimetres);
                assert_eq!(read.spacing(), expected);
            }
        }
    }
}

#[test]
fn labels_carry_one_matrix_in_sform_and_qform() {
    for z in [2.0, -2.0] {
        for name in ["labels.nii", "labels.nii.gz"] {
            let (_folder, path) = file_in(name);
            let image = stack(turned(z));
            let labels = Array3::from_shape_fn(SHAPE, |at| u8::from(at == (2, 1, 3)));
            image.write_labels(&path, &labels).unwrap();

            let header = NiftiHeader::from_file(&path).unwrap();
            assert_eq!((header.sform_code, header.qform_code), (3, 3));
            let (sform, qform) = (header.sform_affine::<f64>(), header.qform_affine::<f64>());
            assert_relative_eq!(sform, qform, epsilon = 1e-5);
            assert_eq!(sform.column(2).as_slice(), [0.0, 0.0, z, 0.0]);
            assert_eq!(header.data_type().unwrap(), NiftiType::Uint8);
            assert_eq!((header.scl_slope, header.scl_inter), (1.0, 0.0));
            assert_eq!(header.dim().unwrap(), [5, 4, 3]);
            assert_eq!(LabelMap::open_binary(&path, &image).unwrap().labels(), &labels);
        }
    }
}

#[test]
fn labels_of_any_memory_order_are_written() {
    let (_folder, path) = file_in("labels.nii.gz");
    let labels = Array3::from_shape_fn(SHAPE.f(), |at| number(at) % 2);
    let image = stack(turned(2.0));
    image.write_labels(&path, &labels).unwrap();
    assert_eq!(LabelMap::open_binary(&path, &image).unwrap().labels(), &labels);
}

#[test]
fn labels_of_another_shape_are_refused() {
    let (folder, path) = file_in("labels.nii");
    let error = stack(turned(2.0)).write_labels(&path, &Array3::zeros((3, 5, 4))).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("[3, 5, 4]") && message.contains("[3, 4, 5]"), "{message}");
    assert!(names_in(&folder).is_empty());
}

#[test]
fn x_is_the_column_and_z_the_slice() {
    let (_folder, path) = file_in("a.nii");
    let mut data = Array3::<i16>::zeros((5, 4, 3));
    data[(4, 1, 2)] = 77;
    write_raw(&path, &data, &NiftiHeader::default());
    let stack = Stack::open(&path).unwrap();
    assert_eq!(stack.shape(), [3, 4, 5]);
    let Pixels::I16(pixels) = stack.pixels() else { panic!("{}", stack.pixels().dtype()) };
    assert_eq!(pixels[(2, 1, 4)], 77);
    assert_eq!(pixels.iter().filter(|&&value| value != 0).count(), 1);
}

#[test]
fn gzip_is_seen_by_content() {
    let (folder, gz) = file_in("a.nii.gz");
    stack(turned(2.0)).write(&gz).unwrap();
    let disguised = folder.path().join("disguised.nii");
    fs::copy(&gz, &disguised).unwrap();
    assert_eq!(Stack::open(&disguised).unwrap().pixels(), &Pixels::U8(numbered()));
    let undone = folder.path().join("plain.nii.gz");
    let mut bytes = Vec::new();
    GzDecoder::new(fs::File::open(&gz).unwrap()).read_to_end(&mut bytes).unwrap();
    fs::write(&undone, bytes).unwrap();
    assert_eq!(Stack::open(&undone).unwrap().pixels(), &Pixels::U8(numbered()));
}

#[test]
fn slope_and_intercept_are_applied() {
    let (_folder, path) = file_in("a.nii");
    let mut bytes = plain_bytes();
    patch(&mut bytes, SLOPE, 0.5f32.to_le_bytes());
    patch(&mut bytes, INTERCEPT, (-10.0f32).to_le_bytes());
    fs::write(&path, &bytes).unwrap();
    let expected = numbered().mapv(|value| f32::from(value) * 0.5 - 10.0);
    assert_eq!(Stack::open(&path).unwrap().pixels(), &Pixels::F32(expected));

    // A slope of 0 means: no scaling, and the stored type stays.
    patch(&mut bytes, SLOPE, 0.0f32.to_le_bytes());
    fs::write(&path, &bytes).unwrap();
    assert_eq!(Stack::open(&path).unwrap().pixels(), &Pixels::U8(numbered()));
}

#[test]
fn wide_types_become_f32() {
    let (_folder, path) = file_in("a.nii.gz");
    let expected = Pixels::F32(numbered().mapv(|value| f32::from(value) - 0.5));
    let wide = numbered().reversed_axes().mapv(|value| f64::from(value) - 0.5);
    write_raw(&path, &wide, &NiftiHeader::default());
    assert_eq!(Stack::open(&path).unwrap().pixels(), &expected);

    let expected = Pixels::F32(numbered().mapv(|value| f32::from(value) - 100_000.0));
    let wide = numbered().reversed_axes().mapv(|value| i32::from(value) - 100_000);
    write_raw(&path, &wide, &NiftiHeader::default());
    assert_eq!(Stack::open(&path).unwrap().pixels(), &expected);
}

#[test]
fn one_volume_of_a_series_is_a_stack_and_two_are_not() {
    let (_folder, path) = file_in("series.nii");
    let one = numbered().reversed_axes().insert_axis(ndarray::Axis(3));
    write_raw(&path, &one, &NiftiHeader::default());
    assert_eq!(Stack::open(&path).unwrap().pixels(), &Pixels::U8(numbered()));

    write_raw(&path, &ndarray::Array4::<u8>::zeros((5, 4, 3, 2)), &NiftiHeader::default());
    let message = refused(&path);
    assert!(message.contains("[5, 4, 3, 2]"), "{message}");
}

#[test]
fn a_flat_file_is_one_slice() {
    let (_folder, path) = file_in("flat.nii");
    let header = NiftiHeader { sform_code: 0, qform_code: 0, ..NiftiHeader::default() };
    write_raw(&path, &ndarray::array![[1u8, 2], [3, 4], [5, 6]], &header);
    let stack = Stack::open(&path).unwrap();
    assert_eq!(stack.pixels(), &Pixels::U8(ndarray::array![[[1, 3, 5], [2, 4, 6]]]));
    assert_eq!(stack.geometry().spacing()[0], 1.0);
}

#[test]
fn colour_voxels_are_refused_by_name() {
    let (_folder, path) = file_in("rgb.nii");
    let data = Array3::from_elem((2, 2, 2), [1u8, 2, 3]);
    WriterOptions::new(&path).write_rgb_nifti(&data).unwrap();
    assert!(refused(&path).contains("Rgb24"));
}

#[test]
fn voxels_start_where_the_header_says() {
    let (_folder, path) = file_in("padded.nii");
    let mut bytes = plain_bytes();
    patch(&mut bytes, VOX_OFFSET, 400.0f32.to_le_bytes());
    bytes.splice(352..352, [9; 48]);
    fs::write(&path, &bytes).unwrap();
    assert_eq!(Stack::open(&path).unwrap().pixels(), &Pixels::U8(numbered()));
}

#[test]
fn a_nan_pixel_is_named() {
    let (_folder, path) = file_in("nan.nii.gz");
    let mut data = Array3::<f32>::zeros((5, 4, 3));
    data[(4, 1, 2)] = f32::NAN;
    write_raw(&path, &data, &NiftiHeader::default());
    let message = refused(&path);
    assert!(message.contains("(row 1, column 4) of slice 2 is NaN"), "{message}");
}

#[test]
fn what_is_no_nifti_file_is_named() {
    let (folder, text) = file_in("text.nii.gz");
    fs::write(&text, "Dear reader,\nthis is not an image.\n").unwrap();
    assert!(matches!(Stack::open(&text), Err(Error::UnknownFormat { .. })));
    refused(&text);

    let packed = folder.path().join("packed-text.nii.gz");
    let mut encoder = GzEncoder::new(fs::File::create(&packed).unwrap(), Default::default());
    encoder.write_all(b"packed, but no image either").unwrap();
    encoder.finish().unwrap();
    refused(&packed);

    let empty = folder.path().join("empty.nii");
    fs::write(&empty, "").unwrap();
    refused(&empty);

    let missing = folder.path().join("missing.nii.gz");
    assert!(matches!(Stack::open(&missing), Err(Error::Read { .. })));
    refused(&missing);
}

#[test]
fn truncated_files_are_refused_wherever_they_end() {
    let (folder, gz) = file_in("cut.nii.gz");
    stack(turned(2.0)).write(&gz).unwrap();
    let packed = fs::read(&gz).unwrap();
    for length in 0..packed.len() {
        fs::write(&gz, &packed[..length]).unwrap();
        refused(&gz);
    }
    let plain = folder.path().join("cut.nii");
    let bytes = plain_bytes();
    assert_eq!(bytes.len(), 352 + 60);
    for length in 0..bytes.len() {
        fs::write(&plain, &bytes[..length]).unwrap();
        refused(&plain);
    }
}

#[test]
fn a_damaged_checksum_is_noticed() {
    let (_folder, path) = file_in("damaged.nii.gz");
    stack(turned(2.0)).write(&path).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let checksum = bytes.len() - 8;
    bytes[checksum] ^= 1;
    fs::write(&path, bytes).unwrap();
    refused(&path);
}

#[test]
fn impossible_axes_are_refused() {
    let (_folder, path) = file_in("hostile.nii");
    let huge = [3, 32767, 32767, 32767];
    let cases: [[i16; 4]; 7] = [
        huge,
        [3, 0, 4, 3],
        [3, 5, -4, 3],
        [0, 5, 4, 3],
        [1, 5, 4, 3],
        [8, 5, 4, 3],
        [-1, 5, 4, 3],
    ];
    // Without a form the place of the voxels is told by the axes too.
    for (dim, sform) in cases.into_iter().flat_map(|dim| [(dim, 0i16), (dim, 1)]) {
        let mut bytes = plain_bytes();
        patch(&mut bytes, SFORM_CODE, sform.to_le_bytes());
        patch(&mut bytes, QFORM_CODE, 0i16.to_le_bytes());
        for (axis, length) in dim.into_iter().enumerate() {
            patch(&mut bytes, DIM + 2 * axis, length.to_le_bytes());
        }
        fs::write(&path, &bytes).unwrap();
        refused(&path);
    }
}

#[test]
fn broken_orientations_are_refused() {
    let (_folder, path) = file_in("askew.nii");
    let with_qform_code = |code: i16| {
        let mut bytes = plain_bytes();
        patch(&mut bytes, SFORM_CODE, 0i16.to_le_bytes());
        patch(&mut bytes, QFORM_CODE, code.to_le_bytes());
        bytes
    };
    let message_of = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        refused(&path)
    };

    let mut bytes = with_qform_code(1);
    patch(&mut bytes, PIXDIM + 8, (-1.0f32).to_le_bytes());
    assert!(message_of(&bytes).contains("pixdim[2] is -1"));

    let mut bytes = with_qform_code(1);
    patch(&mut bytes, QUATERNION, 2.0f32.to_le_bytes());
    assert!(message_of(&bytes).contains("quaternion is "));

    // All three rows of the sform zero, and no qform to go by.
    let mut bytes = plain_bytes();
    patch(&mut bytes, QFORM_CODE, 0i16.to_le_bytes());
    patch(&mut bytes, SROW_X, [0; 48]);
    assert!(message_of(&bytes).contains("determinant is 0"));

    let mut bytes = plain_bytes();
    patch(&mut bytes, SROW_X, f32::NAN.to_le_bytes());
    assert!(message_of(&bytes).contains("the affine is NaN"));
}

#[test]
fn an_unknown_orientation_leaves_the_voxel_sizes() {
    let (_folder, path) = file_in("a.nii");
    // A negative code is no code: it must not lead to the quaternion, broken here.
    for code in [0i16, -1] {
        let mut bytes = plain_bytes();
        patch(&mut bytes, SFORM_CODE, 0i16.to_le_bytes());
        patch(&mut bytes, QFORM_CODE, code.to_le_bytes());
        patch(&mut bytes, QUATERNION, 2.0f32.to_le_bytes());
        fs::write(&path, &bytes).unwrap();
        let stack = Stack::open(&path).unwrap();
        assert_eq!(stack.geometry().spacing(), [0.002, 0.0025, 0.005]);
        assert_eq!(stack.geometry().space, 0);
    }
}

#[test]
fn no_header_byte_makes_the_reader_panic() {
    let (_folder, path) = file_in("noise.nii");
    let bytes = plain_bytes();
    for offset in 0..352 {
        for value in [0x00, 0x01, 0x7f, 0x80, 0xff] {
            let mut bytes = bytes.clone();
            bytes[offset] = value;
            fs::write(&path, &bytes).unwrap();
            match Stack::open(&path) {
                // What can be read can be written.
                Ok(stack) => stack.write(path.with_file_name("again.nii")).unwrap(),
                Err(error) => assert!(error.to_string().contains("noise.nii"), "{error}"),
            }
        }
    }
}

#[test]
fn files_get_exactly_the_name_they_were_given() {
    for name in ["scan.v2.nii.gz", "scan.v2.nii", "SCAN.NII.GZ", "scan.gz", "scan", "scan.hdr"] {
        let (folder, path) = file_in(name);
        stack(turned(2.0)).write(&path).unwrap();
        assert_eq!(names_in(&folder), [name]);
        assert_eq!(Stack::open(&path).unwrap().pixels(), &Pixels::U8(numbered()), "{name}");
    }
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    // A folder with something in it is in the way.
    let (folder, path) = file_in("taken.nii.gz");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("note.txt"), "keep me").unwrap();
    let message = stack(turned(2.0)).write(&path).unwrap_err().to_string();
    assert!(message.contains("taken.nii.gz"), "{message}");
    assert_eq!(names_in(&folder), ["taken.nii.gz"]);
    assert_eq!(fs::read_to_string(path.join("note.txt")).unwrap(), "keep me");

    let lost = folder.path().join("no-such-folder").join("a.nii");
    let message = stack(turned(2.0)).write(&lost).unwrap_err().to_string();
    assert!(message.contains("a.nii"), "{message}");
    assert_eq!(names_in(&folder), ["taken.nii.gz"]);
}

#[test]
fn what_nifti_cannot_hold_is_refused() {
    let (folder, path) = file_in("a.nii");
    let long = Pixels::U8(Array3::zeros((1, 1, 32768)));
    let long = Stack::new("long", long, Geometry::default()).unwrap();
    assert!(long.write(&path).unwrap_err().to_string().contains("a.nii"));

    let flat = Geometry { affine: [[0.0; 4]; 3], ..Geometry::default() };
    assert!(stack(flat).write(&path).unwrap_err().to_string().contains("determinant is 0"));
    assert!(names_in(&folder).is_empty());
}

/// Data that is not part of the repository; tests that need it pass without.
fn shared(path: &str) -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    if !data.exists() {
        println!("skipped: no shared/data/{path}");
        return None;
    }
    Some(data)
}

#[test]
fn a_real_lung_ct_is_read() {
    let Some(folder) = shared("lung_ct_ibsi") else { return };
    let stack = Stack::open(folder.join("image.nii.gz")).unwrap();
    assert_eq!(stack.shape(), [60, 201, 204]);
    assert_eq!(stack.range(), (-1000.0, 3065.0));
    let [slice, row, column] = stack.geometry().spacing();
    assert_relative_eq!(slice, 3.0, epsilon = 1e-5);
    assert_relative_eq!(row, 0.977, epsilon = 1e-3);
    assert_relative_eq!(column, 0.977, epsilon = 1e-3);
    let mask = LabelMap::open_binary(folder.join("mask.nii.gz"), &stack).unwrap();
    let with_lesion = |id: &SliceId| mask.mask(*id).unwrap().iter().any(|&lesion| lesion);
    assert_eq!(stack.ids().filter(with_lesion).count(), 26);
}

#[test]
fn real_oct_slices_are_read() {
    let Some(folder) = shared("oct_dme_duke_a/subject_01") else { return };
    let stack = Stack::open(folder.join("images")).unwrap();
    assert_eq!(stack.shape(), [11, 496, 768]);
    let mask = LabelMap::open_binary(folder.join("masks"), &stack).unwrap();
    let with_lesion = |id: &SliceId| mask.mask(*id).unwrap().iter().any(|&lesion| lesion);
    assert_eq!(stack.ids().filter(with_lesion).count(), 9);
}

#[test]
fn a_real_covid_ct_is_read() {
    let Some(folder) = shared("covid_ct_radiopaedia_a") else { return };
    let stack = Stack::open(folder.join("rp_5_image.nii.gz")).unwrap();
    assert_eq!(stack.shape(), [66, 630, 630]);
    let stack = stack.with_roi(folder.join("rp_5_lung.nii.gz")).unwrap();
    let mask = LabelMap::open_binary(folder.join("rp_5_infection.nii.gz"), &stack).unwrap();
    let with_lesion = |id: &SliceId| mask.mask(*id).unwrap().iter().any(|&lesion| lesion);
    assert_eq!(stack.ids().filter(with_lesion).count(), 45);
}
