//! Slices read one at a time are those of the stack read at once, and so are the errors.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;
use ndarray::{Array3, Axis};
use nifti::writer::WriterOptions;
use nifti::{DataElement, Endianness, NiftiHeader};
use qunet_stack::{
    Error, Foreground, LabelMap, MaskStream, Pixels, SliceId, SlicePixels, SliceStream, SliceView,
    Stack,
};
use tempfile::TempDir;

/// Three slices of four rows and five columns in file order `(x, y, z)`.
fn numbered() -> Array3<u8> {
    Array3::from_shape_fn((5, 4, 3), |(x, y, z)| (80 * z + 10 * y + x) as u8)
}

fn file_in(name: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    (folder, path)
}

/// Writes with the nifti crate, then sets slope and intercept, which its writer does not take
/// from the header; packed if the name says so.
fn write_raw<T: DataElement + bytemuck::Pod>(path: &Path, data: &Array3<T>, scale: (f32, f32)) {
    let (_folder, plain) = file_in("plain.nii");
    let header = NiftiHeader { endianness: Endianness::Little, ..NiftiHeader::default() };
    WriterOptions::new(&plain).reference_header(&header).write_nifti(data).unwrap();
    let mut bytes = fs::read(&plain).unwrap();
    bytes[112..116].copy_from_slice(&scale.0.to_le_bytes());
    bytes[116..120].copy_from_slice(&scale.1.to_le_bytes());
    write_packed(path, &bytes);
}

fn write_packed(path: &Path, bytes: &[u8]) {
    if path.extension().unwrap() == "gz" {
        let mut encoder = GzEncoder::new(fs::File::create(path).unwrap(), Default::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap();
    } else {
        fs::write(path, bytes).unwrap();
    }
}

/// The stream's slices one by one against those of the whole stack.
fn assert_same(path: &Path) {
    let stack = Stack::open(path).unwrap();
    let stream = SliceStream::open(path).unwrap();
    assert_eq!((stream.shape(), stream.geometry()), (stack.shape(), *stack.geometry()));
    assert_eq!(stream.name(), stack.name());
    let slices: Vec<(SliceId, SlicePixels)> = stream.map(Result::unwrap).collect();
    assert!(slices.iter().map(|(id, _)| *id).eq(stack.ids()));
    for (id, slice) in &slices {
        assert_eq!(slice.view(), stack.slice(*id).unwrap(), "{}", path.display());
    }
    assert_eq!(SliceStream::open(path).unwrap().range().unwrap(), stack.range());
}

#[test]
fn streamed_slices_are_those_of_the_stack() {
    for name in ["a.nii", "a.nii.gz"] {
        // A slope of 0 and one that is not finite mean: no scaling.
        for scale in [(1.0, 0.0), (0.5, -10.0), (1.0, -1024.0), (0.0, 7.0), (f32::NAN, 1.0)] {
            let (_folder, path) = file_in(name);
            let data = numbered();
            write_raw(&path, &data, scale);
            assert_same(&path);
            write_raw(&path, &data.mapv(|value| 65_535 - u16::from(value)), scale);
            assert_same(&path);
            write_raw(&path, &data.mapv(|value| i16::from(value) - 1024), scale);
            assert_same(&path);
            write_raw(&path, &data.mapv(|value| f32::from(value) / 3.0), scale);
            assert_same(&path);
            write_raw(&path, &data.mapv(|value| f64::from(value) / 3.0), scale);
            assert_same(&path);
            write_raw(&path, &data.mapv(|value| i64::from(value) - 70_000), scale);
            assert_same(&path);
        }
    }
}

#[test]
fn values_and_types_are_those_that_were_written() {
    let (_folder, path) = file_in("a.nii.gz");
    // x = 4, y = 1 of slice 2: 2 * 80 + 10 + 4 = 174.
    let third = |path: &Path| SliceStream::open(path).unwrap().nth(2).unwrap().unwrap();
    write_raw(&path, &numbered(), (1.0, 0.0));
    let (id, slice) = third(&path);
    let SlicePixels::U8(slice) = slice else { panic!("{slice:?}") };
    assert_eq!((id, slice.dim(), slice[(1, 4)]), (SliceId(2), (4, 5), 174));

    write_raw(&path, &numbered(), (0.5, -10.0));
    let (_, slice) = third(&path);
    let SlicePixels::F32(slice) = slice else { panic!("{slice:?}") };
    assert_eq!(slice[(1, 4)], 77.0);
}

#[test]
fn the_other_byte_order_is_read_too() {
    let (_folder, path) = file_in("a.nii");
    let data = numbered().mapv(|value| i16::from(value) - 1024);
    let header = NiftiHeader { endianness: Endianness::Big, ..NiftiHeader::default() };
    WriterOptions::new(&path).reference_header(&header).write_nifti(&data).unwrap();
    assert!(fs::read(&path).unwrap().starts_with(&348u32.to_be_bytes()));
    assert_same(&path);
    let slice = SliceStream::open(&path).unwrap().next().unwrap().unwrap().1;
    let SliceView::I16(slice) = slice.view() else { panic!("{slice:?}") };
    assert_eq!(slice[(3, 4)], 34 - 1024);
}

#[test]
fn folders_of_png_slices_stream_in_natural_order() {
    let (folder, first) = file_in("2.png");
    let save = |path: &Path, start: u8| {
        let image =
            image::GrayImage::from_fn(3, 2, |x, y| image::Luma([start + (3 * y + x) as u8]));
        image.save(path).unwrap();
    };
    save(&first, 10);
    save(&folder.path().join("10.png"), 20);
    assert_same(folder.path());
    let last = SliceStream::open(folder.path()).unwrap().last().unwrap().unwrap();
    assert_eq!((last.0, last.1.view().range()), (SliceId(1), (20.0, 25.0)));

    image::GrayImage::new(4, 2).save(folder.path().join("3.png")).unwrap();
    let mut stream = SliceStream::open(folder.path()).unwrap();
    assert!(stream.next().unwrap().is_ok());
    assert!(matches!(stream.next(), Some(Err(Error::UnevenSlices { .. }))));
    assert!(stream.next().is_none());
}

#[test]
fn masks_stream_as_they_are_read_at_once() {
    for name in ["mask.nii", "mask.nii.gz"] {
        let (folder, path) = file_in("image.nii");
        let mask_path = folder.path().join(name);
        write_raw(&path, &numbered(), (1.0, 0.0));
        let labels = numbered().mapv(|value| if value % 4 == 0 { 255.0 } else { 0.0_f32 });
        write_raw(&mask_path, &labels, (1.0, 0.0));
        let stack = Stack::open(&path).unwrap().with_roi(&mask_path).unwrap();
        let masks: Vec<_> =
            MaskStream::open(&mask_path, stack.shape()).unwrap().map(Result::unwrap).collect();
        assert_eq!(masks.len(), 3);
        for (id, mask) in masks {
            assert_eq!(mask, stack.roi(id).unwrap().unwrap());
        }
    }
}

#[test]
fn a_mask_on_another_grid_is_refused_before_it_is_read() {
    let (_folder, path) = file_in("mask.nii");
    write_raw(&path, &numbered(), (1.0, 0.0));
    let error = MaskStream::open(&path, [3, 5, 4]).unwrap_err();
    assert!(matches!(error, Error::ShapeMismatch { found: [3, 4, 5], .. }), "{error}");
}

/// What reading to the end says.
fn failure(path: &Path) -> Option<String> {
    let read = SliceStream::open(path).and_then(|stream| stream.collect::<Result<Vec<_>, _>>());
    read.err().map(|error| error.to_string())
}

#[test]
fn no_truncated_file_passes_for_a_whole_one() {
    for name in ["cut.nii", "cut.nii.gz"] {
        let (_folder, path) = file_in(name);
        write_raw(&path, &numbered(), (1.0, 0.0));
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let message = failure(&path).unwrap();
            assert!(message.contains(name), "{message}");
            assert_eq!(Stack::open(&path).unwrap_err().to_string(), message);
        }
    }
}

#[test]
fn a_short_file_is_refused_before_a_slice_is_read() {
    let (_folder, path) = file_in("short.nii");
    write_raw(&path, &numbered(), (1.0, 0.0));
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let error = SliceStream::open(&path).unwrap_err();
    assert!(matches!(error, Error::CutShort { expected: 60, found: 59, .. }), "{error}");
}

#[test]
fn a_packed_file_that_cannot_hold_its_voxels_is_refused_when_it_is_opened() {
    let (_folder, path) = file_in("huge.nii.gz");
    let (_plain_folder, plain) = file_in("plain.nii");
    write_raw(&plain, &numbered(), (1.0, 0.0));
    let mut bytes = fs::read(&plain).unwrap();
    for (axis, length) in [3i16, 32_767, 32_767, 32_767].into_iter().enumerate() {
        bytes[40 + 2 * axis..42 + 2 * axis].copy_from_slice(&length.to_le_bytes());
    }
    write_packed(&path, &bytes);
    let error = SliceStream::open(&path).unwrap_err();
    assert!(matches!(error, Error::CutShort { .. }), "{error}");
    assert!(matches!(Stack::open(&path), Err(Error::CutShort { .. })));
}

#[test]
fn a_damaged_checksum_is_the_error_of_the_last_slice() {
    let (_folder, path) = file_in("damaged.nii.gz");
    write_raw(&path, &numbered(), (1.0, 0.0));
    let mut bytes = fs::read(&path).unwrap();
    let checksum = bytes.len() - 8;
    bytes[checksum] ^= 1;
    fs::write(&path, bytes).unwrap();
    let items: Vec<bool> = SliceStream::open(&path).unwrap().map(|item| item.is_ok()).collect();
    assert_eq!(items, [true, true, false]);
}

#[test]
fn a_pixel_that_is_not_finite_ends_the_stream_where_it_is() {
    let (_folder, path) = file_in("nan.nii.gz");
    let mut data = numbered().mapv(f32::from);
    data[(4, 1, 1)] = f32::INFINITY;
    write_raw(&path, &data, (1.0, 0.0));
    let mut stream = SliceStream::open(&path).unwrap();
    assert!(stream.next().unwrap().is_ok());
    let message = stream.next().unwrap().unwrap_err().to_string();
    assert!(message.contains("(row 1, column 4) of slice 1 is inf"), "{message}");
    assert!(stream.next().is_none());
    assert_eq!(Stack::open(&path).unwrap_err().to_string(), message);
}

#[test]
fn a_voxel_size_that_is_not_that_of_the_type_is_refused() {
    let (_folder, path) = file_in("bits.nii");
    write_raw(&path, &numbered(), (1.0, 0.0));
    let mut bytes = fs::read(&path).unwrap();
    bytes[72..74].copy_from_slice(&16i16.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let message = SliceStream::open(&path).unwrap_err().to_string();
    assert!(message.contains("invalid code `16` for header field bitpix"), "{message}");
}

#[test]
fn streams_may_be_sent_to_another_thread() {
    fn assert_send<T: Send>() {}
    assert_send::<SliceStream>();
    assert_send::<MaskStream>();
}

#[test]
fn stacks_read_through_the_stream_keep_their_layout() {
    let (_folder, path) = file_in("a.nii.gz");
    write_raw(&path, &numbered(), (1.0, 0.0));
    let stack = Stack::open(&path).unwrap();
    let Pixels::U8(pixels) = stack.pixels() else { panic!("{}", stack.pixels().dtype()) };
    assert!(pixels.is_standard_layout());
    assert_eq!(pixels.len_of(Axis(0)), 3);
    let above = LabelMap::open(&path, &stack, Foreground::Above(0.0)).unwrap();
    assert_eq!(above.labels()[(2, 1, 4)], 1);
}
