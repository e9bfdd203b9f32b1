//! `qunet-sql --stacks FOLDER "SELECT ..."`: SQL over a folder of image stacks, in one process.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Parser;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use qunet_datafusion::{Roots, Stores, register};
use qunet_sql::{Disk, Query, exit_code};

/// SQL over a folder of image stacks: image quality, S0 and segmentation.
///
/// The stacks of the folder are the table `stacks`, a row for each slice; those that cannot be read are in the
/// table `stacks_errors`, too. Functions: qunet_scores, qunet_blurriness, qunet_inverse_psnr, qunet_roi_mean,
/// qunet_roi_cov, qunet_initial, qunet_dice, qunet_jaccard.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example: qunet-sql --stacks archive \"SELECT stack, slice, qunet_blurriness(pixels) AS b \
    FROM stacks ORDER BY b LIMIT 5\""
)]
struct Cli {
    #[command(flatten)]
    query: Query,
    /// A further folder that tables may read, for CREATE EXTERNAL TABLE; those of --stacks and --roi may be.
    #[arg(long, value_name = "FOLDER")]
    root: Vec<PathBuf>,
    /// How many stacks are read at once [default: one for each core].
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

async fn run(cli: &Cli) -> anyhow::Result<()> {
    let roots = cli.query.folders().into_iter().chain(cli.root.clone());
    let roots = Arc::new(Roots::new(roots).context("give a folder that is there")?);
    let mut config = SessionConfig::new().with_information_schema(true);
    if let Some(threads) = cli.threads {
        config = config.with_target_partitions(threads.get());
    }
    let stores = Arc::new(Stores::everywhere());
    let runtime = RuntimeEnvBuilder::new().with_object_store_registry(stores).build_arc()?;
    let session = SessionContext::new_with_config_rt(config, runtime);
    register(&session, &roots);
    cli.query.run(&session, Disk::Own(&roots)).await
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    exit_code(qunet_sql::until_interrupted(run(&cli)).await)
}
