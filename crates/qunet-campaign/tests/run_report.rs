//! What a run leaves for a person to look at, and what it says while it runs.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use common::{alone, phantom};
use qunet_campaign::{
    Baseline, CampaignConfig, Narrator, Outcome, RecordedLabels, RunReport, Silent, TwoStepConfig,
    run_baseline, run_two_steps,
};
use qunet_stack::SliceId;
use qunet_stack::phantom::Phantom;

fn config() -> TwoStepConfig {
    let CampaignConfig { steps, .. } = common::config();
    TwoStepConfig { query: steps.query.quality_threshold(1.0), ..steps }
}

fn run(phantom: &Phantom) -> (Outcome, Baseline, String) {
    let mut labels = RecordedLabels::new(&phantom.truth);
    let mut narrator = Narrator::new(Vec::new());
    let outcome = run_two_steps(&phantom.stack, &config(), &mut labels, &mut narrator).unwrap();
    let others = [SliceId(0), SliceId(9)];
    let baseline =
        run_baseline(&phantom.stack, &config(), &others, &mut labels, &mut narrator).unwrap();
    (outcome, baseline, String::from_utf8(narrator.into_inner()).unwrap())
}

#[test]
fn a_run_is_told_and_shown() {
    let _turn = alone();
    let phantom = phantom(1);
    let config = config();
    let (outcome, baseline, told) = run(&phantom);

    assert!(told.starts_with("Step 1: image quality of 10 slices\n"), "{told}");
    for id in outcome.initial.ids() {
        let line = told.lines().find(|line| line.starts_with(&format!("  {:>5}  ", id.0)));
        assert!(line.unwrap().contains("kept"), "{told}");
    }
    for what in ["Step 2: the network", "train on S0: ", "Comparison: ", "  annotated: 0, 9 ("] {
        assert!(told.contains(what), "{what} is not in {told}");
    }
    assert_eq!(told.matches("train for comparison: ").count(), 2, "{told}");

    let report = RunReport::new(&phantom.stack, &config, &outcome).truth(&phantom.truth);
    let report = report.beside("ends", &baseline);
    let scores = report.scores().unwrap();
    let annotated = outcome.annotated();
    let unseen = (0..10).filter(|id| !annotated.contains(&SliceId(*id)));
    let common: Vec<usize> = unseen.filter(|id| ![0, 9].contains(id)).collect();
    assert_eq!(scores.0.len(), 3);
    assert_eq!(scores.0[0].evaluation.slices.len(), 10 - annotated.len());
    for scored in &scores.0[1..] {
        let slices = scored.evaluation.slices.iter().map(|it| it.slice);
        assert!(slices.eq(common.iter().copied()));
    }
    assert!(scores.0[2].name.starts_with("ends, the "));
    assert_eq!(scores.dice(), scores.0[0].evaluation.over_slices.dice.mean);
    assert_eq!(scores.to_string().lines().count(), 1 + 3 * 3);

    let folder = tempfile::tempdir().unwrap();
    let page = fs::read_to_string(report.write(folder.path()).unwrap()).unwrap();
    for figure in report.figures().unwrap() {
        let file = |end| folder.path().join(format!("{}.{end}", figure.name())).is_file();
        assert!(file("svg") || file("png"), "{} is not written", figure.name());
    }
    for what in ["Step 1", "Step 2", "Against the truth", "ends, the ", "Dice on the rest"] {
        assert!(page.contains(what), "{what} is not on the page");
    }
}

#[test]
fn without_the_truth_there_are_no_scores() {
    let _turn = alone();
    let phantom = phantom(1);
    let config = config();
    let mut labels = RecordedLabels::new(&phantom.truth);
    let outcome = run_two_steps(&phantom.stack, &config, &mut labels, &mut Silent).unwrap();
    let report = RunReport::new(&phantom.stack, &config, &outcome);
    assert!(report.scores().unwrap().0.is_empty());
    assert!(report.figures().unwrap().iter().all(|figure| figure.name() != "overlays"));
    let folder = tempfile::tempdir().unwrap();
    let page = fs::read_to_string(report.write(folder.path()).unwrap()).unwrap();
    assert!(page.contains("Step 2") && !page.contains("Against the truth"));
    assert!(!page.contains("Dice on the rest"));
}
