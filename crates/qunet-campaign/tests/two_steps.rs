//! Campaigns in memory on small phantoms: what is asked for, what comes back, and how a run ends
//! early.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;

use common::{alone, tiny};
use ndarray::{Array2, Array3, Axis};
use qunet_campaign::{
    Annotator, Campaign, CampaignConfig, Error, Event, Manifest, Masks, Next, Observer, Outcome,
    RecordedLabels, Silent, StackSource, first_round, run_rounds, run_two_steps,
};
use qunet_context::Source;
use qunet_model::{HeadPlacement, TrainEvent};
use qunet_select::{
    CandidateId, HeadDisagreement, ImageQuality, QualityThreshold, StopReason, StrategyConfig,
};
use qunet_stack::phantom::{CtPhantom, Phantom};
use qunet_stack::{Geometry, LengthUnit, Pixels, Scaling, SliceId, Stack};

fn phantom() -> Phantom {
    CtPhantom { slices: 12, size: 48, seed: 5 }.generate().unwrap()
}

/// Half of twelve slices: three by image quality, then the rest of the budget.
fn config() -> CampaignConfig {
    let config = CampaignConfig { scaling: Scaling::lung_window(), ..CampaignConfig::two_steps() };
    tiny(config)
}

fn run<'a>(phantom: &'a Phantom, config: &CampaignConfig) -> (Outcome<'a>, BTreeSet<CandidateId>) {
    let mut labels = RecordedLabels::new(&phantom.truth);
    let outcome = run_two_steps(&phantom.stack, config, &mut labels, &mut Silent).unwrap();
    (outcome, labels.asked().clone())
}

fn error_of(
    stack: &Stack,
    annotator: &mut dyn Annotator,
    observer: &mut dyn Observer<Event>,
) -> Error {
    run_two_steps(stack, &config(), annotator, observer).unwrap_err()
}

/// Answers nothing but empty masks of one size.
struct Blank(usize);

impl Annotator for Blank {
    fn annotate(&mut self, _id: CandidateId) -> Result<Array2<u8>, Error> {
        Ok(Array2::zeros((self.0, self.0)))
    }
}

fn without_times(manifest: &Manifest) -> Manifest {
    let mut manifest = manifest.clone();
    let trainings = manifest.rounds.iter_mut().filter_map(|round| round.training.as_mut());
    let members = trainings.flat_map(|training| &mut training.members);
    for record in members.flat_map(|member| &mut member.history) {
        (record.seconds, record.data_seconds) = (0.0, 0.0);
    }
    manifest
}

#[test]
fn only_selected_slices_are_asked_for_and_their_labels_stay() {
    let _turn = alone();
    let (phantom, config) = (phantom(), config());
    let (outcome, asked) = run(&phantom, &config);
    let manifest = outcome.manifest();
    let rounds: Vec<Vec<CandidateId>> =
        manifest.rounds.iter().map(|round| round.selection.ids()).collect();
    assert_eq!(rounds.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3]);
    assert!(asked.iter().copied().eq({
        let mut all: Vec<CandidateId> = rounds.concat();
        all.sort_unstable();
        all
    }));
    let spent = StopReason::BudgetSpent { annotated: 6, allowed: 6 };
    assert_eq!(manifest.ended, Some(spent));

    let labels = outcome.segmentation(0).unwrap().unwrap();
    for id in &asked {
        let found = labels.index_axis(Axis(0), id.slice.0);
        assert_eq!(found, phantom.truth.slice(id.slice).unwrap(), "{id}");
    }
    assert!(labels.iter().all(|&label| label <= 1));

    // Every slice has a verdict in every round, every slice outside the first round a Q.
    assert!(manifest.rounds.iter().all(|round| round.selection.verdicts.len() == 12));
    assert_eq!(outcome.records(0, 1).unwrap().unwrap().agreement.len(), 9);
    let epochs =
        |at: usize| manifest.rounds[at].training.as_ref().unwrap().members[0].history.len();
    assert_eq!([epochs(0), epochs(1)], [3, 3]);
}

/// A network that was shown no lesion finds none, with both heads: the paper's rule then asks for
/// nothing more, and so it says.
#[test]
fn the_quick_preset_spends_its_budget_where_the_first_slices_show_no_lesion() {
    let _turn = alone();
    let phantom = phantom();
    let mut quick = config();
    quick.fine_tune.epochs = 1;
    let outcome = run_two_steps(&phantom.stack, &quick, &mut Blank(48), &mut Silent).unwrap();
    let manifest = outcome.manifest();
    assert_eq!(manifest.annotated(), 6);
    // Nothing worth continuing from was learnt: the second training starts afresh.
    let trainings: Vec<_> =
        manifest.rounds.iter().map(|round| round.training.as_ref().unwrap()).collect();
    assert!(
        trainings
            .iter()
            .all(|it| !it.continued && it.members[0].history.len() == quick.train.epochs)
    );

    let never = HeadDisagreement {
        quality_threshold: QualityThreshold::Fixed(0.0),
        ..HeadDisagreement::paper()
    };
    quick.later = StrategyConfig::HeadDisagreement(never);
    let outcome = run_two_steps(&phantom.stack, &quick, &mut Blank(48), &mut Silent).unwrap();
    assert_eq!(outcome.manifest().ended, Some(StopReason::NothingSelected));
    assert!(outcome.segmentation(0).unwrap().is_some());
}

#[test]
fn one_seed_gives_one_result() {
    let _turn = alone();
    let (phantom, config) = (phantom(), config());
    let (first, _) = run(&phantom, &config);
    let (again, _) = run(&phantom, &config);
    assert_eq!(without_times(first.manifest()), without_times(again.manifest()));
    assert_eq!(first.segmentation(0).unwrap(), again.segmentation(0).unwrap());

    // The seed reaches the network: other weights, other maps. Image quality needs no chance.
    let (other, _) = run(&phantom, &CampaignConfig { seed: 4, ..config });
    let ids = |outcome: &Outcome<'_>| outcome.manifest().rounds[0].selection.ids();
    assert_eq!(ids(&first), ids(&other));
    assert_ne!(first.records(0, 1).unwrap(), other.records(0, 1).unwrap());
}

/// One engine: a folder and memory decide alike, train alike and segment alike.
#[test]
fn a_folder_and_memory_give_the_same() {
    let _turn = alone();
    let (phantom, config) = (phantom(), config());
    let (outcome, _) = run(&phantom, &config);

    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("ct.nii.gz");
    phantom.stack.write(&image).unwrap();
    let roi: Vec<_> =
        phantom.stack.ids().map(|id| phantom.stack.roi(id).unwrap().unwrap()).collect();
    let roi: Array3<u8> = ndarray::stack(Axis(0), &roi).unwrap().mapv(u8::from);
    phantom.stack.write_labels(folder.path().join("roi.nii.gz"), &roi).unwrap();
    let truth = folder.path().join("truth.nii.gz");
    phantom.stack.write_labels(&truth, phantom.truth.labels()).unwrap();
    let source = StackSource::new(&image).with_roi(folder.path().join("roi.nii.gz"));
    let mut campaign =
        Campaign::create(folder.path().join("campaign"), &config, &[source]).unwrap();
    while let Next::Annotate { .. } = campaign.advance(&mut Silent).unwrap() {
        campaign.ingest(&Masks::default().stack("ct", &truth).accept_empty(true)).unwrap();
    }
    for (here, there) in outcome.manifest().rounds.iter().zip(&campaign.manifest().rounds) {
        assert_eq!(here.selection, there.selection);
        let losses = |round: &qunet_campaign::Round| -> Vec<Vec<f64>> {
            let training = round.training.as_ref().unwrap();
            let epochs = training.members.iter().flat_map(|member| &member.history);
            epochs.map(|epoch| epoch.head_losses.clone()).collect()
        };
        assert_eq!(losses(here), losses(there));
        let summary = |round: &qunet_campaign::Round| round.query.as_ref().unwrap().summary;
        assert_eq!(summary(here), summary(there));
    }
    assert_eq!(outcome.manifest().ended, campaign.manifest().ended);
    assert_eq!(outcome.segmentation(0).unwrap(), campaign.segmentation(0).unwrap());
}

#[test]
fn a_fork_ends_as_a_campaign_of_its_own_does_and_leaves_the_first_round_as_it_was() {
    let _turn = alone();
    let phantom = phantom();
    let base = config();
    let mut annotator = RecordedLabels::new(&phantom.truth);
    let mut trained = first_round(&[&phantom.stack], &base, &mut annotator, &mut Silent).unwrap();
    // Later forks begin where the first did, though that trained further; from the second on with what was observed.
    for (number, later) in
        ["head_disagreement", "core_set", "bald", "head_disagreement"].into_iter().enumerate()
    {
        if number == 1 {
            trained.observe(&mut Silent).unwrap();
        }
        let config = CampaignConfig { later: later.parse().unwrap(), ..base.clone() };
        let (whole, asked) = run(&phantom, &config);
        let mut annotator = annotator.clone();
        let mut fork = trained.fork(config.later.clone()).unwrap();
        let mut predicted = BTreeSet::new();
        let mut observer = |event: &Event| {
            if let Event::Predicted { round, .. } = event {
                predicted.insert(*round);
            }
            ControlFlow::Continue(())
        };
        fork.finish(&mut annotator, &mut observer).unwrap();
        assert_eq!(predicted.contains(&1), number == 0, "{later}");
        assert_eq!(*annotator.asked(), asked, "{later}");
        assert_eq!(without_times(fork.manifest()), without_times(whole.manifest()), "{later}");
        assert_eq!(fork.segmentation(0).unwrap(), whole.segmentation(0).unwrap(), "{later}");
    }
    assert_eq!(trained.manifest().rounds.len(), 1);
}

#[test]
fn events_come_in_the_order_of_the_steps() {
    let _turn = alone();
    let phantom = phantom();
    let mut seen: Vec<String> = Vec::new();
    let mut observer = |event: &Event| {
        let name = match event {
            Event::Scored { records, .. } => format!("scored {}", records.len()),
            Event::Selected { round, .. } => format!("selected {round}"),
            Event::Annotated { round, .. } => format!("annotated {round}"),
            Event::Train { round, event: TrainEvent::Epoch(_), .. } => format!("epoch {round}"),
            Event::Predicted { round, .. } => format!("predicted {round}"),
            Event::Observed { summary, .. } => format!("observed {}", summary.round),
            Event::Ended { .. } => "ended".to_owned(),
            // Whether heads of so small a network find anything is chance.
            _ => return ControlFlow::Continue(()),
        };
        if seen.last() != Some(&name) {
            seen.push(name);
        }
        ControlFlow::Continue(())
    };
    let mut labels = RecordedLabels::new(&phantom.truth);
    run_two_steps(&phantom.stack, &config(), &mut labels, &mut observer).unwrap();
    let round = |round| {
        ["selected", "annotated", "epoch", "predicted", "observed"]
            .map(|name| format!("{name} {round}"))
    };
    let expected: Vec<String> = std::iter::once("scored 12".to_owned())
        .chain(round(1))
        .chain(round(2))
        .chain(["ended".to_owned()])
        .collect();
    assert_eq!(seen, expected);
}

#[test]
fn the_observer_can_stop_a_run_anywhere() {
    let _turn = alone();
    let phantom = phantom();
    let points: [fn(&Event) -> bool; 5] = [
        |event| matches!(event, Event::Scored { .. }),
        |event| matches!(event, Event::Annotated { .. }),
        |event| matches!(event, Event::Train { event: TrainEvent::Epoch(_), .. }),
        |event| matches!(event, Event::Predicted { .. }),
        |event| matches!(event, Event::Observed { .. }),
    ];
    for is_point in points {
        let mut later = 0;
        let mut stopped = false;
        let mut observer = |event: &Event| {
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
fn a_result_is_a_few_files() {
    let _turn = alone();
    let (made, config) = (phantom(), config());
    // Rotated and left-handed, so that the geometry is not one that a reader would make up.
    let geometry = Geometry {
        affine: [[3.0, -2.0, 0.0, -90.5], [4.0, 1.5, 0.0, 126.0], [0.0, 0.0, -2.0, -72.25]],
        space: 2,
        unit: LengthUnit::Millimetre,
    };
    let roi = made.stack.ids().map(|id| made.stack.roi(id).unwrap().unwrap()).collect::<Vec<_>>();
    let roi: Array3<bool> = ndarray::stack(Axis(0), &roi).unwrap();
    let stack = Stack::new("rotated", made.stack.pixels().clone(), geometry).unwrap();
    let phantom = Phantom { stack: stack.with_roi_mask(roi).unwrap(), truth: made.truth };
    let (outcome, _) = run(&phantom, &config);

    let folder = tempfile::tempdir().unwrap();
    outcome.write(folder.path()).unwrap();
    let names: Vec<_> = common::files(folder.path());
    let expected = ["model.safetensors", "scores.csv", "segmentation.nii.gz", "selection.json"];
    assert_eq!(names, expected.map(std::path::PathBuf::from));

    let json = fs::read(folder.path().join("selection.json")).unwrap();
    let manifest: Manifest = serde_json::from_slice(&json).unwrap();
    assert_eq!(&manifest, outcome.manifest());
    assert_eq!(manifest.config, config);
    assert_eq!(
        (manifest.stacks[0].source.name.as_str(), manifest.stacks[0].shape),
        ("rotated", [12, 48, 48])
    );

    let csv = fs::read_to_string(folder.path().join("scores.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + 12, "a header and one line per slice");

    let segmentation = Stack::open(folder.path().join("segmentation.nii.gz")).unwrap();
    assert_eq!(segmentation.geometry(), phantom.stack.geometry());
    let labels = outcome.segmentation(0).unwrap().unwrap();
    assert_eq!(segmentation.pixels(), &Pixels::U8(labels));
}

/// Nothing is predicted outside the region of interest, whatever the network makes of it.
#[test]
fn outside_the_region_of_interest_there_is_background() {
    let _turn = alone();
    let phantom = phantom();
    let mut config = config();
    // Every probability above 0 counts, and nothing speaks for another threshold.
    (config.completion.threshold, config.completion.shares) = (0.0, 1);
    config.input.dilation = 0.0;
    let (outcome, asked) = run(&phantom, &config);
    let labels = outcome.segmentation(0).unwrap().unwrap();
    let mut inside = 0;
    for id in phantom.stack.ids().filter(|id| !asked.contains(&CandidateId::from(*id))) {
        let roi = phantom.stack.roi(id).unwrap().unwrap();
        for (label, &region) in labels.index_axis(Axis(0), id.0).iter().zip(roi) {
            assert!(region || *label == 0);
            inside += usize::from(*label == 1);
        }
    }
    assert!(inside > 0, "with such a threshold the whole region is foreground");
}

/// What a campaign has learnt serves a stack on which nobody drew: without a prior, without masks to
/// interpolate, and inside that stack's region alone.
#[test]
fn a_stack_that_is_not_of_the_campaign_is_segmented_without_a_prior() {
    let _turn = alone();
    let (known, mut config) = (phantom(), config());
    config.input.dilation = 0.0;
    let (outcome, _) = run(&known, &config);
    let other = CtPhantom { slices: 7, size: 64, seed: 9 }.generate().unwrap();
    let found = outcome.segment_other(&other.stack, &mut Silent).unwrap();
    assert_eq!(found.labels.shape(), other.stack.shape());
    let weights: Vec<Source> = found.fusion.weights.keys().copied().collect();
    assert_eq!((weights, found.fusion.estimate), (vec![Source::Trees, Source::Network], None));
    for id in other.stack.ids() {
        let roi = other.stack.roi(id).unwrap().unwrap();
        for (label, &region) in found.labels.index_axis(Axis(0), id.0).iter().zip(roi) {
            assert!(*label == 0 || (*label == 1 && region));
        }
    }
    assert_eq!(outcome.segment_other(&other.stack, &mut Silent).unwrap(), found);
    let stop = &mut |_: &Event| ControlFlow::Break(());
    let stopped = outcome.segment_other(&other.stack, stop);
    assert!(matches!(stopped, Err(Error::Interrupted)));
    // The paper's network alone does without trees.
    let paper = tiny(CampaignConfig { scaling: config.scaling, ..CampaignConfig::paper() });
    let outcome = run_two_steps(
        &known.stack,
        &CampaignConfig { first: config.first.clone(), ..paper },
        &mut RecordedLabels::new(&known.truth),
        &mut Silent,
    );
    let found = outcome.unwrap().segment_other(&other.stack, &mut Silent).unwrap();
    assert_eq!(found.fusion.weights.into_keys().collect::<Vec<_>>(), [Source::Network]);
}

#[test]
fn images_in_their_own_units_run_to_the_page() {
    let _turn = alone();
    let phantom = phantom();
    let config = CampaignConfig { scaling: Scaling::None, ..config() };
    let mut labels = RecordedLabels::new(&phantom.truth);
    let run = run_two_steps(&phantom.stack, &config, &mut labels, &mut Silent);
    match run {
        Ok(outcome) => {
            let folder = tempfile::tempdir().unwrap();
            qunet_campaign::CampaignReport::new(&outcome).write(folder.path()).unwrap();
        }
        // Refused before the training, by the metrics or the settings.
        Err(error) => assert!(labels.asked().is_empty(), "{error}"),
    }
}

#[test]
fn shallow_networks_have_a_last_head_and_one_before() {
    let _turn = alone();
    let phantom = phantom();
    for depth in [3, 4] {
        let mut config = config();
        config.network.unet.depth = depth;
        let (outcome, _) = run(&phantom, &config);
        let records = outcome.records(0, 1).unwrap().unwrap();
        assert_eq!(records.agreement.len(), 9);
        let folder = tempfile::tempdir().unwrap();
        qunet_campaign::CampaignReport::new(&outcome).write(folder.path()).unwrap();
    }
    let mut single = config();
    single.network.heads = HeadPlacement::Last;
    let error = run_two_steps(&phantom.stack, &single, &mut Blank(48), &mut Silent).unwrap_err();
    assert!(matches!(error, Error::Model(_)), "{error}");
}

#[test]
fn constant_slices_leave_nothing_to_start_from() {
    let pixels = Pixels::U8(Array3::from_elem((6, 48, 48), 9));
    let stack = Stack::new("constant", pixels, Geometry::default()).unwrap();
    let error = error_of(&stack, &mut Blank(48), &mut Silent);
    let message = error.to_string();
    assert!(message.contains("chooses none of 6 slices"), "{message}");
    assert!(message.contains("6 of them: degenerate: constant slice"), "{message}");
    assert!(message.contains("check the region of interest"), "{message}");
}

/// Slices that no threshold of the mean lets pass: the default takes the best of them all the same.
#[test]
fn no_ordinary_stack_is_refused() {
    let _turn = alone();
    // The sharpest slices are the noisiest, so that none is below the mean of both metrics.
    let pixels = Array3::from_shape_fn((9, 48, 48), |(z, y, x)| {
        let edge = if (x / 4 + y / 4) % 2 == 0 { 20 } else { 60 };
        let speckle = if (7 * y + 13 * x + z) % 5 == 0 { 20 * (z as u16 % 3) } else { 0 };
        edge + speckle
    });
    let stack = Stack::new("s", Pixels::U16(pixels), Geometry::default()).unwrap();
    let mut paper = config();
    paper.first = StrategyConfig::ImageQuality(ImageQuality::paper());
    let refused = run_two_steps(&stack, &paper, &mut Blank(48), &mut Silent);
    if let Err(error) = refused {
        assert!(matches!(error, Error::NothingToBegin { .. }), "{error}");
    }
    let outcome = run_two_steps(&stack, &config(), &mut Blank(48), &mut Silent).unwrap();
    assert!(outcome.manifest().rounds[0].selection.ids().len() >= 2);
}

#[test]
fn one_slice_is_too_few() {
    let pixels = Pixels::U8(Array3::from_shape_fn((1, 48, 48), |(_, y, x)| (y * x % 200) as u8));
    let stack = Stack::new("single", pixels, Geometry::default()).unwrap();
    let error = error_of(&stack, &mut Blank(48), &mut Silent);
    assert!(matches!(error, Error::TooFewSlices { slices: 1 }), "{error:?}");
}

/// Draws by a rule: the label of each pixel of a slice.
struct Drawn<F>(F, usize);

impl<F: Fn(usize, usize, usize) -> u8> Annotator for Drawn<F> {
    fn annotate(&mut self, id: CandidateId) -> Result<Array2<u8>, Error> {
        let size = (self.1, self.1);
        Ok(Array2::from_shape_fn(size, |(row, column)| self.0(id.slice.0, row, column)))
    }
}

/// Runs to the end, and checks that what came out is whole; the shares of the drawn foreground that
/// were said to lie outside the region of interest.
fn completed(
    stack: &Stack,
    config: &CampaignConfig,
    draw: impl Fn(usize, usize, usize) -> u8,
) -> Vec<f64> {
    let mut outside = Vec::new();
    let mut observer = |event: &Event| {
        if let Event::OutsideRegion { share, .. } = event {
            outside.push(*share);
        }
        ControlFlow::Continue(())
    };
    let mut annotator = Drawn(&draw, stack.shape()[1]);
    let outcome = run_rounds(&[stack], config, &mut annotator, &mut observer).unwrap();
    let labels = outcome.segmentation(0).unwrap().unwrap();
    let classes = config.classes.len() as u8;
    assert!(labels.shape() == stack.shape() && labels.iter().all(|&label| label <= classes));
    for id in &outcome.manifest().stacks[0].annotated {
        for ((row, column), &label) in labels.index_axis(Axis(0), id.0).indexed_iter() {
            assert_eq!(label, draw(id.0, row, column), "what was drawn stays");
        }
    }
    let round = outcome.manifest().rounds.len();
    let fusion = outcome.records(0, round).unwrap().unwrap().fusion;
    assert!((fusion.weights.values().sum::<f64>() - 1.0).abs() < 1e-9);
    if let Some(estimate) = fusion.estimate {
        let qunet_context::Estimate { dice, low, high, .. } = estimate;
        assert!(0.0 <= low && low <= dice && dice <= high && high <= 1.0, "{estimate:?}");
    }
    outside
}

/// What annotators draw and stacks hold, at its rim: each is completed, or told in an event.
#[test]
fn odd_drawings_and_stacks_are_completed_all_the_same() {
    let _turn = alone();
    let phantom = phantom();
    let (stack, truth) = (&phantom.stack, phantom.truth.labels());
    let config = config();
    let lesion = |z: usize, y: usize, x: usize| truth[[z, y, x]];
    assert!(completed(stack, &config, |_, _, _| 0).is_empty(), "all drawn slices are empty");
    // All are equal, whatever the region of their slice.
    completed(stack, &config, |_, y, x| truth[[6, y, x]]);
    // The first slices lie outside the region of interest altogether.
    let mut roi = Array3::from_shape_fn(truth.dim(), |(z, y, x)| {
        let region = stack.roi(SliceId(z)).unwrap().unwrap();
        z > 3 && region[[y, x]]
    });
    let empty_here_and_there = stack.clone().with_roi_mask(roi.clone()).unwrap();
    completed(&empty_here_and_there, &config, lesion);
    // A region of interest that misses all that is drawn.
    roi.zip_mut_with(truth, |inside, &label| *inside &= label == 0);
    let mut exact = config.clone();
    exact.input.dilation = 0.0;
    let missing = stack.clone().with_roi_mask(roi).unwrap();
    let outside = completed(&missing, &exact, lesion);
    assert!(!outside.is_empty() && outside.iter().all(|&share| share == 1.0), "{outside:?}");
    // A single drawn slice; no spacing; two to five slices in all.
    let mut single = config.clone();
    single.stopping.budget.slices = Some(1);
    completed(stack, &single, lesion);
    for slices in [12, 2, 3, 4, 5] {
        let pixels = Array3::from_shape_fn((slices, 48, 48), |(z, y, x)| {
            (40 * z + 3 * y + x % 7 + 90 * usize::from(truth[[z, y, x]])) as u16
        });
        let plain = Stack::new("s", Pixels::U16(pixels), Geometry::default()).unwrap();
        let config = CampaignConfig { scaling: Scaling::StackMinMax, ..config.clone() };
        completed(&plain, &config, lesion);
    }
    // A second class that is on one slice alone.
    let two = CampaignConfig { classes: vec!["lesion".into(), "rare".into()], ..config };
    let rare = |z: usize, y: usize, x: usize| match (z, y, x) {
        (6, 20..24, 20..24) => 2,
        _ => truth[[z, y, x]],
    };
    completed(stack, &two, rare);
}

#[test]
fn an_annotation_of_another_size_or_label_is_refused() {
    struct Label(u8);
    impl Annotator for Label {
        fn annotate(&mut self, _id: CandidateId) -> Result<Array2<u8>, Error> {
            Ok(Array2::from_elem((48, 48), self.0))
        }
    }
    let _turn = alone();
    let message = error_of(&phantom().stack, &mut Blank(40), &mut Silent).to_string();
    assert!(message.contains("(40, 40)") && message.contains("(48, 48)"), "{message}");
    let message = error_of(&phantom().stack, &mut Label(2), &mut Silent).to_string();
    assert!(message.contains("holds 2; the labels are 0 to 1"), "{message}");
}

#[test]
fn settings_out_of_range_are_refused_before_anything_is_scored() {
    let phantom = phantom();
    let mut size = config();
    size.input.size = 40;
    let mut rounds = config();
    rounds.stopping.max_rounds = None;
    for config in [size, rounds] {
        let mut events = 0;
        let mut observer = |_: &Event| {
            events += 1;
            ControlFlow::Continue(())
        };
        let result = run_two_steps(&phantom.stack, &config, &mut Blank(48), &mut observer);
        assert!(matches!(result, Err(Error::Parameter { .. })));
        assert_eq!(events, 0);
    }
}

#[test]
fn several_stacks_and_rounds_run_in_memory() {
    let _turn = alone();
    let (a, b) = (phantom(), CtPhantom { slices: 8, size: 48, seed: 6 }.generate().unwrap());
    let mut config = config();
    (config.rounds.later, config.stopping.max_rounds) = (Some(2), None);
    let mut labels = RecordedLabels::from_stacks(&[&a.truth, &b.truth]);
    let outcome = run_rounds(&[&a.stack, &b.stack], &config, &mut labels, &mut Silent).unwrap();
    let manifest = outcome.manifest();
    assert_eq!(manifest.annotated(), 10);
    // Half of the budget, then twice two and the one that is left.
    assert_eq!(manifest.rounds.len(), 4);
    assert_ne!(manifest.stacks[0].source.name, manifest.stacks[1].source.name);
    assert_eq!(outcome.segmentation(1).unwrap().unwrap().dim(), (8, 48, 48));
    assert!(labels.asked().iter().any(|id| id.stack == 1 && id.slice < SliceId(8)));
}
