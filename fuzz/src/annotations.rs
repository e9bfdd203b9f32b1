//! Bytes as what an annotator's program exports.

use std::sync::LazyLock;

use ndarray::Array3;
use qunet_exchange::{Answers, Error, Format, Task};
use qunet_stack::{Geometry, Pixels, Scaling, SliceId, Stack};

static STACK: LazyLock<Stack> = LazyLock::new(|| {
    let pixels = Pixels::U8(Array3::zeros((3, 5, 7)));
    Stack::new("fuzz", pixels, Geometry::from_spacing([3.0, 1.0, 2.0])).unwrap()
});

/// Imports the bytes as a file of that name: masks of the size of their slices, of slices that there
/// are, or an error that names the file or the slice.
pub fn check(format: Format, name: &str, bytes: &[u8]) {
    let Ok(folder) = tempfile::tempdir() else { return };
    let path = folder.path().join(name);
    if std::fs::write(&path, bytes).is_err() {
        return;
    }
    match import(format, &path) {
        Ok(answers) => {
            assert!(answers.drawn.values().all(|mask| mask.dim() == (5, 7)));
            let drawn = answers.drawn.keys().chain(&answers.unasked);
            assert!(drawn.chain(&answers.waiting).chain(&answers.blank).all(|id| id.0 < 3));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn import(format: Format, path: &std::path::Path) -> Result<Answers, Error> {
    let classes = ["lesion".to_owned(), "fluid".to_owned()];
    let task = Task {
        name: "fuzz",
        stack: &STACK,
        asked: &[SliceId(0), SliceId(2)],
        classes: &classes,
        suggestion: None,
        scaling: Scaling::StackMinMax,
    };
    format.import(&task, path)
}
