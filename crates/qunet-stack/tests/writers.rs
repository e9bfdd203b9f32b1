//! What is written lies where it was, along any axis and in any format.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Read;

use flate2::read::GzDecoder;
use ndarray::{Array2, Array3};
use proptest::prelude::*;
use qunet_stack::{
    Error, Geometry, LengthUnit, Pixels, Region, Scaling, Segment, SliceId, SlicingAxis, Stack,
    resize_area, resize_nearest,
};

const AFFINE: [[f64; 4]; 3] =
    [[-3.0, 2.0, 0.0, 90.5], [4.0, 1.5, 0.0, -126.0], [0.0, 0.0, 2.5, -72.25]];

fn geometry(affine: [[f64; 4]; 3]) -> Geometry {
    Geometry { affine, space: 1, unit: LengthUnit::Millimetre }
}

fn stack() -> Stack {
    let pixels = Array3::from_shape_fn((3, 4, 5), |(z, y, x)| (40 * z + 10 * y + x) as u8);
    Stack::new("numbered", Pixels::U8(pixels), geometry(AFFINE)).unwrap()
}

/// The world coordinates of a voxel `(slice, row, column)`.
fn world(geometry: &Geometry, [z, y, x]: [usize; 3]) -> [f64; 3] {
    geometry.affine.map(|row| row[0] * x as f64 + row[1] * y as f64 + row[2] * z as f64 + row[3])
}

#[test]
fn a_voxel_keeps_its_place_and_value_along_every_axis() {
    let stack = stack();
    for axis in [SlicingAxis::Slices, SlicingAxis::Rows, SlicingAxis::Columns] {
        let resliced = stack.resliced(axis).unwrap();
        for (z, y, x) in [(2, 1, 4), (0, 3, 0), (1, 2, 3)] {
            let (a, b, c) = match axis {
                SlicingAxis::Slices => (z, y, x),
                SlicingAxis::Rows => (y, z, x),
                SlicingAxis::Columns => (x, y, z),
            };
            let value = resliced.slice(SliceId(a)).unwrap().to_f32()[(b, c)];
            assert_eq!(value, (40 * z + 10 * y + x) as f32);
            let places =
                (world(resliced.geometry(), [a, b, c]), world(stack.geometry(), [z, y, x]));
            assert_eq!(places.0, places.1);
        }
        let back = resliced.resliced(axis).unwrap();
        assert_eq!((back.pixels(), back.geometry()), (stack.pixels(), stack.geometry()));
    }
}

#[test]
fn orientation_is_named_as_nibabel_names_it() {
    // nibabel.aff2axcodes of diag(-1, -1, 1), diag(1, 1, 1), and of rows y, z, x.
    assert_eq!(Geometry::from_spacing([1.0; 3]).orientation(), "LPS");
    let ras = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
    assert_eq!(geometry(ras).orientation(), "RAS");
    let resliced = [[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 0.0, 0.0]];
    assert_eq!(geometry(resliced).orientation(), "AIR");
    assert_eq!(Geometry::from_lps(geometry(AFFINE).lps()), geometry(AFFINE));
}

#[test]
fn a_segmentation_has_the_fields_of_slicer_and_every_voxel() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lesions.seg.nrrd");
    let mut labels = Array3::<u8>::zeros((3, 4, 5));
    labels[(2, 1, 3)] = 7;
    labels[(1, 1, 4)] = 7;
    let segment = Segment { label: 7, name: "ground glass".into(), colour: [1.0, 0.5, 0.0] };
    stack().write_segmentation(&path, &labels, std::slice::from_ref(&segment)).unwrap();
    let bytes = fs::read(&path).unwrap();
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
    let header = std::str::from_utf8(&bytes[..end]).unwrap();
    for line in [
        "NRRD0004",
        "space: left-posterior-superior",
        "sizes: 5 4 3",
        "space directions: (3,-4,0) (-2,-1.5,0) (0,0,2.5)",
        "space origin: (-90.5,126,-72.25)",
        "Segment0_LabelValue:=7",
        "Segment0_Name:=ground glass",
        "Segment0_Color:=1 0.5 0",
        "Segment0_Extent:=3 4 1 1 1 2",
    ] {
        assert!(header.lines().any(|found| found == line), "{line} is not in\n{header}");
    }
    let mut voxels = Vec::new();
    GzDecoder::new(&bytes[end + 2..]).read_to_end(&mut voxels).unwrap();
    assert_eq!(voxels, labels.into_raw_vec_and_offset().0);

    let none = Segment { label: 0, ..segment };
    let error = stack().write_segmentation(&path, &Array3::zeros((3, 4, 5)), &[none]);
    assert!(matches!(error, Err(Error::Parameter { field: "label", .. })));
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn pictures_come_back_and_a_full_folder_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slices");
    let scaling = Scaling::Window { centre: 127.5, width: 255.0 };
    stack().write_pngs(&path, &scaling).unwrap();
    assert_eq!(Stack::open(&path).unwrap().pixels(), stack().pixels());
    assert!(matches!(stack().write_pngs(&path, &scaling), Err(Error::Write { .. })));
    let masks = folder.path().join("masks");
    let Pixels::U8(labels) = stack().pixels().clone() else { unreachable!() };
    stack().write_label_pngs(&masks, &labels).unwrap();
    assert_eq!(Stack::open(&masks).unwrap().pixels(), stack().pixels());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_cropped_stack_lies_where_its_part_lay() {
    let region = Region { top: 1, left: 2, height: 3, width: 2 };
    let Pixels::U8(pixels) = stack().pixels().clone() else { unreachable!() };
    let part = region.crop_all(&pixels).unwrap();
    assert_eq!(part[(2, 0, 1)], 93);
    let moved = stack().geometry().starting_at([0, 1, 2]);
    assert_eq!(world(&moved, [2, 0, 1]), world(stack().geometry(), [2, 1, 3]));
    let mask = pixels.mapv(|value| value == 93 || value == 32);
    let around = Region { top: 1, left: 2, height: 3, width: 2 };
    assert_eq!(Region::around(&mask, 0), Some(around));
    let wide = Region { top: 0, left: 1, height: 4, width: 4 };
    assert_eq!(Region::around(&mask, 1), Some(wide));
    let beyond = Region { top: usize::MAX, ..region };
    assert!(matches!(beyond.crop_all(&pixels), Err(Error::Region { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_affine_survives_nifti(values in prop::array::uniform12(-500i16..500), packed: bool) {
        let affine: [[f64; 4]; 3] = std::array::from_fn(|row| {
            std::array::from_fn(|column| f64::from(values[4 * row + column]) / 8.0)
        });
        let stack = Stack::new("any", stack().pixels().clone(), geometry(affine)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(if packed { "a.nii.gz" } else { "a.nii" });
        match stack.write(&path) {
            Ok(()) => {
                let read = Stack::open(&path).unwrap();
                prop_assert_eq!(read.geometry(), stack.geometry());
                prop_assert_eq!(read.pixels(), stack.pixels());
            }
            Err(error) => {
                prop_assert!(matches!(error, Error::BrokenGeometry { .. }), "{}", error);
                prop_assert!(!path.exists());
            }
        }
    }

    #[test]
    fn areas_keep_the_mean(
        (from, to) in ((1usize..20, 1usize..20), (1usize..20, 1usize..20)),
        seed in 0u32..1000,
    ) {
        let image = Array2::from_shape_fn(from, |(y, x)| {
            ((seed as usize + 31 * y + 17 * x) % 97) as f32
        });
        let resized = resize_area(&image, to).unwrap();
        let mean = |image: &Array2<f32>| image.sum() / image.len() as f32;
        prop_assert!((mean(&image) - mean(&resized)).abs() < 1e-3);
    }

    #[test]
    fn masks_enlarged_by_whole_numbers_come_back(
        shape in (1usize..12, 1usize..12), times in 1usize..5, seed in 0usize..1000,
    ) {
        let mask = Array2::from_shape_fn(shape, |(y, x)| ((seed + 7 * y + 3 * x) % 5) as u8);
        let large = resize_nearest(&mask, (shape.0 * times, shape.1 * times)).unwrap();
        prop_assert_eq!(resize_nearest(&large, shape).unwrap(), mask);
    }

    #[test]
    fn what_is_put_back_and_cropped_is_the_part(
        (top, left, height, width) in (0usize..9, 0usize..9, 1usize..9, 1usize..9),
    ) {
        let region = Region { top, left, height, width };
        let part = Array2::from_shape_fn((height, width), |(y, x)| (1 + y * width + x) as u16);
        let whole = region.put_back(&part, (top + height, left + width)).unwrap();
        prop_assert_eq!(region.crop(&whole).unwrap(), part);
        prop_assert!(region.crop(&Array2::<u8>::zeros((top + height - 1, left + width))).is_err());
    }
}
