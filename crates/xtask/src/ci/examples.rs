//! Every example as a user would call it first, and the demo on real stacks.

use std::path::Path;

use super::Outcome;
use crate::command;
use crate::setup;
use crate::tasks;
use crate::workspace::Workspace;

/// Where the stacks are, from the repository root.
const FOLDER: &str = "../shared/data";

/// Keeps a run on two cores to a minute or so.
const SMALL: [&str; 6] = ["--quick", "--epochs", "2", "--size", "64", "--no-comparison"];

/// The stacks: their place in the folder and the options that name them.
const STACKS: [&[(&str, &str)]; 2] = [
    &[
        ("--stack", "covid_ct_radiopaedia_a/rp_5_image.nii.gz"),
        ("--roi", "covid_ct_radiopaedia_a/rp_5_lung.nii.gz"),
        ("--labels", "covid_ct_radiopaedia_a/rp_5_infection.nii.gz"),
    ],
    &[
        ("--stack", "oct_dme_duke_a/subject_01/images"),
        ("--labels", "oct_dme_duke_a/subject_01/masks"),
    ],
];

/// Each example with arguments that keep it short.
const EXAMPLES: [(&str, &[&str]); 15] = [
    ("score_stack", &[]),
    ("score_masks", &[]),
    ("select_initial", &[]),
    ("segment_stack", &["--quick", "--epochs", "2"]),
    ("train", &["--epochs", "3", "--size", "48", "--out", "target/examples-out/trained"]),
    (
        "predict",
        &[
            "--model",
            "target/examples-out/trained",
            "--out",
            "target/examples-out/segmentation.nii.gz",
        ],
    ),
    ("query", &["--model", "target/examples-out/trained"]),
    ("evaluate", &[]),
    ("custom_strategy", &[]),
    ("onnx_or_other_backend", &[]),
    (
        "compare_strategies",
        &["--strategies", "random,entropy", "--seeds", "1", "--epochs", "2", "--size", "32"],
    ),
    ("annotate", &["target/examples-out/campaign", "init"]),
    ("annotate", &["target/examples-out/campaign", "ingest", "--accept-empty"]),
    ("annotate", &["target/examples-out/campaign", "report"]),
    ("transfer", &["--epochs", "2", "--picture", "target/examples-out/transfer.svg"]),
];

/// An experiment of two minutes, and its tables.
const SMOKE: [&[&str]; 3] = [
    &["run", "experiments/plans/smoke.toml"],
    &["tables", "compared", "target/examples-out/smoke.jsonl"],
    &["tables", "table1", "target/examples-out/smoke.jsonl"],
];

/// Each example on small input, and the smallest experiment.
pub(super) fn each(workspace: &Workspace) -> anyhow::Result<Outcome> {
    setup::ensure(workspace)?;
    // A campaign that an earlier run left with other settings would be refused.
    setup::cache::remove_folder(workspace.root().join("target/examples-out"))?;
    for (name, arguments) in EXAMPLES {
        example(workspace, name, arguments)?;
    }
    for arguments in SMOKE {
        let arguments: Vec<String> = arguments.iter().map(|&it| it.to_owned()).collect();
        tasks::experiment(workspace, &arguments)?;
    }
    Ok(Outcome::Done)
}

/// Runs one example in the repository root.
fn example(workspace: &Workspace, name: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["run", "-p", "qunet-examples", "--example", name, "--"]);
    command::run(cargo.args(arguments))
}

/// The demo on real stacks: a smoke test for a machine that has them beside the clone.
pub(super) fn on_real_stacks(workspace: &Workspace) -> anyhow::Result<Outcome> {
    let folder = workspace.root().join(FOLDER);
    if !folder.is_dir() {
        return Ok(Outcome::Skipped(format!("no {FOLDER}")));
    }
    setup::ensure(workspace)?;
    for stack in STACKS {
        if stack.iter().all(|(_, place)| folder.join(place).exists()) {
            segment(workspace, &folder, stack)?;
        } else {
            eprintln!("skipped: no {FOLDER}/{}", stack[0].1);
        }
    }
    Ok(Outcome::Done)
}

fn segment(workspace: &Workspace, folder: &Path, stack: &[(&str, &str)]) -> anyhow::Result<()> {
    let out = workspace.target_dir()?.join("xtask-data");
    let mut arguments: Vec<String> = SMALL.map(str::to_owned).to_vec();
    arguments.extend(["--out".to_owned(), out.display().to_string()]);
    for (option, place) in stack {
        arguments.extend([(*option).to_owned(), folder.join(place).display().to_string()]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    example(workspace, "segment_stack", &arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_of_the_package_is_in_the_table() {
        let root = Workspace::find().unwrap().root().to_path_buf();
        let manifest = std::fs::read_to_string(root.join("examples/Cargo.toml")).unwrap();
        for target in manifest.split("[[example]]").skip(1) {
            let name = target.lines().find_map(|line| line.strip_prefix("name = "));
            let name = name.unwrap().trim_matches('"');
            let listed = EXAMPLES.iter().any(|(example, _)| *example == name);
            assert!(listed, "example {name} is not run by `cargo xtask ci examples`");
        }
    }
}
