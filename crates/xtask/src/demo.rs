//! `cargo xtask demo`: the example a newcomer runs first.

use crate::command;
use crate::setup;
use crate::workspace::Workspace;

/// Sets LibTorch up and runs the example `segment_stack` with the given arguments.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> anyhow::Result<()> {
    setup::ensure(workspace)?;
    let mut cargo = workspace.cargo();
    cargo.args(["run", "-p", "qunet-examples", "--example", "segment_stack"]);
    // Files named in the arguments are meant from where the person stands.
    if let Ok(here) = std::env::current_dir() {
        cargo.current_dir(here);
    }
    command::run(cargo.arg("--").args(args))
}
