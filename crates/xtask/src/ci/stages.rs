//! The stages by name.

use super::{data, examples};
use crate::workspace::Workspace;
use crate::{command, downstream, test};

/// How a stage ended that did not fail.
pub(crate) enum Outcome {
    Done,
    /// There was nothing to do, for this reason.
    Skipped(String),
}

/// One stage.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn(&Workspace) -> anyhow::Result<Outcome>,
}

/// In the order in which they run: what is quick and fails often comes first.
pub(crate) const STAGES: [Stage; 9] = [
    Stage { name: "fmt", about: "formatting", run: fmt },
    Stage {
        name: "clippy",
        about: "lints of everything; warnings are errors (needs no LibTorch)",
        run: clippy,
    },
    Stage {
        name: "docs",
        about: "documentation of everything; warnings are errors (needs no LibTorch)",
        run: docs,
    },
    Stage {
        name: "test-core",
        about: "tests of what needs no LibTorch",
        run: |workspace| test::core(workspace).map(done),
    },
    Stage {
        name: "test-libtorch",
        about: "tests of the rest, with LibTorch",
        run: |workspace| test::libtorch(workspace).map(done),
    },
    Stage {
        name: "downstream",
        about: "a crate outside the workspace that follows the README",
        run: |workspace| downstream::run(workspace).map(done),
    },
    Stage { name: "examples", about: "each example on small input", run: examples::run },
    Stage { name: "benches", about: "each bench once, without measuring", run: benches },
    Stage {
        name: "data",
        about: "the demo on real stacks, where they are at hand",
        run: data::run,
    },
];

/// Names for several stages; `test` is what `cargo xtask test` runs.
pub(crate) const GROUPS: [(&str, &[&str]); 1] =
    [("test", &["test-core", "test-libtorch", "downstream"])];

pub(crate) fn done((): ()) -> Outcome {
    Outcome::Done
}

fn fmt(workspace: &Workspace) -> anyhow::Result<Outcome> {
    command::run(workspace.cargo().args(["fmt", "--all", "--check"])).map(done)
}

/// `--all-features` has `doc-only` among them, with which the bindings need no LibTorch. The second call
/// sees what is left out when the features are off.
fn clippy(workspace: &Workspace) -> anyhow::Result<Outcome> {
    let everything: &[&str] = &["--workspace", "--all-features"];
    let least: &[&str] = &["-p", "qunet-examples", "--no-default-features"];
    for choice in [everything, least] {
        let mut cargo = workspace.cargo();
        cargo.arg("clippy").args(choice);
        command::run(cargo.args(["--all-targets", "--", "-D", "warnings"]))?;
    }
    Ok(Outcome::Done)
}

fn docs(workspace: &Workspace) -> anyhow::Result<Outcome> {
    let mut cargo = workspace.cargo();
    cargo.env("RUSTDOCFLAGS", "-D warnings");
    command::run(cargo.args(["doc", "--workspace", "--all-features", "--no-deps"])).map(done)
}

fn benches(workspace: &Workspace) -> anyhow::Result<Outcome> {
    let mut cargo = workspace.cargo();
    cargo.args(["bench", "-p", "qunet-benches", "--profile", "dev"]);
    command::run(cargo.args(["--", "--test"]))?;
    let mut cargo = workspace.cargo();
    cargo.args(["run", "-p", "qunet-select-benches", "--", "--quick"]);
    command::run(&mut cargo).map(done)
}
