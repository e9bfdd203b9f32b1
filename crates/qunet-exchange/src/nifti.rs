//! Image and label map as NIfTI, for ITK-SNAP and MONAI Label.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ndarray::Array3;
use qunet_grid::IGNORE;
use qunet_stack::{Fit, Foreground, Geometry, Grid, LabelMap, SliceStream, Stack, write_file};
use serde_json::json;

use crate::{Answers, Error, Task};

/// How far a value may be from its label.
const ROUNDING: f32 = 1e-4;

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
    let stack = Stack::open_labels(path)?;
    let (found, geometry) = (stack.shape(), *stack.geometry());
    let stack = stack.brought_to(&Grid::from(task.stack));
    let (stack, fit) = stack.map_err(|error| elsewhere(path, error))?;
    check_fit(task, path, fit, found, &geometry)?;
    let [slices, height, width] = stack.shape();
    let mut labels = Array3::zeros((slices, height, width));
    for (slice, mut to) in stack.ids().zip(labels.outer_iter_mut()) {
        for (to, &value) in to.iter_mut().zip(&stack.slice(slice)?.to_f32()) {
            // Scaled integers miss their whole numbers a little.
            if (value - value.round()).abs() > ROUNDING {
                return Err(Error::Fraction { path: path.to_owned(), slice, value });
            }
            let none = Error::Label { slice, label: value, classes };
            *to = if (0.0..256.0).contains(&value.round()) {
                value.round() as u8
            } else {
                return Err(none);
            };
        }
    }
    Ok(Answers::from_labels(task, &labels)?.noting(fit.note(path)))
}

/// Reads masks of two values, 0 and another, which is label 1 whatever it is: a NIfTI file, a
/// folder of pictures, or whatever else [`Stack::open`] reads.
///
/// # Errors
/// As [`Format::import`](crate::Format::import), and
/// [`MaskValues`](qunet_stack::Error::MaskValues) for masks of more values than two.
pub fn import_binary(task: &Task<'_>, path: impl AsRef<Path>) -> Result<Answers, Error> {
    import_foreground(task, path, &Foreground::Binary)
}

/// The same, with the values said that are label 1.
///
/// # Errors
/// As [`import_binary`].
pub fn import_foreground(
    task: &Task<'_>,
    path: impl AsRef<Path>,
    foreground: &Foreground,
) -> Result<Answers, Error> {
    let path = path.as_ref();
    let labels = LabelMap::open(path, task.stack, foreground);
    let labels = labels.map_err(|error| elsewhere(path, error))?;
    let fit = *labels.fit();
    if let Fit::Reordered(_) = fit {
        let stored = SliceStream::open(path)?;
        check_fit(task, path, fit, stored.shape(), &stored.geometry())?;
    }
    let mut found = labels.labels().to_owned();
    if let Foreground::Labels(meant) = foreground
        && !meant.contains(&IGNORE.into())
    {
        // What nobody annotated stays so.
        let stored = Stack::open_labels(path)?.brought_to(&Grid::from(task.stack))?.0;
        for (slice, mut to) in stored.ids().zip(found.outer_iter_mut()) {
            let stored = stored.slice(slice)?.to_f32();
            to.zip_mut_with(&stored, |to, &value| {
                *to = if value.round() == f32::from(IGNORE) { IGNORE } else { *to };
            });
        }
    }
    Ok(Answers::from_labels(task, &found)?.noting(fit.note(path)))
}

/// Refuses masks whose voxels lie in another order than those that went out: whoever changed it may
/// have changed more.
pub(crate) fn check_fit(
    task: &Task<'_>,
    path: &Path,
    fit: Fit,
    found: [usize; 3],
    geometry: &Geometry,
) -> Result<(), Error> {
    let Fit::Reordered(_) = fit else { return Ok(()) };
    let (path, expected) = (path.to_owned(), task.stack.shape());
    if found != expected {
        return Err(Error::Shape { path, found, expected });
    }
    let distance = geometry.furthest_corner(task.stack.geometry(), found);
    Err(Error::Place { path, distance })
}

/// Errors of grids in the words of an annotator.
pub(crate) fn elsewhere(path: &Path, error: qunet_stack::Error) -> Error {
    let path = path.to_owned();
    match error {
        qunet_stack::Error::ShapeMismatch { found, expected, .. } => {
            Error::Shape { path, found, expected }
        }
        qunet_stack::Error::Elsewhere { distance, .. } => Error::Place { path, distance },
        other => other.into(),
    }
}
