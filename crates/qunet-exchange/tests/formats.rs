//! Out and back in every format, and what is refused.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use common::{ASKED, classes, labels, stack, task};
use ndarray::Axis;
use qunet_exchange::{Error, Format, Task};
use qunet_stack::{Geometry, Pixels, SliceId, Stack};
use serde_json::{Value, json};

#[test]
fn what_goes_out_comes_back() {
    let (stack, classes, labels) = (stack(), classes(), labels());
    let task = task(&stack, &classes, Some(&labels));
    let folder = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        let out = folder.path().join(format.to_string());
        format.export(&task, &out).unwrap();
        let path = out.join(format.masks(&task));
        if format == Format::LabelStudio {
            annotate(&path);
        }
        let answers = format.import(&task, &path).unwrap();
        for id in [SliceId(1), SliceId(2)] {
            assert_eq!(answers.drawn[&id], labels.index_axis(Axis(0), id.0), "{format} {id}");
        }
        // Label Studio alone can say that slice 4 is empty.
        let blank = answers.blank.contains(&SliceId(4));
        assert_eq!(blank, format != Format::LabelStudio, "{format}");
        assert!(answers.waiting.is_empty() && answers.unasked.is_empty(), "{format}");
        assert!(matches!(format.export(&task, &out), Err(Error::NotEmpty { .. })));
    }
}

/// Turns predictions into annotations, as an annotator who agrees with all of them.
fn annotate(path: &std::path::Path) {
    let mut tasks: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    for task in tasks.as_array_mut().unwrap() {
        let result = task.pointer("/predictions/0/result").cloned().unwrap_or(json!([]));
        task["annotations"] = json!([{"was_cancelled": false, "result": result}]);
        task.as_object_mut().unwrap().remove("predictions");
    }
    fs::write(path, tasks.to_string()).unwrap();
}

#[test]
fn without_a_suggestion_nothing_is_drawn_yet() {
    let (stack, classes) = (stack(), classes());
    let task = task(&stack, &classes, None);
    let folder = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        let out = folder.path().join(format.to_string());
        format.export(&task, &out).unwrap();
        let answers = format.import(&task, out.join(format.masks(&task))).unwrap();
        let expected =
            if format == Format::LabelStudio { &answers.waiting } else { &answers.blank };
        assert!(answers.drawn.is_empty() && expected.iter().eq(ASKED.iter()), "{format}");
    }
}

#[test]
fn skipped_tasks_wait_and_the_last_annotation_counts() {
    let (stack, classes, labels) = (stack(), classes(), labels());
    let task = task(&stack, &classes, Some(&labels));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    Format::LabelStudio.export(&task, &out).unwrap();
    let path = out.join("tasks.json");
    let mut tasks: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let drawn = tasks[0]["predictions"][0]["result"].clone();
    tasks[0]["annotations"] = json!([{"result": drawn}, {"result": []}]);
    tasks[1]["annotations"] = json!([{"was_cancelled": true, "result": []}]);
    fs::write(&path, tasks.to_string()).unwrap();
    let answers = Format::LabelStudio.import(&task, &path).unwrap();
    assert!(answers.drawn[&SliceId(1)].iter().all(|&label| label == 0));
    assert!(answers.waiting.iter().eq([SliceId(2), SliceId(4)].iter()));
}

#[test]
fn a_segmentation_that_was_cropped_or_renumbered_finds_its_place() {
    let (stack, classes, labels) = (stack(), classes(), labels());
    let task = task(&stack, &classes, None);
    let folder = tempfile::tempdir().unwrap();
    // Slices 1 to 2, rows 0 to 6, columns 1 to 10, and the classes in the other order.
    let part = labels.slice(ndarray::s![1..3, 0..7, 1..11]).mapv(|label| match label {
        1 => 9,
        2 => 4,
        other => other,
    });
    let place = stack.geometry().starting_at([1, 0, 1]);
    let cropped = Stack::new("part", Pixels::U8(part.clone()), place).unwrap();
    let segment = |label, name: &str| qunet_stack::Segment {
        label,
        name: name.to_owned(),
        colour: [1.0, 0.0, 0.0],
    };
    let path = folder.path().join("part.seg.nrrd");
    let segments = [segment(4, "consolidation"), segment(9, "ground glass")];
    cropped.write_segmentation(&path, &part, &segments).unwrap();
    let bytes = fs::read(&path).unwrap();
    let from = b"ExtentOffset:=0 0 0";
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    let moved = [&bytes[..at], b"ExtentOffset:=1 0 1", &bytes[at + from.len()..]].concat();
    fs::write(&path, moved).unwrap();
    let answers = Format::SegNrrd.import(&task, &path).unwrap();
    for id in [SliceId(1), SliceId(2)] {
        assert_eq!(answers.drawn[&id], labels.index_axis(Axis(0), id.0));
    }
    // Without the offset it lies elsewhere.
    fs::write(&path, bytes).unwrap();
    assert!(matches!(Format::SegNrrd.import(&task, &path), Err(Error::Place { .. })));
}

#[test]
fn coco_knows_polygons_text_and_pictures_that_are_gone() {
    let (stack, classes) = (stack(), classes());
    let task = task(&stack, &classes, None);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("instances.json");
    let import = |dataset: Value| {
        fs::write(&path, dataset.to_string()).unwrap();
        Format::Coco.import(&task, &path)
    };
    let dataset = |annotations: Value| {
        json!({
            "images": [{"id": 5, "file_name": "sub/slice_1.png"}, {"id": 6, "file_name": "0003.png"}],
            "categories": [{"id": 8, "name": "consolidation"}],
            "annotations": annotations,
        })
    };
    let annotation = |image: u64, segmentation: Value| json!({"image_id": image, "category_id": 8, "segmentation": segmentation});
    let square = json!([[1.0, 0.0, 3.0, 0.0, 3.0, 1.0, 1.0, 1.0]]);
    // 99 pixels: 9 outside, 90 inside.
    let runs = json!({"size": [9, 11], "counts": "9j2"});
    let answers = import(dataset(json!([annotation(5, square), annotation(6, runs)]))).unwrap();
    let drawn = &answers.drawn[&SliceId(1)];
    let inside: Vec<_> = drawn.indexed_iter().filter(|(_, label)| **label == 2).collect();
    assert_eq!(inside.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [(0, 1), (0, 2)]);
    assert!(answers.unasked.contains(&SliceId(3)));
    assert!(answers.waiting.iter().eq([SliceId(2), SliceId(4)].iter()));

    let short = json!({"size": [9, 11], "counts": [9, 80]});
    let message = import(dataset(json!([annotation(5, short)]))).unwrap_err().to_string();
    assert!(message.contains("slice 1: its runs add up to 89 pixels, not 99"), "{message}");
    let mut unknown = dataset(json!([annotation(5, json!([]))]));
    unknown["categories"][0]["name"] = json!("tumour");
    let message = import(unknown).unwrap_err().to_string();
    assert!(message.contains("slice 1: it is of the class \"tumour\""), "{message}");
    assert!(message.contains("the task has ground glass, consolidation"), "{message}");
    let mut nameless = dataset(json!([]));
    nameless["images"][0]["file_name"] = json!("cover.png");
    assert!(import(nameless).unwrap_err().to_string().contains("ends in no slice number"));
}

#[test]
fn masks_on_another_grid_are_refused() {
    let (stack, classes) = (stack(), classes());
    let task = task(&stack, &classes, None);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("masks.nii.gz");
    let import = |pixels: ndarray::Array3<u8>, geometry: Geometry| {
        Stack::new("masks", Pixels::U8(pixels), geometry).unwrap().write(&path).unwrap();
        Format::Nifti.import(&task, &path).unwrap_err()
    };
    let mut mirrored = *stack.geometry();
    mirrored.affine[0][0] *= -1.0;
    assert!(matches!(import(labels(), mirrored), Error::Place { .. }));
    let fewer = labels().slice(ndarray::s![..6, .., ..]).to_owned();
    assert!(matches!(import(fewer, *stack.geometry()), Error::Shape { .. }));
    let strange = labels().mapv(|label| if label == 2 { 7 } else { label });
    let message = import(strange, *stack.geometry()).to_string();
    assert!(message.contains("slice 1 holds 7, which is no label"), "{message}");
}

#[test]
fn tasks_that_make_no_sense_are_refused_and_leave_nothing() {
    let (stack, classes, labels) = (stack(), classes(), labels());
    let good = task(&stack, &classes, Some(&labels));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let small = ndarray::Array3::zeros((1, 2, 3));
    let none: Vec<String> = Vec::new();
    for bad in [
        Task { name: "../up", ..good },
        Task { asked: &[], ..good },
        Task { asked: &[SliceId(7)], ..good },
        Task { classes: &none, ..good },
        Task { classes: &classes[..1], ..good },
        Task { suggestion: Some(&small), ..good },
    ] {
        assert!(Format::Nifti.export(&bad, &out).is_err(), "{bad:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn segments_are_read_from_whichever_number_they_begin() {
    let (stack, classes, labels) = (stack(), classes(), labels());
    let task = task(&stack, &classes, Some(&labels));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    Format::SegNrrd.export(&task, &out).unwrap();
    let path = out.join("case-7.seg.nrrd");
    let answers = Format::SegNrrd.import(&task, &path).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    for (from, to) in [(b"\nSegment2_", b"\nSegment9_"), (b"\nSegment0_", b"\nSegment4_")] {
        while let Some(at) = bytes.windows(from.len()).position(|part| part == from) {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    }
    fs::write(&path, bytes).unwrap();
    assert_eq!(Format::SegNrrd.import(&task, &path).unwrap(), answers);
}

#[test]
fn broken_nrrd_files_are_told_of() {
    let (stack, classes) = (stack(), classes());
    let task = task(&stack, &classes, None);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    Format::SegNrrd.export(&task, &out).unwrap();
    let path = out.join("case-7.seg.nrrd");
    let good = fs::read(&path).unwrap();
    let with = |from: &str, to: &str| {
        let at = good.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        let bytes = [&good[..at], to.as_bytes(), &good[at + from.len()..]].concat();
        fs::write(&path, bytes).unwrap();
        Format::SegNrrd.import(&task, &path).unwrap_err().to_string()
    };
    assert!(with("NRRD0004", "NRRX0004").contains("does not start with NRRD"));
    assert!(with("sizes: 11 9 7", "sizes: 99999999 9 7").contains("none above those of the stack"));
    assert!(with("sizes: 11 9 7", "sizes: 2 11 9 7").contains("overlapping segments"));
    assert!(with("type: unsigned char", "type: double").contains("\"double\""));
    assert!(with("encoding: gzip", "encoding: bzip2").contains("raw or packed with gzip"));
    assert!(with("sizes: 11 9 7", "sizes: 11 9 6").contains("it holds 595 voxels"));
    assert!(with("Offset:=0 0 0", "Offset:=0 0 9").contains("a column, a row and a slice"));
    assert!(with("0_LabelValue:=1", "0_LabelValue:=0").contains("every segment has one from 1"));
    assert!(with("0_Name:=ground", "0_Name:=grey").contains("segment 0 is called \"grey glass\""));
    let message = with("0_LabelValue:=1", "0_LabelValue:=2");
    assert!(message.contains("\"ground glass\" and \"consolidation\" both have"), "{message}");
    let message = with("2_LabelValue:=255", "2_LabelValue:=9");
    assert!(message.contains("slice 0 holds the value 255, and the segments have 1 (ground"));
    fs::write(&path, &good[..good.len() - 20]).unwrap();
    let message = Format::SegNrrd.import(&task, &path).unwrap_err().to_string();
    assert!(message.contains("cannot be unpacked") || message.contains("voxels"), "{message}");
}
