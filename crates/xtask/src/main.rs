//! Workspace tasks, called as `cargo xtask <TASK>`. People and CI run the same tasks.
//!
//! `setup` provides LibTorch, `tasks` runs the demo, the tests, the faults and the benches, `downstream` tries the
//! recipe for a crate outside the workspace, `distributed` tests that of DataFusion and Ballista, `ci` runs all checks
//! in order, `peers` measures beside other libraries. `workspace` and `command` are what all of them use.

mod ci;
mod command;
mod distributed;
mod downstream;
mod peers;
mod setup;
mod tasks;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::command::CommandFailed;
use crate::workspace::Workspace;

/// Workspace tasks of QU-net++.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Find LibTorch, or put one into the cache folder, and link it into this clone.
    ///
    /// Looks at LIBTORCH, at the link of an earlier setup, at a Python that has a matching torch and at the
    /// cache folder, in this order. If none has the wanted version, pip downloads three hash-checked wheels
    /// (540 MB) and the CPU-only part of them (465 MB) is kept in the cache folder.
    Setup(setup::Options),
    /// Segment a small phantom from end to end (setup, then the example `segment_stack`).
    ///
    /// All arguments go to the example: `cargo xtask demo --help` shows its own.
    #[command(disable_help_flag = true)]
    Demo {
        /// Arguments of the example.
        #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Run the tests: without LibTorch, with LibTorch, and as a crate outside the workspace.
    Test(tasks::TestOptions),
    /// Let the disk fail at every step of a small campaign, and two programs work on it; minutes.
    ///
    /// The program is killed at each step, the disk is full from each step on. Each time the campaign is
    /// opened again and must end as one that was left in peace.
    Faults,
    /// Compare strategies and settings on annotated stacks, by a plan (setup, then the program
    /// `experiment`).
    ///
    /// Runs that a plan's file of results has already are skipped. Arguments go to the program:
    /// `cargo xtask experiment run PLAN.toml --shard 1/2`, `cargo xtask experiment tables FILE`.
    #[command(disable_help_flag = true)]
    Experiment {
        /// Arguments of the program.
        #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Test, build or measure `distributed/`, the workspace of Apache DataFusion and Ballista.
    #[command(subcommand)]
    Distributed(distributed::Distributed),
    /// Measure with Criterion: the kernels beside plain loops, at several sizes.
    Bench(tasks::BenchOptions),
    /// Measure beside the libraries that do the same in Python, on the same pixels, alternately.
    #[command(subcommand)]
    Peers(peers::Peers),
    /// Run the checks of continuous integration, all in order or one of them.
    Ci(ci::Options),
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let workspace = Workspace::find()?;
    match cli.task {
        Task::Setup(options) => setup::run(&workspace, &options),
        Task::Demo { args } => tasks::demo(&workspace, &args),
        Task::Experiment { args } => tasks::experiment(&workspace, &args),
        Task::Test(options) => tasks::test(&workspace, &options),
        Task::Faults => tasks::faults(&workspace),
        Task::Distributed(task) => distributed::run(&workspace, &task),
        Task::Bench(options) => tasks::bench(&workspace, &options),
        Task::Peers(peers) => peers::run(&workspace, &peers),
        Task::Ci(options) => ci::run(&workspace, &options),
    }
}

/// The exit code of a failed command goes through, everything else is 1.
fn exit_code(error: &anyhow::Error) -> u8 {
    error.downcast_ref::<CommandFailed>().and_then(CommandFailed::exit_code).unwrap_or(1)
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn demo_passes_every_argument_on() {
        let cli =
            Cli::try_parse_from(["xtask", "demo", "--quick", "--out", "x", "--help"]).unwrap();
        let Task::Demo { args } = cli.task else {
            panic!("not the demo");
        };
        assert_eq!(args, ["--quick", "--out", "x", "--help"]);
    }

    #[test]
    fn exit_code_of_a_command_goes_through() {
        let failed = anyhow::Error::new(CommandFailed::new("cargo test".into(), Some(101)));
        assert_eq!(exit_code(&failed.context("stage test-core")), 101);
        assert_eq!(exit_code(&anyhow::anyhow!("no network")), 1);
    }
}
