//! Every value and every place beside what independent Python libraries read, where they are at
//! hand: `readers/read.py` names them. The environment variable `QUNET_PYTHON` says which Python.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use approx::assert_abs_diff_eq;
use flate2::Crc;
use qunet_stack::phantom::{CtPhantom, OctPhantom};
use qunet_stack::{Geometry, LengthUnit, Scaling, Segment, SlicingAxis, Stack};
use serde::Deserialize;

const PACKAGES: &str = "nibabel, nrrd, numpy, PIL, pydicom, SimpleITK, tifffile";

#[derive(Deserialize)]
struct Row {
    path: PathBuf,
    reader: String,
    shape: [usize; 3],
    crc: u32,
    affine: Option<[[f64; 4]; 3]>,
}

fn python() -> Option<String> {
    let python = std::env::var("QUNET_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&python).args(["-c", &format!("import {PACKAGES}")]).output();
    if found.is_ok_and(|found| found.status.success()) {
        return Some(python);
    }
    println!("skipped: {python} has not all of {PACKAGES}");
    None
}

/// What the libraries read from the files.
fn read(python: &str, paths: &[PathBuf]) -> Vec<Row> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/readers/read.py");
    let output = Command::new(python).arg(script).args(paths).output().unwrap();
    let (rows, errors) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
    assert!(output.status.success(), "{}", errors.unwrap());
    rows.unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn crc(values: impl Iterator<Item = f32>) -> u32 {
    let mut crc = Crc::new();
    let bytes: Vec<u8> = values.flat_map(f32::to_le_bytes).collect();
    crc.update(&bytes);
    crc.sum()
}

fn crc_of(stack: &Stack) -> u32 {
    crc(stack.ids().flat_map(|id| stack.slice(id).unwrap().to_f32().into_iter()))
}

/// Values and shape are the same, places to a thousandth of a micrometre of what is in the file.
fn assert_same(row: &Row, shape: [usize; 3], crc: u32, geometry: &Geometry) {
    let Row { path, reader, .. } = row;
    assert_eq!((row.shape, row.crc), (shape, crc), "{} by {reader}", path.display());
    let Some(affine) = row.affine else { return };
    // nibabel gives numbers in the unit of the file, the others mm.
    let unit = match reader.as_str() {
        "nibabel" => 1.0,
        _ => geometry.unit.in_millimetres(),
    };
    for (&read, &expected) in geometry.affine.as_flattened().iter().zip(affine.as_flattened()) {
        let tolerance = if reader == "SimpleITK" { 1e-4 } else { 1e-6 };
        assert_abs_diff_eq!(read * unit, expected, epsilon = tolerance);
    }
}

fn compare(python: &str, paths: &[PathBuf]) {
    let rows = read(python, paths);
    assert!(rows.len() >= paths.len());
    let mut opened: Option<(PathBuf, Stack, u32)> = None;
    for row in &rows {
        if opened.as_ref().is_none_or(|(path, ..)| *path != row.path) {
            let stack = Stack::open(&row.path).unwrap();
            let crc = crc_of(&stack);
            opened = Some((row.path.clone(), stack, crc));
        }
        let (_, stack, crc) = opened.as_ref().unwrap();
        assert_same(row, stack.shape(), *crc, stack.geometry());
        println!("{} by {}: {:?} alike", row.path.display(), row.reader, row.shape);
    }
}

fn resliced() -> Geometry {
    // Columns (3, 4, 0) / 5, (-4, 3, 0) / 5 and (0, 0, 1) times 0.75, 0.5 and 2.5.
    Geometry {
        affine: [[0.45, -0.4, 0.0, -90.5], [0.6, 0.3, 0.0, 126.0], [0.0, 0.0, 2.5, -72.25]],
        space: 1,
        unit: LengthUnit::Millimetre,
    }
}

#[test]
fn what_is_written_is_what_others_read() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let ct = CtPhantom { slices: 5, size: 48, seed: 1 }.generate().unwrap();
    let pixels = ct.stack.pixels().clone();
    let stack = Stack::new("resliced", pixels, resliced()).unwrap();
    let mut paths = Vec::new();
    for (axis, name) in [
        (SlicingAxis::Slices, "axial"),
        (SlicingAxis::Rows, "rows"),
        (SlicingAxis::Columns, "columns"),
    ] {
        let stack = stack.resliced(axis).unwrap();
        for ending in ["nii", "nii.gz"] {
            paths.push(folder.path().join(format!("{name}.{ending}")));
            stack.write(paths.last().unwrap()).unwrap();
        }
    }
    paths.push(folder.path().join("labels.nii.gz"));
    stack.write_labels(paths.last().unwrap(), ct.truth.labels()).unwrap();
    let oct = OctPhantom { slices: 12, height: 64, width: 96, seed: 1 }.generate().unwrap();
    paths.push(folder.path().join("oct"));
    oct.stack.write_pngs(paths.last().unwrap(), &Scaling::StackMinMax).unwrap();
    compare(&python, &paths);
}

#[test]
fn segmentations_are_read_by_others() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.seg.nrrd");
    let ct = CtPhantom { slices: 5, size: 48, seed: 1 }.generate().unwrap();
    let stack = Stack::new("resliced", ct.stack.pixels().clone(), resliced()).unwrap();
    let segment = Segment { label: 1, name: "lesion".to_owned(), colour: [1.0, 0.5, 0.0] };
    stack.write_segmentation(&path, ct.truth.labels(), &[segment]).unwrap();
    let crc = crc(ct.truth.labels().iter().map(|&label| f32::from(label)));
    let rows = read(&python, &[path]);
    assert_eq!(rows.len(), 2);
    rows.iter().for_each(|row| assert_same(row, stack.shape(), crc, stack.geometry()));
}

#[test]
fn files_that_others_wrote_are_read_as_they_read_them() {
    let Some(python) = python() else { return };
    let golden = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"));
    let mut paths = files(golden);
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    // Flat arrays have two axes there.
    let flat = ["bool.npy", "fortran_flat.npy"];
    paths.retain(|path| {
        let name = name(path);
        [".nii", ".nii.gz", ".tif", ".npy"].iter().any(|end| name.ends_with(end))
            && !flat.contains(&&*name)
    });
    assert!(paths.len() > 20);
    paths.push(golden.join("dicom_implicit"));
    paths.push(golden.join("dicom_explicit"));
    paths.push(golden.join("png16"));
    compare(&python, &paths);
}

#[test]
fn stacks_of_patients_are_read_as_others_read_them() {
    let Some(python) = python() else { return };
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !data.is_dir() {
        println!("skipped: there is no {}", data.display());
        return;
    }
    let mut paths = files(&data);
    paths.retain(|path| path.to_string_lossy().ends_with(".nii.gz"));
    paths.extend(folders(&data));
    compare(&python, &paths);
    println!("{} stacks", paths.len());
}

/// The files in a folder and all below.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// The folders of slices.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let is_slice = |file: &PathBuf| {
        let ending = file.extension().unwrap_or_default();
        ending == "png"
            || ending == "dcm"
            || file.parent().is_some_and(|folder| folder.ends_with("dicom"))
    };
    let slices = files(folder).into_iter().filter(is_slice);
    let mut folders: Vec<PathBuf> =
        slices.filter_map(|file| Some(file.parent()?.to_owned())).collect();
    folders.dedup();
    folders
}

/// Forms that differ, no codes, a tilted gantry: whichever form a library goes by, it takes image and
/// label map from the same place.
#[test]
fn label_maps_overlay_their_image_in_every_library() {
    let Some(python) = python() else { return };
    let cases = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases"));
    let folder = tempfile::tempdir().unwrap();
    let tilted = folder.path().join("tilted.nii.gz");
    Stack::open(cases.join("603/ct")).unwrap().write(&tilted).unwrap();
    let images = [cases.join("601/ct.nii.gz"), cases.join("602/ct.nii"), tilted];
    for image in images {
        let stack = Stack::open(&image).unwrap();
        let [slices, height, width] = stack.shape();
        let labels = folder.path().join("labels.nii.gz");
        stack.write_labels(&labels, &ndarray::Array3::zeros((slices, height, width))).unwrap();
        let (of_image, of_labels) =
            (read(&python, std::slice::from_ref(&image)), read(&python, &[labels]));
        assert!(of_image.len() >= 2 && of_image.len() == of_labels.len());
        for (image, labels) in of_image.iter().zip(&of_labels) {
            assert_eq!(image.reader, labels.reader);
            let [image, labels] = [image, labels].map(|row| row.affine.unwrap());
            for (&image, &labels) in image.as_flattened().iter().zip(labels.as_flattened()) {
                assert_abs_diff_eq!(image, labels, epsilon = 1e-5);
            }
        }
    }
}
