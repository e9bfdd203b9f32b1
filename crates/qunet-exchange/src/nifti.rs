//! Image and label map as NIfTI, for ITK-SNAP and MONAI Label.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ndarray::Array3;
use qunet_grid::IGNORE;
use qunet_stack::{Geometry, SliceId, Stack, write_file};
use serde_json::json;

use crate::{Answers, Error, Task};

/// Image, label map and label names for ITK-SNAP.
pub(crate) fn export(task: &Task<'_>, folder: &Path) -> Result<(), Error> {
    task.stack.write(folder.join(format!("{}.nii.gz", task.name)))?;
    let labels = folder.join(format!("{}.labels.nii.gz", task.name));
    task.stack.write_labels(labels, &task.labels())?;
    let names = folder.join(format!("{}.labels.txt", task.name));
    Ok(write_file(names, label_names(task))?)
}

/// ITK-SNAP's label descriptions: number, red, green, blue, opacity, shown, shown in 3D, name.
fn label_names(task: &Task<'_>) -> String {
    let mut text = "0 0 0 0 0 0 0 \"background\"\n".to_owned();
    for (label, name, [red, green, blue]) in task.palette() {
        // A quotation mark or a line break would end the name.
        let name = name.replace(['"', '\n', '\r'], " ");
        let _ = writeln!(text, "{label} {red} {green} {blue} 1 1 1 \"{name}\"");
    }
    let _ = writeln!(text, "{IGNORE} 128 128 128 0.3 1 0 \"not asked for\"");
    text
}

/// The folder that MONAI Label's local datastore reads.
pub(crate) fn export_datastore(task: &Task<'_>, folder: &Path) -> Result<(), Error> {
    let labels = folder.join("labels/original");
    for path in [&labels, &folder.join("labels/final")] {
        fs::create_dir_all(path).map_err(|source| Error::Write { path: path.clone(), source })?;
    }
    let file = format!("{}.nii.gz", task.name);
    task.stack.write(folder.join(&file))?;
    task.stack.write_labels(labels.join(&file), &task.labels())?;
    let names: serde_json::Map<_, _> =
        task.palette().map(|(label, name, _)| (name.to_owned(), label.into())).collect();
    let asked: Vec<usize> = task.asked.iter().map(|id| id.0).collect();
    let label = json!({"ext": ".nii.gz", "info": {"label_info": names, "asked_slices": asked}});
    let object = json!({
        "image": {"ext": ".nii.gz", "info": {}},
        "labels": {"original": label},
    });
    let store = json!({
        "name": task.name,
        "description": "slices to annotate; 255 marks those that nobody asked for",
        "objects": {task.name: object},
    });
    Ok(write_file(folder.join("datastore_v2.json"), format!("{store:#}\n"))?)
}

pub(crate) fn import(task: &Task<'_>, path: &Path) -> Result<Answers, Error> {
    let classes = task.classes.len();
    read(task, path, |slice, value| {
        let label = value as u8;
        let whole = f32::from(label) == value;
        if whole { Ok(label) } else { Err(Error::Label { slice, label: value, classes }) }
    })
}

/// Reads masks of which every value above 0 is label 1, also where it is 255: a NIfTI file, a folder
/// of pictures, or whatever else [`Stack::open`] reads.
///
/// # Errors
/// As [`Format::import`](crate::Format::import).
pub fn import_binary(task: &Task<'_>, path: impl AsRef<Path>) -> Result<Answers, Error> {
    read(task, path.as_ref(), |_, value| Ok(u8::from(value > 0.0)))
}

fn read(
    task: &Task<'_>,
    path: &Path,
    label: impl Fn(SliceId, f32) -> Result<u8, Error>,
) -> Result<Answers, Error> {
    let stack = Stack::open(path)?;
    check_grid(task, path, stack.shape(), stack.geometry())?;
    let [slices, height, width] = stack.shape();
    let mut labels = Array3::zeros((slices, height, width));
    for (id, mut to) in stack.ids().zip(labels.outer_iter_mut()) {
        for (to, &value) in to.iter_mut().zip(&stack.slice(id)?.to_f32()) {
            *to = label(id, value)?;
        }
    }
    Answers::from_labels(task, &labels)
}

/// Refuses a mask that does not lie where its stack does.
pub(crate) fn check_grid(
    task: &Task<'_>,
    path: &Path,
    found: [usize; 3],
    geometry: &Geometry,
) -> Result<(), Error> {
    let expected = task.stack.shape();
    if found != expected {
        return Err(Error::Shape { path: path.to_owned(), found, expected });
    }
    check_place(task, path, found, geometry, task.stack.geometry())
}

/// Refuses voxels that do not lie at `place`, to a tenth of a voxel.
pub(crate) fn check_place(
    task: &Task<'_>,
    path: &Path,
    shape: [usize; 3],
    geometry: &Geometry,
    place: &Geometry,
) -> Result<(), Error> {
    // Formats without a place in space answer with the default one.
    if *geometry == Geometry::default() {
        return Ok(());
    }
    let distance = geometry.furthest_corner(place, shape);
    let spacing = task.stack.geometry().spacing().into_iter().fold(f64::INFINITY, f64::min);
    if distance > 0.1 * spacing {
        return Err(Error::Place { path: path.to_owned(), distance });
    }
    Ok(())
}
