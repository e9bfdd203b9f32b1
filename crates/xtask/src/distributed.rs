//! `cargo xtask distributed`: the workspace of DataFusion and Ballista, which nobody builds who does not ask for it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::ci::Outcome;
use crate::workspace::Workspace;
use crate::{command, setup};

/// What `cargo xtask distributed` does.
#[derive(clap::Subcommand)]
pub(crate) enum Distributed {
    /// Formatting and tests, on a cluster of a scheduler and two executors on loopback as well.
    Test {
        /// With `qunet_segment`, which needs LibTorch.
        #[arg(long)]
        model: bool,
    },
    /// Builds `qunet-sql` and `qunet-cluster`, optimised.
    Build {
        /// With `qunet_segment`, which needs LibTorch.
        #[arg(long)]
        model: bool,
    },
    /// Measures beside the library, how memory grows, and what executors add.
    Measure {
        /// The folder of stacks to measure on; synthetic ones without it.
        #[arg(long, value_name = "FOLDER")]
        stacks: Option<PathBuf>,
    },
}

/// The folder of the workspace.
const FOLDER: &str = "distributed";
/// Commits of which one that touches it, or a crate that it uses, makes continuous integration test it.
const RECENT: &str = "20";
/// What it uses.
const USED: [&str; 6] = [
    FOLDER,
    "crates/qunet-grid",
    "crates/qunet-quality",
    "crates/qunet-segmetrics",
    "crates/qunet-select",
    "crates/qunet-stack",
];

pub(crate) fn run(workspace: &Workspace, task: &Distributed) -> anyhow::Result<()> {
    match task {
        Distributed::Test { model } => test(workspace, *model),
        Distributed::Build { model } => {
            let mut cargo = cargo(workspace, *model)?;
            command::run(cargo.args(["build", "--release"]).args(features(*model)))
        }
        Distributed::Measure { stacks } => {
            let mut cargo = cargo(workspace, false)?;
            cargo.args(["build", "--release", "-p", "qunet-cluster", "-p", "qunet-sql"]);
            command::run(&mut cargo)?;
            let mut measure = self::cargo(workspace, false)?;
            measure.args(["run", "--release", "-p", "qunet-cluster", "--example", "measure", "--"]);
            // Cargo runs it in the folder of the workspace.
            let stacks = stacks.as_ref().map(std::path::absolute).transpose()?;
            command::run(measure.args(stacks))
        }
    }
}

/// The stage of continuous integration: only after changes, for it builds for a quarter of an hour.
pub(crate) fn stage(workspace: &Workspace) -> anyhow::Result<Outcome> {
    if !changed(workspace)? {
        return Ok(Outcome::Skipped(format!(
            "nothing it uses changed in the last {RECENT} commits"
        )));
    }
    test(workspace, false)?;
    Ok(Outcome::Done)
}

fn test(workspace: &Workspace, model: bool) -> anyhow::Result<()> {
    command::run(cargo(workspace, model)?.args(["fmt", "--all", "--check"]))?;
    command::run(cargo(workspace, model)?.args(["test", "--workspace"]).args(features(model)))
}

fn features(model: bool) -> &'static [&'static str] {
    if model { &["--features", "qunet-cluster/model"] } else { &[] }
}

fn cargo(workspace: &Workspace, model: bool) -> anyhow::Result<Command> {
    if model {
        setup::ensure(workspace)?;
    }
    let mut cargo = workspace.cargo();
    cargo.current_dir(workspace.root().join(FOLDER));
    Ok(cargo)
}

/// Whether a recent commit touched it; where that cannot be known, it is taken to be so.
fn changed(workspace: &Workspace) -> anyhow::Result<bool> {
    let log = Command::new("git")
        .current_dir(workspace.root())
        .args(["log", "-n", RECENT, "--format=", "--name-only"])
        .output()
        .context("cannot start `git log`")?;
    let files = String::from_utf8_lossy(&log.stdout);
    Ok(!log.status.success() || files.lines().any(is_used))
}

fn is_used(file: &str) -> bool {
    USED.iter().any(|folder| file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_uses_is_known_by_whole_names() {
        assert!(is_used("distributed/Cargo.toml") && is_used("crates/qunet-stack/src/lib.rs"));
        assert!(!is_used("crates/qunet-stack-more/src/lib.rs") && !is_used("docs/distributed.md"));
    }

    #[test]
    fn every_folder_that_it_uses_is_there() -> anyhow::Result<()> {
        let root = Workspace::find()?.root().to_owned();
        for folder in USED {
            assert!(root.join(folder).join("Cargo.toml").is_file(), "{folder}");
        }
        Ok(())
    }
}
