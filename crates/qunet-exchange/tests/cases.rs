//! What annotators' programs export and importers lose: taken as it was drawn, or refused by name, and
//! never a slice that is annotated and empty.
//!
//! `cases/` has a file for each, by its number in docs/reliability.md.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use qunet_exchange::{Answers, Format, Task, import_binary};
use qunet_stack::{Foreground, Scaling, SliceId, Stack};
use serde_json::{Value, json};

const ASKED: [SliceId; 2] = [SliceId(3), SliceId(4)];

fn case(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases")).join(name)
}

/// The answer of a file, or what its refusal says.
fn import(format: Format, path: &Path) -> Result<Answers, String> {
    answer(|task| format.import(task, path))
}

/// The answer to the task of all cases, or what its refusal says with all its causes.
fn answer(
    take: impl FnOnce(&Task<'_>) -> Result<Answers, qunet_exchange::Error>,
) -> Result<Answers, String> {
    let stack = Stack::open(case("ct.nii.gz")).unwrap();
    let classes = ["lesion".to_owned(), "vessel".to_owned()];
    let task = Task {
        name: "ct",
        stack: &stack,
        asked: &ASKED,
        classes: &classes,
        suggestion: None,
        scaling: Scaling::StackMinMax,
    };
    take(&task).map_err(|error| {
        let causes =
            std::iter::successors(Some(&error as &dyn std::error::Error), |it| it.source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    })
}

/// How many pixels of a label lie in these rows and columns, ends included, and nowhere else.
#[track_caller]
fn assert_drawn(answers: &Answers, slice: usize, label: u8, pixels: usize, ends: [usize; 4]) {
    let drawn = &answers.drawn[&SliceId(slice)];
    let places = drawn.indexed_iter().filter(|(_, found)| **found == label).map(|(at, _)| at);
    let places: Vec<(usize, usize)> = places.collect();
    let rows = || places.iter().map(|place| place.0);
    let columns = || places.iter().map(|place| place.1);
    let found = [rows().min(), rows().max(), columns().min(), columns().max()].map(Option::unwrap);
    assert_eq!((places.len(), found), (pixels, ends));
}

#[track_caller]
fn assert_refused(format: Format, name: &str, says: &[&str]) {
    let message = import(format, &case(name)).unwrap_err();
    for words in says {
        assert!(message.contains(words), "{message:?} does not say {words:?}");
    }
    assert!(message.contains(name), "{message:?} does not name {name}");
}

/// Rows 4 to 9 and columns 5 to 12.
const BOX: [usize; 4] = [4, 9, 5, 12];

#[test]
fn coco_annotations_are_taken_or_refused() {
    let coco = |name| import(Format::Coco, &case(name)).unwrap();
    assert_drawn(&coco("504.masks.json"), 3, 1, 48, BOX);
    let answers = coco("592.masks.json");
    assert_drawn(&answers, 3, 1, 48, BOX);
    assert_drawn(&answers, 4, 1, 60, [4, 13, 5, 18]);
    assert_refused(Format::Coco, "501.masks.json", &["annotation 1", "slice 3", "no outline"]);
    assert_refused(Format::Coco, "502.masks.json", &["annotation 1", "image 99"]);
    assert_refused(Format::Coco, "503.masks.json", &["32 x 40", "16 x 20", "slice 3"]);
    assert_refused(Format::Coco, "814.masks.json", &["annotation 1", "one list for each part"]);
}

#[test]
fn label_studio_regions_are_filled_or_refused() {
    let studio = |name| import(Format::LabelStudio, &case(name)).unwrap();
    let answers = studio("505.masks.json");
    assert_drawn(&answers, 3, 1, 48, BOX);
    assert!(answers.drawn[&SliceId(4)].iter().all(|&label| label == 0));
    let answers = studio("506.masks.json");
    assert_drawn(&answers, 3, 1, 48, BOX);
    assert!(answers.waiting.contains(&SliceId(4)));
    // 48 pixels of the brush and 16 of the polygon.
    assert_drawn(&studio("507.masks.json"), 3, 1, 64, [4, 13, 5, 18]);
    let answers = studio("591.masks.json");
    assert_drawn(&answers, 3, 1, 48, BOX);
    assert!(answers.drawn[&SliceId(4)].iter().all(|&label| label == 0));
    let says = ["slice 3", "20 x 16", "16 x 20"];
    assert_refused(Format::LabelStudio, "508.masks.json", &says);
}

/// A task of Label Studio for slice 3 with one region.
fn studio(region: &Value) -> Result<Answers, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.json");
    let image = "/data/local-files/?d=ct/images/3.png";
    let task = json!([{"data": {"image": image}, "annotations": [{"result": [region]}]}]);
    std::fs::write(&path, task.to_string()).unwrap();
    import(Format::LabelStudio, &path)
}

#[test]
fn no_region_leaves_a_slice_annotated_and_empty() {
    let region = |kind: &str, mut value: Value| {
        value[kind] = json!(["lesion"]);
        json!({"id": "r7", "type": kind, "original_width": 20, "original_height": 16, "value": value})
    };
    for (kind, value) in [
        ("ellipselabels", json!({"x": 50, "y": 50, "radiusX": 20, "radiusY": 20})),
        ("keypointlabels", json!({"x": 50, "y": 50, "width": 2})),
        ("vectorlabels", json!({"vertices": []})),
        ("polygonlabels", json!({"points": [[25, 25], [65, 25]]})),
        ("polygonlabels", json!({"points": [[25, 25], [65, 25], [65, 65]], "closed": false})),
        ("polygonlabels", json!({"points": "none"})),
        ("rectanglelabels", json!({"x": 25, "y": 25, "width": 0, "height": 10})),
        ("rectanglelabels", json!({"x": 25})),
        ("brushlabels", json!({"format": "png", "rle": []})),
    ] {
        let message = studio(&region(kind, value)).unwrap_err();
        assert!(message.contains("slice 3, annotation r7"), "{kind}: {message}");
    }
    let mut turned =
        region("rectanglelabels", json!({"x": 25, "y": 25, "width": 40, "height": 40}));
    turned["image_rotation"] = json!(90);
    assert!(studio(&turned).unwrap_err().contains("turned by 90 degrees"));
    let mut nobody =
        region("rectanglelabels", json!({"x": 25, "y": 25, "width": 40, "height": 40}));
    nobody["value"]["rectanglelabels"] = json!([]);
    assert!(studio(&nobody).unwrap_err().contains("a region has one"));
}

#[test]
fn a_turned_rectangle_is_turned_in_pixels() {
    // A quarter turn about (10, 4): 6 pixels to the right become 6 pixels down, 4 down become 4 to the
    // left. Columns 6 to 9, rows 4 to 9.
    let value = json!({
        "x": 50, "y": 25, "width": 30, "height": 25, "rotation": 90, "rectanglelabels": ["vessel"],
    });
    let answers = studio(&json!({"type": "rectanglelabels", "value": value})).unwrap();
    assert_drawn(&answers, 3, 2, 24, [4, 9, 6, 9]);
}

#[test]
fn pictures_that_would_be_lost_are_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("twice.json");
    let task = json!({"data": {"image": "3.png"}, "annotations": [{"result": []}]});
    std::fs::write(&path, json!([task, task]).to_string()).unwrap();
    let message = import(Format::LabelStudio, &path).unwrap_err();
    assert!(message.contains("two pictures of slice 3"), "{message}");
    let images = json!([{"id": 1, "file_name": "3.png"}, {"id": 2, "file_name": "again/3.png"}]);
    let dataset = json!({"images": images, "categories": []});
    std::fs::write(&path, dataset.to_string()).unwrap();
    let message = import(Format::Coco, &path).unwrap_err();
    assert!(message.contains("two pictures of slice 3"), "{message}");
    assert!(import(Format::Coco, folder.path()).unwrap_err().contains("is no file"));
}

/// What each message says is what a reader of JSON found, in words that need no knowledge of it.
#[test]
fn json_that_is_none_of_the_program_names_file_field_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("masks.json");
    let image = json!({"id": 1, "file_name": "3.png"});
    let coco = |images: Value, annotations: Value| {
        json!({"images": images, "annotations": annotations, "categories": []}).to_string()
    };
    let one = json!({"id": 7, "image_id": 1});
    for (text, says) in [
        (String::new(), "it is empty"),
        ("PK".to_owned(), "it is no JSON from line 1 on"),
        ("{\n\"images\": [,]}".to_owned(), "it is no JSON from line 2 on"),
        ("{\"images\": [".to_owned(), "it ends in the middle, in line 1"),
        ("[]".to_owned(), "it is a list, and should be an object"),
        ("{}".to_owned(), "it lacks images"),
        (coco(json!([image]), json!([one])), "annotations[0] lacks category_id"),
        (
            coco(json!([{"id": "a"}]), json!([])),
            "images[0].id is string \"a\", and should be a whole",
        ),
        (
            coco(json!([{"id": -1}]), json!([])),
            "images[0].id is integer `-1`, and should be a whole",
        ),
    ] {
        std::fs::write(&path, &text).unwrap();
        let message = import(Format::Coco, &path).unwrap_err();
        assert!(message.contains(says), "{message} does not say {says}");
        assert!(message.contains("masks.json") && message.contains("COCO 1.0"), "{message}");
        for raw in ["expected", "missing field", "u64", "column"] {
            assert!(!message.contains(raw), "{message}");
        }
    }
    for (text, says) in [
        (json!([{"image": "3.png"}]), "[0] lacks data"),
        (json!([{"data": {"image": 3}}]), "[0].data.image is integer `3`, and should be a text"),
    ] {
        std::fs::write(&path, text.to_string()).unwrap();
        let message = import(Format::LabelStudio, &path).unwrap_err();
        assert!(message.contains(says) && message.contains("JSON-MIN"), "{message}");
    }
    let rle = json!({"format": "rle", "rle": [0, 300], "brushlabels": ["lesion"]});
    let message = studio(&json!({"id": "r7", "type": "brushlabels", "value": rle})).unwrap_err();
    assert!(
        message.contains("rle[1] is integer `300`, and should be a whole number from 0 to 255"),
        "{message}"
    );
}

#[test]
fn label_maps_and_segmentations_are_taken_or_refused() {
    assert_refused(Format::Nifti, "191.masks.nii.gz", &["10.500 mm from its stack"]);
    // 1.0000153 is label 1.
    let answers = import(Format::Nifti, &case("802.masks.nii.gz")).unwrap();
    assert!(answers.drawn.values().flatten().all(|&label| label <= 1));
    assert!(answers.drawn.values().flatten().any(|&label| label == 1));
    let segmentations = |name| import(Format::SegNrrd, &case(name)).unwrap();
    let answers = segmentations("813.masks.seg.nrrd");
    assert_drawn(&answers, 3, 1, 48, BOX);
    assert_drawn(&answers, 4, 2, 12, [11, 13, 15, 18]);
    assert_refused(Format::SegNrrd, "811.masks.seg.nrrd", &["names no segments", ".seg.nrrd"]);
    assert_refused(Format::SegNrrd, "812.masks.nhdr", &["masks.raw.gz", "one file"]);
}

#[test]
fn values_between_labels_and_masks_that_are_none_are_refused() {
    use qunet_stack::{Geometry, Pixels};
    let stack = Stack::open(case("ct.nii.gz")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("soft.nii.gz");
    let soft = ndarray::Array3::from_shape_fn((6, 16, 20), |(z, _, _)| z as f32 / 8.0);
    let geometry: Geometry = *stack.geometry();
    Stack::new("soft", Pixels::F32(soft), geometry).unwrap().write(&path).unwrap();
    let message = import(Format::Nifti, &path).unwrap_err();
    assert!(
        message.contains("slice 1 holds 0.125") && message.contains("whole numbers"),
        "{message}"
    );
    let message = answer(|task| import_binary(task, &path)).unwrap_err();
    assert!(message.contains("0.125 is no label"), "{message}");
}

#[test]
fn masks_that_do_not_say_where_they_lie_are_taken_by_their_shape_and_told_of() {
    use qunet_stack::{Geometry, Pixels};
    let stack = Stack::open(case("ct.nii.gz")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drawn.nii.gz");
    let drawn = ndarray::Array3::from_shape_fn((6, 16, 20), |(_, y, _)| u8::from(y > 4));
    for (space, told) in [(0, true), (1, false)] {
        let geometry = Geometry { space, ..*stack.geometry() };
        Stack::new("drawn", Pixels::U8(drawn.clone()), geometry).unwrap().write(&path).unwrap();
        let labels = import(Format::Nifti, &path).unwrap();
        let mask = answer(|task| import_binary(task, &path)).unwrap();
        for answers in [labels, mask] {
            let says = |note: &String| note.contains("it is taken voxel by voxel");
            assert_eq!(answers.notes.iter().any(says), told, "{:?}", answers.notes);
        }
    }
}

/// The answer to an export that was written by hand.
fn written(format: Format, text: &impl ToString) -> Result<Answers, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.json");
    std::fs::write(&path, text.to_string()).unwrap();
    import(format, &path)
}

#[test]
fn tasks_of_label_studio_are_taken_as_they_are_meant() {
    let rectangle = json!({"type": "rectanglelabels", "original_width": 20, "original_height": 16,
        "value": {"x": 25, "y": 25, "width": 40, "height": 37.5, "rectanglelabels": ["lesion"]}});
    let task = |slice: usize, stack: &str, annotations: Value| {
        let image = format!("/data/local-files/?d=ct/slice%20{slice}.png");
        json!({"data": {"image": image, "stack": stack}, "annotations": annotations, "predictions": [17]})
    };
    let drawn = json!([{"result": [rectangle]}]);
    // The second task is of another stack of the project.
    let both = json!([task(3, "ct", drawn.clone()), task(4, "mr", drawn.clone())]);
    let answers = written(Format::LabelStudio, &both).unwrap();
    assert_eq!(answers.drawn.keys().collect::<Vec<_>>(), [&SliceId(3)]);
    assert_eq!(answers.waiting.iter().collect::<Vec<_>>(), [&SliceId(4)]);
    // An empty answer to what nobody asked for is no drawing.
    let unasked = json!([task(2, "ct", json!([{"result": []}]))]);
    assert!(written(Format::LabelStudio, &unasked).unwrap().unasked.is_empty());
    // A byte order mark, as some editors write it.
    let marked = written(Format::LabelStudio, &format!("\u{feff}{both}")).unwrap();
    assert_eq!(marked.drawn, answers.drawn);
    let rle =
        qunet_exchange::label_studio::encode_brush(&ndarray::Array2::from_elem((16, 20), false));
    let erased = json!({"type": "brushlabels", "value": {"format": "rle", "rle": rle, "brushlabels": ["lesion"]}});
    assert!(studio(&erased).unwrap_err().contains("covers no pixel"));
}

#[test]
fn numbers_of_coco_that_are_there_twice_are_refused() {
    let image = |id: u64, slice: usize| json!({"id": id, "file_name": format!("{slice}.png")});
    let category = |id: u64, name: &str| json!({"id": id, "name": name});
    let dataset = |images: Value, categories: Value| json!({"images": images, "categories": categories, "annotations": []});
    let images = dataset(json!([image(2, 3), image(2, 4)]), json!([category(1, "lesion")]));
    assert!(written(Format::Coco, &images).unwrap_err().contains("two images have the id 2"));
    let both = json!([category(1, "lesion"), category(1, "vessel")]);
    let classes = dataset(json!([image(2, 3)]), both);
    assert!(written(Format::Coco, &classes).unwrap_err().contains("two categories have the id 1"));
}

#[test]
fn what_nobody_annotated_stays_so_where_labels_are_said() {
    let stack = Stack::open(case("ct.nii.gz")).unwrap();
    let mut labels = ndarray::Array3::from_elem(stack.pixels().shape(), 255_u8);
    labels.slice_mut(ndarray::s![3, .., ..]).fill(0);
    labels[[3, 5, 6]] = 2;
    labels[[3, 5, 7]] = 255;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drawn.nii.gz");
    stack.write_labels(&path, &labels).unwrap();
    let meant = Foreground::Labels(vec![2]);
    let answers = answer(|task| qunet_exchange::import_foreground(task, &path, &meant)).unwrap();
    let drawn = &answers.drawn[&SliceId(3)];
    assert_eq!((drawn[[5, 6]], drawn[[5, 7]], drawn[[0, 0]]), (1, 255, 0));
    assert!(answers.waiting.contains(&SliceId(4)));
}
