//! `qunet-cluster`: scheduler and executors of Apache Ballista that know image stacks, and a client.

mod executor;
mod local;
mod scheduler;
mod session;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use qunet_sql::{Disk, Query, exit_code, until_interrupted};

/// SQL over image stacks on a cluster: scheduler and executors of Apache Ballista with the functions and tables of
/// `qunet-sql`.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts a scheduler and executors on this machine's loopback and prints their addresses; Ctrl-C ends them.
    Local(local::Options),
    /// Runs a scheduler, to which executors and clients connect.
    Scheduler(scheduler::Options),
    /// Runs an executor, which reads stacks and computes.
    Executor(executor::Options),
    /// Asks a cluster a query; the rows come here.
    Query {
        /// The scheduler.
        #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50050")]
        scheduler: String,
        #[command(flatten)]
        query: Box<Query>,
    },
}

async fn query(scheduler: &str, query: &Query) -> anyhow::Result<()> {
    let session = session::client(scheduler).await?;
    query.run(&session, Disk::OfTheCluster).await
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Local(options) => local::run(&options).await,
        Command::Scheduler(options) => until_interrupted(scheduler::run(&options)).await,
        Command::Executor(options) => executor::run(options).await,
        Command::Query { scheduler, query: asked } => {
            until_interrupted(query(&scheduler, &asked)).await
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    // A client prints its error itself.
    let asks = matches!(cli.command, Command::Query { .. });
    let level = if asks { "off" } else { "error" };
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(level)).init();
    exit_code(run(cli).await)
}
