//! Every example, as a user would call it first.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context;

use super::stages::Outcome;
use crate::command;
use crate::setup;
use crate::workspace::Workspace;

/// Each example with arguments that keep it short.
const EXAMPLES: [(&str, &[&str]); 14] = [
    ("score_stack", &[]),
    ("score_masks", &[]),
    ("select_initial", &[]),
    ("segment_stack", &["--quick"]),
    ("train", &["--epochs", "3", "--size", "48", "--out", "target/examples-out"]),
    (
        "predict",
        &[
            "--model",
            "target/examples-out/model.safetensors",
            "--size",
            "48",
            "--out",
            "target/examples-out/segmentation.nii.gz",
        ],
    ),
    ("query", &["--model", "target/examples-out/model.safetensors", "--size", "48"]),
    ("evaluate", &["--picture", "target/examples-out/cases.svg"]),
    ("custom_strategy", &[]),
    ("onnx_or_other_backend", &[]),
    (
        "compare_strategies",
        &["--strategies", "random,entropy", "--seeds", "1", "--epochs", "2", "--size", "32"],
    ),
    ("annotate", &["target/examples-out/campaign", "init"]),
    (
        "annotate",
        &[
            "target/examples-out/campaign",
            "ingest",
            "--masks",
            "phantom=target/examples-out/campaign.phantom/truth.nii.gz",
            "--accept-empty",
        ],
    ),
    ("transfer", &["--epochs", "2", "--picture", "target/examples-out/transfer.svg"]),
];

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<Outcome> {
    setup::ensure(workspace)?;
    clear(&workspace.root().join("target/examples-out"))?;
    for (name, arguments) in EXAMPLES {
        example(workspace, name, arguments)?;
    }
    Ok(Outcome::Done)
}

/// Takes away what an earlier run left: a campaign of other settings is rightly refused.
fn clear(folder: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Runs one example in the repository root.
pub(crate) fn example(workspace: &Workspace, name: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["run", "-p", "qunet-examples", "--example", name, "--"]);
    command::run(cargo.args(arguments))
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
