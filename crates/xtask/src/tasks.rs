//! `cargo xtask demo`, `test`, `faults` and `bench`: what `cargo` can run when its arguments are right.

use std::process::Command;

use crate::command;
use crate::downstream;
use crate::setup;
use crate::workspace::Workspace;

/// Sets LibTorch up and runs the example `segment_stack` with the given arguments.
pub(crate) fn demo(workspace: &Workspace, args: &[String]) -> anyhow::Result<()> {
    run_from_here(workspace, &["-p", "qunet-examples", "--example", "segment_stack"], args)
}

/// Sets LibTorch up and runs the program `experiment` with the given arguments.
pub(crate) fn experiment(workspace: &Workspace, args: &[String]) -> anyhow::Result<()> {
    run_from_here(workspace, &["-p", "qunet-experiments", "--bin", "experiment"], args)
}

/// Runs a program of the workspace; files named in its arguments are meant from where the person
/// stands.
fn run_from_here(workspace: &Workspace, program: &[&str], args: &[String]) -> anyhow::Result<()> {
    setup::ensure(workspace)?;
    let mut cargo = workspace.cargo();
    cargo.arg("run").args(program);
    if let Ok(here) = std::env::current_dir() {
        cargo.current_dir(here);
    }
    command::run(cargo.arg("--").args(args))
}

/// What `cargo xtask test` takes.
#[derive(clap::Args)]
pub(crate) struct TestOptions {
    /// Only what needs no LibTorch.
    #[arg(long)]
    no_libtorch: bool,
}

/// The three stages of tests, the same that CI runs.
pub(crate) fn test(workspace: &Workspace, options: &TestOptions) -> anyhow::Result<()> {
    test_core(workspace)?;
    if options.no_libtorch {
        return Ok(());
    }
    test_libtorch(workspace)?;
    downstream::run(workspace)
}

/// Tests and doc tests of everything that needs no LibTorch.
pub(crate) fn test_core(workspace: &Workspace) -> anyhow::Result<()> {
    command::run(workspace.cargo().arg("test"))?;
    command::run(workspace.cargo().args(["test", "-p", "qunet-examples", "--no-default-features"]))
}

/// Tests and doc tests of the rest.
pub(crate) fn test_libtorch(workspace: &Workspace) -> anyhow::Result<()> {
    setup::ensure(workspace)?;
    command::run(cargo_test(workspace).args(["--features", "qunet/campaign"]))
}

/// The tests of a campaign on a disk that fails at each step, and beside another program.
pub(crate) fn faults(workspace: &Workspace) -> anyhow::Result<()> {
    setup::ensure(workspace)?;
    let mut cargo = cargo_test(workspace);
    cargo.args(["--features", "qunet/campaign,qunet-campaign/faults", "--test", "faults"]);
    command::run(cargo.args(["--", "--nocapture"]))
}

/// `cargo test` of what needs LibTorch.
///
/// This choice of packages gives tch the same features as the examples, the demo and a downstream crate
/// have, so that it is compiled once for all of them.
fn cargo_test(workspace: &Workspace) -> Command {
    let mut cargo = workspace.cargo();
    cargo.arg("test");
    for package in ["qunet-model", "qunet-campaign", "qunet", "qunet-examples", "qunet-experiments"]
    {
        cargo.args(["-p", package]);
    }
    cargo
}

/// What `cargo xtask bench` takes.
#[derive(clap::Args)]
pub(crate) struct BenchOptions {
    /// Which file of benches.
    name: Name,
    /// Arguments of Criterion, for instance a part of a bench's name.
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum Name {
    /// Image quality.
    Quality,
    /// Overlap metrics and head agreement.
    Segmetrics,
}

impl Name {
    fn target(self) -> &'static str {
        match self {
            Self::Quality => "quality",
            Self::Segmetrics => "segmetrics",
        }
    }
}

/// Runs the Criterion benches of one file.
pub(crate) fn bench(workspace: &Workspace, options: &BenchOptions) -> anyhow::Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["bench", "-p", "qunet-benches", "--bench", options.name.target(), "--"]);
    command::run(cargo.args(&options.args))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: BenchOptions,
    }

    #[test]
    fn arguments_of_criterion_go_through() {
        let options =
            Cli::try_parse_from(["bench", "quality", "u8/512", "--test"]).unwrap().options;
        assert_eq!((options.name, options.name.target()), (Name::Quality, "quality"));
        assert_eq!(options.args, ["u8/512", "--test"]);
        assert!(Cli::try_parse_from(["bench", "nothing"]).is_err());
    }
}
