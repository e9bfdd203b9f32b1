//! Other libraries read what is written here and write what is read here; needs a Python with them, named by
//! QUNET_PYTHON or `python3`.
#![allow(clippy::unwrap_used)]

mod common;

use std::process::Command;

use common::{classes, labels, stack, task};
use ndarray::Axis;
use qunet_exchange::Format;
use qunet_stack::SliceId;

const PACKAGES: &str =
    "import nibabel, nrrd, SimpleITK, pycocotools, label_studio_sdk.converter.brush";

#[test]
fn other_libraries_read_ours_and_write_what_we_read() {
    let python = std::env::var("QUNET_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let asked = Command::new(&python).args(["-c", PACKAGES]).output();
    if !asked.is_ok_and(|asked| asked.status.success()) {
        println!("skipped: no Python with these packages; name one in QUNET_PYTHON: {PACKAGES}");
        return;
    }
    let (stack, classes, labels) = (stack(), classes(), labels());
    let task = task(&stack, &classes, Some(&labels));
    let folder = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        format.export(&task, folder.path().join(format.to_string())).unwrap();
    }
    let raw: Vec<u8> = labels.iter().copied().collect();
    std::fs::write(folder.path().join("labels.raw"), raw).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/readers.py");
    let ran = Command::new(python).arg(script).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "{said}");
    for (format, file) in [
        (Format::Nifti, "foreign.nii.gz"),
        (Format::SegNrrd, "foreign.seg.nrrd"),
        (Format::Coco, "foreign-coco.json"),
        (Format::LabelStudio, "foreign-tasks.json"),
    ] {
        let answers = format.import(&task, folder.path().join(file)).unwrap();
        for id in [SliceId(1), SliceId(2)] {
            assert_eq!(answers.drawn[&id], labels.index_axis(Axis(0), id.0), "{format} {id}");
        }
    }
}
