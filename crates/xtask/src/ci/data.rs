//! The demo on real stacks: a smoke test for a machine that has them beside the clone.

use std::path::Path;

use super::examples::example;
use super::stages::Outcome;
use crate::setup;
use crate::workspace::Workspace;

/// Where the stacks are, from the repository root.
const FOLDER: &str = "../shared/data";

/// Keeps a run on two cores to a minute or so.
const SMALL: [&str; 5] = ["--quick", "--epochs", "2", "--size", "64"];

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

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<Outcome> {
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
