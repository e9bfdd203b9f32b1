//! The size of a page with a long stack, and what a viewer refuses.

#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use qunet_report::{Error, Report, Section, Viewer, ViewerMasks};
use qunet_stack::phantom::CtPhantom;
use qunet_stack::{Scaling, SliceId};

#[test]
fn a_page_about_a_thousand_slices_is_below_ten_megabytes() {
    let phantom = CtPhantom { slices: 20, size: 512, seed: 3 }.generate().unwrap();
    let scaled = |id| phantom.stack.scaled_slice(id, &Scaling::lung_window()).unwrap();
    let slices: Vec<_> =
        phantom.stack.ids().map(|id| (scaled(id), phantom.truth.mask(id).unwrap())).collect();
    let mut viewer = Viewer::new("a thousand slices");
    for number in 0..1000 {
        let (image, mask) = &slices[number % slices.len()];
        let masks =
            ViewerMasks { prediction: Some(mask), truth: Some(mask), disagreement: Some(mask) };
        viewer.add(SliceId(number), image, masks, "not reached").unwrap();
    }
    let section = Section::new("Slices").viewer(&viewer).unwrap();
    let html = Report::new("Long").section(section).render().unwrap();
    assert!(html.len() < 10_000_000, "{} bytes", html.len());
    assert_eq!(html.matches("\"image\":\"").count(), 1000);
}

#[test]
fn nonsense_is_refused() {
    let mut viewer = Viewer::new("x");
    assert!(matches!(Section::new("s").viewer(&viewer), Err(Error::Empty { .. })));
    let (image, mask) = (Array2::from_elem((4, 5), 0.5), Array2::from_elem((5, 4), true));
    let masks = ViewerMasks { truth: Some(&mask), ..Default::default() };
    let error = viewer.add(SliceId(3), &image, masks, "").unwrap_err();
    assert!(error.to_string().contains("truth of slice 3"), "{error}");
    let infinite = Array2::from_elem((4, 5), f32::INFINITY);
    assert!(viewer.add(SliceId(3), &infinite, ViewerMasks::default(), "").is_err());
}

#[test]
fn a_stack_that_nobody_scaled_is_shown_and_the_page_says_so() {
    let page = |image: &Array2<f32>| {
        let mut viewer = Viewer::new("x");
        viewer.add(SliceId(3), image, ViewerMasks::default(), "").unwrap();
        let section = Section::new("s").viewer(&viewer).unwrap();
        Report::new("Page").section(section).render().unwrap()
    };
    let note = "not scaled to [0, 1]";
    assert!(page(&Array2::from_shape_fn((4, 5), |(y, _)| y as f32 * 300.0)).contains(note));
    assert!(!page(&Array2::from_elem((4, 5), 0.5)).contains(note));
}
