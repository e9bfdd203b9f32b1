//! An executor: reads stacks and computes what the scheduler asks for.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use clap::Args;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use qunet_datafusion::Roots;
use tempfile::TempDir;

use crate::session;

/// How often it says that it lives; several times within the scheduler's patience.
const HEARTBEAT_S: u64 = 3;

#[derive(Args)]
pub(crate) struct Options {
    /// The scheduler.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50050")]
    scheduler: String,
    /// The address to listen on.
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    host: String,
    /// The host by which the others reach it [default: the address it listens on].
    #[arg(long, value_name = "HOST")]
    external_host: Option<String>,
    /// The port for results, over Arrow Flight.
    #[arg(long, value_name = "PORT", default_value_t = 50051)]
    port: u16,
    /// The port for tasks.
    #[arg(long, value_name = "PORT", default_value_t = 50052)]
    task_port: u16,
    /// Tasks at once [default: one for each core].
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// A folder that may be read; nothing else of the disk is.
    #[arg(long, value_name = "FOLDER", required = true)]
    root: Vec<PathBuf>,
    /// Where results wait to be fetched [default: a temporary folder].
    #[arg(long, value_name = "FOLDER")]
    work: Option<PathBuf>,
}

pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let roots = Arc::new(Roots::new(&options.root)?);
    let (host, port) =
        options.scheduler.rsplit_once(':').context("name the scheduler as HOST:PORT")?;
    // Removed when the executor ends.
    let own = TempDir::new()?;
    let work = options.work.unwrap_or_else(|| own.path().to_owned());
    let state = session::state(session::config(&roots), &roots)?;
    let (of_config, of_runtime, spill) = (Arc::clone(&roots), Arc::clone(&roots), work.clone());
    let config = ExecutorProcessConfig {
        bind_host: options.host.clone(),
        external_host: Some(options.external_host.unwrap_or(options.host)),
        port: options.port,
        grpc_port: options.task_port,
        scheduler_host: host.to_owned(),
        scheduler_port: port.parse().context("the scheduler's port is a number")?,
        scheduler_connect_timeout_seconds: 20,
        vcores: options.threads.map_or(0, NonZeroUsize::get),
        work_dir: Some(work.to_string_lossy().into_owned()),
        executor_heartbeat_interval_seconds: HEARTBEAT_S,
        override_function_registry: Some(Arc::new(BallistaFunctionRegistry::from(&state))),
        override_config_producer: Some(Arc::new(move || session::config(&of_config))),
        override_runtime_producer: Some(Arc::new(move |_| {
            session::runtime(&of_runtime, RuntimeEnvBuilder::new().with_temp_file_path(&spill))
        })),
        override_logical_codec: Some(session::logical_codec(&roots)),
        override_physical_codec: Some(session::physical_codec(&roots)),
        ..ExecutorProcessConfig::default()
    };
    start_executor_process(Arc::new(config)).await.context("the executor ended")
}
