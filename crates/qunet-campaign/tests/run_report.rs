//! What a campaign leaves for a person to look at, and the lines it prints while it runs.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use common::{alone, phantom, tiny};
use qunet_campaign::{
    CampaignConfig, CampaignReport, Narrator, Outcome, RecordedLabels, Silent, run_rounds,
    run_two_steps,
};
use qunet_select::{CandidateId, ImageQuality, StrategyConfig};
use qunet_stack::phantom::Phantom;

fn config() -> CampaignConfig {
    let first = StrategyConfig::ImageQuality(ImageQuality::default());
    tiny(CampaignConfig { first, ..CampaignConfig::two_steps() })
}

fn run(phantom: &Phantom) -> (Outcome<'_>, Outcome<'_>, String) {
    let mut labels = RecordedLabels::new(&phantom.truth);
    let mut narrator = Narrator::new(Vec::new());
    let outcome = run_two_steps(&phantom.stack, &config(), &mut labels, &mut narrator).unwrap();
    let spaced = config().single_round(StrategyConfig::EvenlySpaced {});
    let other = run_rounds(&[&phantom.stack], &spaced, &mut labels, &mut Silent).unwrap();
    (outcome, other, String::from_utf8(narrator.into_inner()).unwrap())
}

#[test]
fn a_run_is_narrated_and_shown() {
    let _turn = alone();
    let phantom = phantom(1);
    let (outcome, other, lines) = run(&phantom);

    assert!(lines.starts_with("Image quality of 10 slices scored\n"), "{lines}");
    for id in outcome.manifest().rounds[0].selection.ids() {
        assert!(lines.contains(&format!(". slice {}: ", id.slice)), "{lines}");
    }
    let estimate = "  estimated Dice of the slices nobody drew ";
    let training = ["  training: 3 epochs in ", "  3 networks that each leave slices out, "];
    let others = ["Round 1: ", "  thresholds: ", estimate, "Round 2: ", "End: "];
    for what in training.into_iter().chain(others) {
        assert!(lines.contains(what), "{what} is not in {lines}");
    }

    let report = CampaignReport::new(&outcome).truth(&[&phantom.truth]);
    let report = report.beside("evenly spaced", &other).unwrap();
    let scores = report.scores().unwrap();
    let seen = |outcome: &Outcome<'_>, slice: usize| {
        outcome
            .manifest()
            .is_annotated(CandidateId { stack: 0, slice: qunet_stack::SliceId(slice) })
    };
    let rest: Vec<usize> = (0..10).filter(|&slice| !seen(&outcome, slice)).collect();
    let common: Vec<usize> = rest.iter().copied().filter(|&slice| !seen(&other, slice)).collect();
    assert_eq!(scores.0.len(), 3);
    let slices = |at: usize| scores.0[at].evaluation.slices.iter().map(|it| it.slice);
    assert!(slices(0).eq(rest));
    assert!(slices(1).eq(common.iter().copied()) && slices(2).eq(common.iter().copied()));
    assert!(scores.0[2].name.starts_with("evenly spaced, the "));
    assert_eq!(scores.dice(), scores.0[0].evaluation.over_slices.dice.mean);
    assert_eq!(scores.to_string().lines().count(), 1 + 3 * 4);

    let folder = tempfile::tempdir().unwrap();
    let page = fs::read_to_string(report.write(folder.path()).unwrap()).unwrap();
    for figure in report.page().unwrap().figures() {
        let file = |end| folder.path().join(format!("{}.{end}", figure.name())).is_file();
        assert!(file("svg") || file("png"), "{} is not written", figure.name());
    }
    for what in [
        "Rounds",
        "Against the truth",
        "What completes the slices nobody drew",
        "evenly spaced, the ",
        "True Dice on the rest",
    ] {
        assert!(page.contains(what), "{what} is not on the page");
    }
}

#[test]
fn without_the_truth_there_are_no_scores() {
    let _turn = alone();
    let phantom = phantom(1);
    let (outcome, _, _) = run(&phantom);
    let report = CampaignReport::new(&outcome);
    assert!(report.scores().unwrap().0.is_empty());
    assert!(report.page().unwrap().figures().all(|figure| figure.name() != "overlays"));
    let folder = tempfile::tempdir().unwrap();
    let page = fs::read_to_string(report.write(folder.path()).unwrap()).unwrap();
    assert!(page.contains("Rounds") && !page.contains("Against the truth"));
    assert!(!page.contains("True Dice on the rest"));
}
