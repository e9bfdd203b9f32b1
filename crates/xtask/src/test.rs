//! `cargo xtask test`: the three stages of tests, the same that CI calls.

use crate::command;
use crate::downstream;
use crate::setup;
use crate::workspace::Workspace;

/// What `cargo xtask test` takes.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only what needs no LibTorch.
    #[arg(long)]
    no_libtorch: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    core(workspace)?;
    if options.no_libtorch {
        return Ok(());
    }
    libtorch(workspace)?;
    downstream::run(workspace)
}

/// Tests and doc tests of everything that needs no LibTorch.
pub(crate) fn core(workspace: &Workspace) -> anyhow::Result<()> {
    command::run(workspace.cargo().arg("test"))?;
    command::run(workspace.cargo().args(["test", "-p", "qunet-examples", "--no-default-features"]))
}

/// Tests and doc tests of the rest. This choice of packages gives tch the same features as the examples,
/// the demo and a downstream crate have, so that it is compiled once for all of them.
pub(crate) fn libtorch(workspace: &Workspace) -> anyhow::Result<()> {
    setup::ensure(workspace)?;
    let mut cargo = workspace.cargo();
    cargo.arg("test");
    for package in ["qunet-model", "qunet-campaign", "qunet", "qunet-examples"] {
        cargo.args(["-p", package]);
    }
    command::run(cargo.args(["--features", "qunet/campaign"]))
}
