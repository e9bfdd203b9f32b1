//! The programs on files that other programs had trouble with, by their numbers in docs/reliability.md.
//! Cargo builds the examples beside their tests.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn case(path: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases")).join(path)
}

fn program(name: &str) -> Command {
    // target/debug/deps/programs-... beside target/debug/examples/...
    let test = std::env::current_exe().unwrap();
    Command::new(test.ancestors().nth(2).unwrap().join("examples").join(name))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn score(prediction: &str, truth: &str) -> Output {
    let mut program = program("score_masks");
    program.arg("--prediction").arg(case(prediction)).arg("--truth").arg(case(truth));
    program.output().unwrap()
}

#[test]
fn score_masks_compares_the_places_of_prediction_and_truth() {
    let output = score("103/prediction.nii.gz", "103/truth.nii.gz");
    assert!(!output.status.success());
    let message = text(&output.stderr);
    assert!(message.contains("58.310 mm") && message.contains("resample"), "{message}");

    let output = score("104/prediction.nii.gz", "104/truth.nii.gz");
    assert!(printed(&output).contains("1.0000"), "{}", printed(&output));
    assert!(text(&output.stderr).contains("its rows the other way round"));
}

/// A mask of one column of twenty fewer than its stack, which holds nothing there.
fn part(folder: &Path) -> PathBuf {
    use qunet::stack::{LabelMap, Pixels, Stack};
    let truth = Stack::open(case("104/truth.nii.gz")).unwrap();
    let labels = LabelMap::open_binary(case("104/truth.nii.gz"), &truth).unwrap();
    assert!(labels.labels().slice(ndarray::s![.., .., 0]).iter().all(|&label| label == 0));
    let part = labels.labels().slice(ndarray::s![.., .., 1..]).to_owned();
    let part = Stack::new("part", Pixels::U8(part), truth.geometry().starting_at([0, 0, 1]));
    let path = folder.join("part.nii.gz");
    part.unwrap().write(&path).unwrap();
    path
}

/// Refused as it is, with the remedy; taken and told of where that is asked for. What it prints then.
#[track_caller]
fn resampled(program: impl Fn() -> Command) -> String {
    let refused = program().output().unwrap();
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("--resample nearest"), "{}", text(&refused.stderr));
    let taken = program().args(["--resample", "nearest"]).output().unwrap();
    let note = text(&taken.stderr);
    assert!(note.contains("5.0 % of the stack lie outside the mask"), "{note}");
    printed(&taken)
}

#[test]
fn score_masks_resamples_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = part(folder.path());
    for labels in [&[][..], &["--labels", "1"]] {
        let printed = resampled(|| {
            let mut program = program("score_masks");
            program.arg("--prediction").arg(&path).arg("--truth").arg(case("104/truth.nii.gz"));
            program.args(labels);
            program
        });
        assert!(printed.contains("1.0000"), "{printed}");
    }
}

#[test]
fn score_stack_resamples_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = part(folder.path());
    let printed = resampled(|| {
        let mut program = program("score_stack");
        program.arg("--stack").arg(case("ct.nii.gz")).arg("--roi").arg(&path);
        program
    });
    assert!(printed.starts_with("slice  blurriness"), "{printed}");
}

/// The same mask as labels, truth and region of interest.
#[cfg(feature = "model")]
#[test]
fn programs_with_networks_resample_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (path, stack) = (part(folder.path()), case("ct.nii.gz"));
    let small = ["--epochs", "1", "--size", "16"];
    resampled(|| {
        let mut program = program("train");
        program.arg("--stack").arg(&stack).arg("--labels").arg(&path).args(small);
        program.arg("--out").arg(folder.path().join("trained"));
        program
    });
    resampled(|| {
        let mut program = program("compare_strategies");
        program.arg("--stack").arg(&stack).arg("--truth").arg(&path).args(small);
        program.args(["--strategies", "random", "--seeds", "1"]);
        program
    });
    for roi in [false, true] {
        resampled(|| {
            let mut program = program("segment_stack");
            program.arg("--stack").arg(&stack).args(small).arg("--no-comparison");
            program.arg("--labels").arg(if roi { case("104/truth.nii.gz") } else { path.clone() });
            if roi {
                program.arg("--roi").arg(&path);
            }
            program.args(["--budget", "0.5", "--out"]).arg(folder.path().join("results"));
            program
        });
    }
    let campaign = folder.path().join("campaign");
    resampled(|| {
        let mut program = program("annotate");
        program.arg(&campaign).arg("init").arg("--stack").arg(&stack);
        program.arg("--roi").arg(format!("ct={}", path.display()));
        program
    });
    // The folder has it written down: the stack is opened again with its region.
    let mut program = program("annotate");
    let export = program.arg(&campaign).arg("export").arg(folder.path().join("out"));
    printed(&export.output().unwrap());
}

#[test]
fn score_masks_gives_the_same_millimetres_in_any_unit() {
    let [in_mm, in_micrometres] = ["mm", "micron"].map(|unit| {
        let [prediction, truth] =
            ["prediction", "truth"].map(|name| format!("301/{name}_{unit}.nii.gz"));
        let printed = printed(&score(&prediction, &truth));
        // SciPy 1.17: HD95 1.5 mm, ASSD 0.6864 mm.
        assert!(printed.contains("1.5000") && printed.contains("0.6864"), "{printed}");
        let row = printed.lines().find(|line| line.starts_with("truth_")).unwrap();
        row.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
    });
    assert_eq!(in_mm, in_micrometres);
}

#[test]
fn evaluate_compares_places_too() {
    let mut program = program("evaluate");
    program.arg("--stack").arg(case("ct.nii.gz"));
    program.arg("--prediction").arg(case("104/prediction.nii.gz"));
    let output = program.arg("--truth").arg(case("104/truth.nii.gz")).output().unwrap();
    assert!(printed(&output).contains("dice: mean over slices 1.000"), "{}", printed(&output));
}

#[test]
fn a_region_of_interest_gives_the_same_scores_however_it_is_stored() {
    let scores = |name: &str, roi: &str| {
        let mut program = program(name);
        let output = program.arg("--stack").arg(case("ct.nii.gz")).arg("--roi").arg(case(roi));
        printed(&output.output().unwrap())
    };
    for name in ["score_stack", "select_initial"] {
        assert_eq!(scores(name, "roi.nii.gz"), scores(name, "104/truth.nii.gz"), "{name}");
    }
}

#[test]
fn a_cause_is_printed_once() {
    let output = score("none.nii.gz", "104/truth.nii.gz");
    let message = text(&output.stderr);
    assert!(!output.status.success() && message.contains("none.nii.gz"), "{message}");
    assert_eq!(message.matches("No such file").count(), 1, "{message}");
    let mut program = program("select_initial");
    let output = program.arg("--stack").arg(case("none.nii.gz")).output().unwrap();
    assert_eq!(text(&output.stderr).matches("No such file").count(), 1);
}

#[test]
fn a_choice_of_nothing_says_why() {
    let mut program = program("select_initial");
    let program = program.arg("--paper").arg("--stack").arg(case("equal.nii.gz"));
    let chosen = printed(&program.output().unwrap());
    assert!(chosen.contains("none: all slices are equal in quality"), "{chosen}");
}

#[test]
fn a_constant_stack_is_called_constant() {
    let mut program = program("select_initial");
    let printed = printed(&program.arg("--stack").arg(case("constant.nii.gz")).output().unwrap());
    assert!(printed.contains("none: no slice shows anything"), "{printed}");
    assert!(printed.contains("degenerate: constant slice"), "{printed}");
    assert!(!printed.contains("threshold") && !printed.contains("annotate any"), "{printed}");
}

/// A pipe whose reader is gone, as `| head -1` leaves it.
#[test]
fn programs_end_quietly_when_nobody_reads() {
    for name in ["score_stack", "select_initial"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = program(name).stdout(writer).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
    }
}
