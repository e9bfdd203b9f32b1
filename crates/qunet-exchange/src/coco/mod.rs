//! COCO JSON with pictures, and its run lengths.

mod polygon;
mod rle;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use ndarray::{Array2, Axis};
use qunet_stack::{SliceId, write_file};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use self::polygon::fill;
pub use self::rle::{Rle, decode_text, encode_text};
use crate::answers::slice_of;
use crate::error::MaskProblem;
use crate::json::Exported;
use crate::{Answers, Error, Task};

/// The file of masks in an exported folder.
pub(crate) const MASKS: &str = "annotations/instances_default.json";

/// What is read, as programs call it.
const EXPORTED: Exported = Exported {
    format: "COCO dataset",
    remedy: "export it as COCO 1.0, with images, annotations (instances) and categories",
};

#[derive(Deserialize)]
struct Dataset {
    images: Vec<Image>,
    #[serde(default)]
    annotations: Vec<Annotation>,
    categories: Vec<Category>,
}

#[derive(Deserialize)]
struct Image {
    id: u64,
    file_name: String,
    height: Option<usize>,
    width: Option<usize>,
}

#[derive(Deserialize)]
struct Category {
    id: u64,
    name: String,
}

#[derive(Deserialize)]
struct Annotation {
    id: Option<u64>,
    image_id: u64,
    category_id: u64,
    /// Missing where only a box or points were drawn.
    #[serde(default)]
    segmentation: Value,
}

/// The outline of an object: polygons, or runs as numbers or as text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Segmentation {
    /// Corners x, y, x, y, ... of each part.
    Polygons(Vec<Vec<f64>>),
    /// Runs.
    Runs {
        /// Height and width.
        size: (usize, usize),
        /// Their lengths.
        counts: Counts,
    },
}

/// Lengths of runs, column by column, the first one outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Counts {
    /// As numbers.
    Numbers(Vec<u64>),
    /// In the text form of the COCO tools.
    Text(String),
}

impl Segmentation {
    /// What an annotation has in this field, in words of its own where it is something else.
    fn from_json(value: &Value) -> Result<Self, MaskProblem> {
        match value {
            Value::Null => return Err(MaskProblem::Outline),
            Value::Array(parts) if parts.is_empty() => return Err(MaskProblem::Outline),
            Value::Array(parts) if parts.iter().all(Value::is_number) => {
                return Err(MaskProblem::Flat);
            }
            _ => {}
        }
        Self::deserialize(value).map_err(|_| MaskProblem::Segmentation)
    }

    /// The mask `(height, width)`.
    ///
    /// # Errors
    /// [`MaskProblem`] where runs do not add up to the pixels, or a polygon is none.
    pub fn mask(&self, (height, width): (usize, usize)) -> Result<Array2<bool>, MaskProblem> {
        match self {
            Self::Polygons(parts) => {
                let mut mask = Array2::from_elem((height, width), false);
                parts.iter().try_for_each(|part| fill(&mut mask, part))?;
                Ok(mask)
            }
            Self::Runs { size, .. } if *size != (height, width) => {
                Err(MaskProblem::Size { found: *size, expected: (height, width) })
            }
            Self::Runs { counts: Counts::Numbers(counts), .. } => {
                Rle { counts: counts.clone() }.decode((height, width))
            }
            Self::Runs { counts: Counts::Text(text), .. } => {
                decode_text(text)?.decode((height, width))
            }
        }
    }
}

pub(crate) fn export(task: &Task<'_>, folder: &Path) -> Result<(), Error> {
    let annotations = folder.join("annotations");
    fs::create_dir_all(&annotations)
        .map_err(|source| Error::Write { path: annotations.clone(), source })?;
    let asked = task.asked.iter().copied();
    task.stack.write_pngs_of(folder.join("images"), asked, &task.scaling)?;
    let [_, height, width] = task.stack.shape();
    let image = |id: &SliceId| {
        let name = task.stack.png_name(*id);
        json!({"id": id.0 + 1, "file_name": name, "height": height, "width": width})
    };
    let category =
        |(label, name, _): (u8, &str, _)| json!({"id": label, "name": name, "supercategory": ""});
    let dataset = json!({
        "info": {"description": task.name},
        "licenses": [],
        "images": task.asked.iter().map(image).collect::<Vec<_>>(),
        "categories": task.palette().map(category).collect::<Vec<_>>(),
        "annotations": suggestions(task),
    });
    Ok(write_file(folder.join(MASKS), format!("{dataset:#}\n"))?)
}

/// One annotation for each class and slice of the suggestion.
fn suggestions(task: &Task<'_>) -> Vec<serde_json::Value> {
    let mut all = Vec::new();
    let labels = task.labels();
    for id in task.asked {
        let slice = labels.index_axis(Axis(0), id.0);
        for (label, _, _) in task.palette() {
            let mask = slice.mapv(|found| found == label);
            let Some(bbox) = bounds(&mask) else { continue };
            let rle = Rle::encode(&mask);
            all.push(json!({
                "id": all.len() + 1,
                "image_id": id.0 + 1,
                "category_id": label,
                "segmentation": {"size": mask.dim(), "counts": rle.counts},
                "area": rle.area(),
                "bbox": bbox,
                "iscrowd": 1,
            }));
        }
    }
    all
}

/// Left, top, width and height; none of an empty mask.
fn bounds(mask: &Array2<bool>) -> Option<[usize; 4]> {
    let inside = || mask.indexed_iter().filter(|(_, inside)| **inside).map(|(place, _)| place);
    let (top, bottom) = (inside().map(|it| it.0).min()?, inside().map(|it| it.0).max()?);
    let (left, right) = (inside().map(|it| it.1).min()?, inside().map(|it| it.1).max()?);
    Some([left, top, right - left + 1, bottom - top + 1])
}

/// Labels of every picture that is listed, with nothing drawn on them.
fn blank(
    task: &Task<'_>,
    path: &Path,
    images: &[Image],
) -> Result<BTreeMap<u64, (SliceId, Array2<u8>)>, Error> {
    let [slices, height, width] = task.stack.shape();
    let (mut labels, mut seen) = (BTreeMap::new(), BTreeSet::new());
    for image in images {
        let (path, picture) = (path.to_owned(), image.file_name.clone());
        let Some(slice) = slice_of(&image.file_name).filter(|id| id.0 < slices) else {
            return Err(Error::Picture { path, picture });
        };
        if !seen.insert(slice) {
            return Err(Error::Twice { path, slice });
        }
        let found = (image.height.unwrap_or(height), image.width.unwrap_or(width));
        if found != (height, width) {
            let expected = (height, width);
            return Err(Error::PictureSize { path, picture, slice, found, expected });
        }
        if labels.insert(image.id, (slice, Array2::zeros((height, width)))).is_some() {
            return Err(EXPORTED.broken(&path, format!("two images have the id {}", image.id)));
        }
    }
    Ok(labels)
}

/// The pixels of an annotation.
fn drawn(annotation: &Annotation, shape: (usize, usize)) -> Result<Array2<bool>, MaskProblem> {
    let segmentation = Segmentation::from_json(&annotation.segmentation)?;
    let mask = segmentation.mask(shape)?;
    let outlined = matches!(segmentation, Segmentation::Polygons(_));
    if outlined && !mask.iter().any(|&inside| inside) {
        return Err(MaskProblem::Nothing);
    }
    Ok(mask)
}

/// Where annotations overlap, the later one is on top. COCO does not say which pictures were
/// annotated, so those without annotation are blank; those that are not listed wait.
pub(crate) fn import(task: &Task<'_>, path: &Path) -> Result<Answers, Error> {
    let dataset: Dataset = EXPORTED.read(path)?;
    let mut classes = BTreeMap::new();
    for category in &dataset.categories {
        if classes.insert(category.id, category.name.as_str()).is_some() {
            let problem = format!("two categories have the id {}", category.id);
            return Err(EXPORTED.broken(path, problem));
        }
    }
    let mut labels = blank(task, path, &dataset.images)?;
    for (place, annotation) in dataset.annotations.iter().enumerate() {
        let image = annotation.image_id;
        let Some((slice, labels)) = labels.get_mut(&image) else {
            let annotation = annotation.id.unwrap_or(place as u64 + 1).to_string();
            return Err(Error::Orphan { path: path.to_owned(), annotation, image });
        };
        let broken = |problem| {
            let annotation = annotation.id.map(|id| id.to_string());
            Error::Mask { path: path.to_owned(), slice: *slice, annotation, problem }
        };
        let category = annotation.category_id;
        let name = classes.get(&category).copied();
        let label = name.ok_or(MaskProblem::Category { category });
        let label = label.and_then(|name| task.label_of_mask(name)).map_err(broken)?;
        let mask = drawn(annotation, labels.dim()).map_err(broken)?;
        labels.zip_mut_with(&mask, |to, &inside| *to = if inside { label } else { *to });
    }
    let mut answers = Answers::default();
    for (id, labels) in labels.into_values() {
        answers.add(task, id, labels)?;
    }
    let listed: BTreeSet<SliceId> = answers.drawn.keys().chain(&answers.blank).copied().collect();
    answers.waiting.extend(task.asked.iter().filter(|id| !listed.contains(id)));
    Ok(answers)
}
