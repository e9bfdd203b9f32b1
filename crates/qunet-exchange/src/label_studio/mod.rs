//! Tasks for Label Studio with brush masks, and its export back.

mod brush;
mod region;

use std::collections::BTreeSet;
use std::path::Path;

use ndarray::{Array2, ArrayRef2, Axis};
use qunet_stack::{SliceId, write_file};
use serde::Deserialize;
use serde_json::Value;

pub use self::brush::{decode_brush, encode_brush};
use self::region::Region;
use crate::answers::slice_of;
use crate::error::MaskProblem;
use crate::json::Exported as Export;
use crate::{Answers, Error, Task, json};

/// The file of tasks in an exported folder.
pub(crate) const MASKS: &str = "tasks.json";

/// What is read, as the program calls it.
const EXPORTED: Export = Export {
    format: "export of Label Studio",
    remedy: "export the project as JSON, not as JSON-MIN or CSV",
};

#[derive(Deserialize)]
struct Exported {
    data: Data,
    #[serde(default)]
    annotations: Vec<Annotation>,
    /// In a file that was exported here and not annotated; the program itself may list their numbers
    /// alone.
    #[serde(default)]
    predictions: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct Data {
    image: String,
    /// Which stack it is a slice of, where that was exported here.
    stack: Option<String>,
}

#[derive(Deserialize)]
struct Annotation {
    #[serde(default)]
    was_cancelled: bool,
    #[serde(default)]
    result: Vec<Region>,
}

impl Annotation {
    /// Whether there is a region in it.
    fn draws(&self) -> bool {
        self.result.iter().any(Region::is_drawn)
    }
}

pub(crate) fn export(task: &Task<'_>, folder: &Path) -> Result<(), Error> {
    let asked = task.asked.iter().copied();
    task.stack.write_pngs_of(folder.join("images"), asked, &task.scaling)?;
    let labels = task.labels();
    let exported = |&id: &SliceId| exported(task, id, &labels.index_axis(Axis(0), id.0));
    let tasks: Vec<Value> = task.asked.iter().map(exported).collect();
    write_file(folder.join("config.xml"), config(task))?;
    Ok(write_file(folder.join(MASKS), format!("{:#}\n", Value::from(tasks)))?)
}

/// The labelling interface, to be pasted into a project's settings.
fn config(task: &Task<'_>) -> String {
    let mut labels = String::new();
    for (_, name, [red, green, blue]) in task.palette() {
        let name = name.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        let colour = format!("#{red:02x}{green:02x}{blue:02x}");
        labels += &format!("    <Label value=\"{name}\" background=\"{colour}\"/>\n");
    }
    format!(
        "<View>\n  <Image name=\"image\" value=\"$image\" zoom=\"true\" zoomControl=\"true\"/>\n  \
         <BrushLabels name=\"tag\" toName=\"image\">\n{labels}  </BrushLabels>\n</View>\n"
    )
}

fn exported(task: &Task<'_>, id: SliceId, slice: &ArrayRef2<u8>) -> Value {
    let picture = task.stack.png_name(id);
    let image = format!("/data/local-files/?d={}/images/{picture}", task.name);
    let (height, width) = slice.dim();
    let region = |(label, name, _): (u8, &str, [u8; 3])| {
        let mask = slice.mapv(|found| found == label);
        mask.iter().any(|&inside| inside).then(|| {
            serde_json::json!({
                "id": format!("{}-{label}", id.0),
                "type": "brushlabels",
                "from_name": "tag",
                "to_name": "image",
                "original_width": width,
                "original_height": height,
                "image_rotation": 0,
                "value": {"format": "rle", "rle": encode_brush(&mask), "brushlabels": [name]},
            })
        })
    };
    let regions: Vec<Value> = task.palette().filter_map(region).collect();
    let data = serde_json::json!({"image": image, "stack": task.name, "slice": id.0});
    if regions.is_empty() {
        return serde_json::json!({"data": data});
    }
    serde_json::json!({"data": data, "predictions": [{"model_version": "qunet", "result": regions}]})
}

/// The last annotation of each task that was not skipped; one without regions says that there is
/// nothing. A task that nobody annotated waits, whatever was predicted. Tasks of other stacks are
/// theirs: one project may hold several.
pub(crate) fn import(task: &Task<'_>, path: &Path) -> Result<Answers, Error> {
    let exported: Vec<Exported> = EXPORTED.read(path)?;
    let mut answers = Answers::default();
    let of_other = |one: &Exported| one.data.stack.as_ref().is_some_and(|name| name != task.name);
    for one in exported.iter().filter(|one| !of_other(one)) {
        let of_stack = slice_of(&one.data.image).filter(|id| id.0 < task.stack.slices());
        let picture = || Error::Picture { path: path.to_owned(), picture: one.data.image.clone() };
        let id = of_stack.ok_or_else(picture)?;
        // Predictions are read too, so that a broken one is an error, but they answer nothing.
        for prediction in one.predictions.iter().flatten().filter(|it| it.is_object()) {
            let prediction: Annotation = json::part(prediction).map_err(|problem| {
                EXPORTED.broken(path, format!("a prediction of slice {id}: {problem}"))
            })?;
            labels(task, path, id, &prediction)?;
        }
        let done = one.annotations.iter().rev().find(|annotation| !annotation.was_cancelled);
        let Some(annotation) = done else { continue };
        let labels = labels(task, path, id, annotation)?;
        if task.asked.contains(&id) {
            if answers.drawn.insert(id, labels).is_some() {
                return Err(Error::Twice { path: path.to_owned(), slice: id });
            }
        } else if annotation.draws() {
            answers.unasked.insert(id);
        }
    }
    let done: BTreeSet<SliceId> = answers.drawn.keys().copied().collect();
    answers.waiting.extend(task.asked.iter().filter(|id| !done.contains(id)));
    Ok(answers)
}

/// The labels of all regions, a later one on top of an earlier one.
fn labels(
    task: &Task<'_>,
    path: &Path,
    slice: SliceId,
    annotation: &Annotation,
) -> Result<Array2<u8>, Error> {
    let [_, height, width] = task.stack.shape();
    let mut labels = Array2::zeros((height, width));
    for region in annotation.result.iter().filter(|region| region.is_drawn()) {
        let broken = |problem| {
            let annotation = region.id.clone();
            Error::Mask { path: path.to_owned(), slice, annotation, problem }
        };
        let mask = region.mask((height, width)).map_err(broken)?;
        if !mask.iter().any(|&inside| inside) {
            return Err(broken(MaskProblem::Nothing));
        }
        let label = region.label().and_then(|name| task.label_of_mask(&name)).map_err(broken)?;
        labels.zip_mut_with(&mask, |to, &inside| *to = if inside { label } else { *to });
    }
    Ok(labels)
}
