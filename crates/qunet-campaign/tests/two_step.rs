//! Both steps on a small phantom: what is asked for, what comes back, and how a run ends early.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ndarray::{Array2, Array3, Axis};
use qunet_campaign::{
    Annotator, Error, Event, Observer, Outcome, RecordedLabels, Silent, Stage, TwoStepConfig,
    run_two_steps,
};
use qunet_model::{TrainConfig, UnetConfig, UnetPlusPlusConfig};
use qunet_stack::phantom::{CtPhantom, Phantom};
use qunet_stack::{Geometry, LengthUnit, Pixels, SliceId, Stack};

/// LibTorch has one random generator for the whole process: one run at a time, and on one thread,
/// since the nets are tiny.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    qunet_model::tch::set_num_threads(1);
    turn
}

fn phantom() -> Phantom {
    CtPhantom { slices: 12, size: 48, seed: 5 }.generate().unwrap()
}

/// Seconds instead of minutes. Half of 12 slices may be annotated, three of them in step 1; q0 = 1
/// picks every slice on which the heads differ at all.
fn tiny() -> TwoStepConfig {
    let quick = TwoStepConfig::quick();
    let unet = UnetConfig { width: 2, ..quick.network.unet };
    let short = |train: TrainConfig| TrainConfig {
        epochs: 2,
        batch_size: 2,
        steps_per_epoch: Some(2),
        ..train
    };
    TwoStepConfig {
        network: UnetPlusPlusConfig { unet, ..quick.network },
        size: 32,
        budget: 0.5,
        query: quick.query.quality_threshold(1.0),
        train: short(quick.train),
        fine_tune: short(quick.fine_tune),
        ..TwoStepConfig::quick()
    }
    .with_seed(3)
}

fn run(phantom: &Phantom, config: &TwoStepConfig) -> (Outcome, BTreeSet<SliceId>) {
    let mut labels = RecordedLabels::new(&phantom.truth);
    let outcome = run_two_steps(&phantom.stack, config, &mut labels, &mut Silent).unwrap();
    (outcome, labels.asked().clone())
}

fn error_of(stack: &Stack, annotator: &mut dyn Annotator, observer: &mut dyn Observer) -> Error {
    run_two_steps(stack, &tiny(), annotator, observer).unwrap_err()
}

/// Answers nothing but empty masks of one size.
struct Blank(usize);

impl Annotator for Blank {
    fn annotate(&mut self, _id: SliceId) -> Result<Array2<bool>, Error> {
        Ok(Array2::from_elem((self.0, self.0), false))
    }
}

#[test]
fn only_selected_slices_are_asked_for_and_their_labels_stay() {
    let _turn = alone();
    let (phantom, config) = (phantom(), tiny());
    let (outcome, asked) = run(&phantom, &config);

    let annotated = outcome.annotated();
    assert_eq!(asked.iter().copied().collect::<Vec<_>>(), annotated);
    let (initial, query) = (outcome.initial.ids(), outcome.query.ids());
    assert!(!initial.is_empty() && initial.len() <= 3, "{initial:?}");
    assert!(!query.is_empty(), "q0 = 1 picks every slice with any disagreement");
    assert_eq!(initial.len() + query.len(), asked.len(), "no slice is asked for twice");
    assert!(annotated.len() <= 6, "{annotated:?}");

    for id in &annotated {
        let labels = outcome.labels.index_axis(Axis(0), id.0);
        assert_eq!(labels, phantom.truth.slice(*id).unwrap(), "slice {id}");
    }
    assert_eq!(outcome.labels.shape(), phantom.stack.shape());
    assert!(outcome.labels.iter().all(|&label| label <= 1));

    // Every slice has a verdict, every slice outside S0 a quality index.
    assert_eq!(outcome.quality.len(), 12);
    assert_eq!(outcome.initial.verdicts.len(), 12);
    assert_eq!(outcome.query.records.len(), 12 - initial.len());
    let lowest = outcome.query.records.iter().map(|it| it.quality_index).fold(1.0, f64::min);
    assert_eq!(outcome.lowest.as_ref().unwrap().quality_index, lowest);

    let stages: Vec<_> = outcome.history.iter().map(|it| (it.stage, it.epochs.len())).collect();
    assert_eq!(stages, [(Stage::Train, 2), (Stage::FineTune, 2)]);
}

/// A network that was shown no lesion finds none, with both heads: the paper's rule then asks for
/// nothing more.
#[test]
fn the_quick_preset_spends_its_budget_where_the_first_slices_show_no_lesion() {
    let _turn = alone();
    let phantom = phantom();
    let mut quick = TwoStepConfig { query: TwoStepConfig::quick().query, ..tiny() };
    quick.fine_tune.epochs = 1;
    let outcome = run_two_steps(&phantom.stack, &quick, &mut Blank(48), &mut Silent).unwrap();
    assert_eq!(outcome.annotated().len(), quick.slices_of_budget(12).0);
    // Nothing worth going on from was learnt: the second training is as long as the first.
    assert!(outcome.history.iter().all(|stage| stage.epochs.len() == quick.train.epochs));
}

#[test]
fn one_seed_gives_one_result() {
    let _turn = alone();
    let (phantom, config) = (phantom(), tiny());
    let (first, _) = run(&phantom, &config);
    let (again, _) = run(&phantom, &config);
    assert_eq!(first.initial, again.initial);
    assert_eq!(first.query, again.query);
    assert_eq!(first.labels, again.labels);

    // The seed reaches the network: other weights, other head maps.
    let (other, _) = run(&phantom, &config.with_seed(4));
    assert_eq!(first.initial, other.initial, "step 1 needs no chance");
    assert_ne!(first.query, other.query);
}

#[test]
fn events_come_in_the_order_of_the_steps() {
    let _turn = alone();
    let phantom = phantom();
    let mut seen: Vec<String> = Vec::new();
    let mut observer = |event: &Event<'_>| {
        let name = match event {
            Event::Scored(records) => format!("scored {}", records.len()),
            Event::Initial(_) => "initial".to_owned(),
            Event::Annotated { stage, .. } => format!("annotated to {stage}"),
            Event::Epoch { stage, .. } => format!("epoch: {stage}"),
            Event::Predicted { stage, .. } => format!("predicted: {stage}"),
            Event::Queried(_) => "queried".to_owned(),
            // Whether heads of so small a network find anything is chance.
            Event::Training { .. } => return ControlFlow::Continue(()),
            other => format!("{other:?}"),
        };
        if seen.last() != Some(&name) {
            seen.push(name);
        }
        ControlFlow::Continue(())
    };
    let mut labels = RecordedLabels::new(&phantom.truth);
    run_two_steps(&phantom.stack, &tiny(), &mut labels, &mut observer).unwrap();
    let expected = [
        "scored 12",
        "initial",
        "annotated to train on S0",
        "epoch: train on S0",
        "predicted: query",
        "queried",
        "annotated to fine-tune on S0 and S_m",
        "epoch: fine-tune on S0 and S_m",
        "predicted: segment",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn the_observer_can_stop_a_run_anywhere() {
    let _turn = alone();
    let phantom = phantom();
    let points: [fn(&Event<'_>) -> bool; 4] = [
        |event| matches!(event, Event::Scored(_)),
        |event| matches!(event, Event::Annotated { .. }),
        |event| matches!(event, Event::Epoch { .. }),
        |event| matches!(event, Event::Predicted { .. }),
    ];
    for is_point in points {
        let mut later = 0;
        let mut stopped = false;
        let mut observer = |event: &Event<'_>| {
            later += usize::from(stopped);
            stopped |= is_point(event);
            if stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let mut labels = RecordedLabels::new(&phantom.truth);
        let error = error_of(&phantom.stack, &mut labels, &mut observer);
        assert!(matches!(error, Error::Interrupted), "{error}");
        assert_eq!(later, 0, "nothing happens after a stop");
    }
}

#[test]
fn a_result_is_four_files() {
    let _turn = alone();
    let (made, config) = (phantom(), tiny());
    // Turned and left-handed, so that the geometry is not one that a reader would make up.
    let geometry = Geometry {
        affine: [[3.0, -2.0, 0.0, -90.5], [4.0, 1.5, 0.0, 126.0], [0.0, 0.0, -2.0, -72.25]],
        space: 2,
        unit: LengthUnit::Millimetre,
    };
    let roi = made.stack.ids().map(|id| made.stack.roi(id).unwrap().unwrap()).collect::<Vec<_>>();
    let roi: Array3<bool> = ndarray::stack(Axis(0), &roi).unwrap();
    let stack = Stack::new("turned", made.stack.pixels().clone(), geometry).unwrap();
    let phantom = Phantom { stack: stack.with_roi_mask(roi).unwrap(), truth: made.truth };
    let (outcome, _) = run(&phantom, &config);

    let folder = tempfile::tempdir().unwrap();
    outcome.write(folder.path(), &phantom.stack, &config).unwrap();
    let entries = fs::read_dir(folder.path()).unwrap();
    let names: BTreeSet<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let expected = ["model.safetensors", "scores.csv", "segmentation.nii.gz", "selection.json"];
    assert_eq!(names.iter().collect::<Vec<_>>(), expected.each_ref());

    let json = fs::read(folder.path().join("selection.json")).unwrap();
    let selection: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let keys =
        ["qunet_version", "stack", "shape", "annotated", "initial", "query", "history", "config"];
    let found: BTreeSet<&str> = selection.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(found, BTreeSet::from(keys));
    assert_eq!(selection["stack"], "turned");
    assert_eq!(selection["shape"], serde_json::json!([12, 48, 48]));
    let annotated: Vec<usize> = outcome.annotated().into_iter().map(|id| id.0).collect();
    assert_eq!(selection["annotated"], serde_json::json!(annotated));
    let repeated: TwoStepConfig = serde_json::from_value(selection["config"].clone()).unwrap();
    assert_eq!(repeated, config);

    let csv = fs::read_to_string(folder.path().join("scores.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + 12, "a header and one line per slice");

    let segmentation = Stack::open(folder.path().join("segmentation.nii.gz")).unwrap();
    assert_eq!(segmentation.geometry(), phantom.stack.geometry());
    assert_eq!(segmentation.pixels(), &Pixels::U8(outcome.labels));
}

#[test]
fn constant_slices_leave_nothing_to_start_from() {
    let pixels = Pixels::U8(Array3::from_elem((6, 48, 48), 9));
    let stack = Stack::new("constant", pixels, Geometry::default()).unwrap();
    let error = error_of(&stack, &mut Blank(48), &mut Silent);
    assert!(matches!(error, Error::EmptyInitialSet { slices: 6, degenerate: 6 }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("raise the thresholds of blurriness and inverse PSNR"), "{message}");
    assert!(message.contains("check the region of interest"), "{message}");
}

#[test]
fn one_slice_is_too_few() {
    let pixels = Pixels::U8(Array3::from_shape_fn((1, 48, 48), |(_, y, x)| (y * x % 200) as u8));
    let stack = Stack::new("single", pixels, Geometry::default()).unwrap();
    let error = error_of(&stack, &mut Blank(48), &mut Silent);
    assert!(matches!(error, Error::TooFewSlices { slices: 1 }), "{error:?}");
}

#[test]
fn an_annotation_of_another_size_is_refused() {
    let _turn = alone();
    let error = error_of(&phantom().stack, &mut Blank(40), &mut Silent);
    let message = error.to_string();
    assert!(message.contains("(40, 40)") && message.contains("(48, 48)"), "{message}");
}

#[test]
fn settings_out_of_range_are_refused_before_anything_is_scored() {
    let phantom = phantom();
    for config in [TwoStepConfig { size: 40, ..tiny() }, TwoStepConfig { budget: 1.5, ..tiny() }] {
        let mut events = 0;
        let mut observer = |_: &Event<'_>| {
            events += 1;
            ControlFlow::Continue(())
        };
        let result = run_two_steps(&phantom.stack, &config, &mut Blank(48), &mut observer);
        assert!(matches!(result, Err(Error::Parameter { .. })));
        assert_eq!(events, 0);
    }
}
