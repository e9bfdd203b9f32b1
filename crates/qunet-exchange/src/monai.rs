//! The folder that MONAI Label's local datastore reads.

use std::fs;
use std::path::Path;

use qunet_stack::write_file;
use serde_json::json;

use crate::{Error, Task};

pub(crate) fn export(task: &Task<'_>, folder: &Path) -> Result<(), Error> {
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
    Ok(write_file(&folder.join("datastore_v2.json"), format!("{store:#}\n").as_bytes())?)
}
