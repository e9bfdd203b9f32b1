//! Masks from annotators' programs, whatever their files hold.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ndarray::Array3;
use qunet_exchange::coco::{Rle, decode_text, encode_text};
use qunet_exchange::label_studio::decode_brush;
use qunet_exchange::{Format, Task};
use qunet_stack::{Geometry, Pixels, Scaling, SliceId, Stack};

static STACK: LazyLock<Stack> = LazyLock::new(|| {
    let pixels = Pixels::U8(Array3::zeros((3, 5, 7)));
    Stack::new("fuzz", pixels, Geometry::from_spacing([3.0, 1.0, 2.0])).unwrap()
});

fuzz_target!(|data: &[u8]| {
    if let Ok(mask) = decode_brush(data, (5, 7)) {
        assert_eq!(mask.dim(), (5, 7));
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(rle) = decode_text(text)
        && let Ok(mask) = rle.decode((5, 7))
    {
        assert_eq!(Rle::encode(&mask).decode((5, 7)).unwrap(), mask);
        assert_eq!(decode_text(&encode_text(&rle)).unwrap(), rle);
    }
    let classes = ["lesion".to_owned(), "fluid".to_owned()];
    let task = Task {
        name: "fuzz",
        stack: &STACK,
        asked: &[SliceId(0), SliceId(2)],
        classes: &classes,
        suggestion: None,
        scaling: Scaling::StackMinMax,
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("masks");
    std::fs::write(&path, data).unwrap();
    for format in [Format::SegNrrd, Format::Coco, Format::LabelStudio] {
        if let Ok(answers) = format.import(&task, &path) {
            assert!(answers.drawn.values().all(|mask| mask.dim() == (5, 7)));
        }
    }
});
