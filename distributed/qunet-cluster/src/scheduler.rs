//! The scheduler: plans queries and gives their tasks to executors.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use clap::Args;
use qunet_datafusion::Roots;

use crate::session;

/// An executor that says nothing for so long is gone, and its tasks go to others.
const EXECUTOR_TIMEOUT_S: u64 = 12;
const EXPIRY_CHECK_S: u64 = 2;

#[derive(Args)]
pub(crate) struct Options {
    /// The address to listen on; others than loopback let anybody who reaches it run queries.
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    host: String,
    /// The port to listen on.
    #[arg(long, value_name = "PORT", default_value_t = 50050)]
    port: u16,
    /// The host by which executors and clients reach it [default: the address it listens on].
    #[arg(long, value_name = "HOST")]
    external_host: Option<String>,
    /// A folder that tables may list; nothing else of the disk is read.
    #[arg(long, value_name = "FOLDER", required = true)]
    root: Vec<PathBuf>,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let roots = Arc::new(Roots::new(&options.root)?);
    let address = format!("{}:{}", options.host, options.port);
    let address = tokio::net::lookup_host(&address).await.ok().and_then(|mut found| found.next());
    let address =
        address.with_context(|| format!("{} is no address of this machine", options.host))?;
    let (of_config, of_session) = (Arc::clone(&roots), Arc::clone(&roots));
    let config = SchedulerConfig {
        bind_host: options.host.clone(),
        bind_port: options.port,
        external_host: options.external_host.clone().unwrap_or_else(|| options.host.clone()),
        executor_timeout_seconds: EXECUTOR_TIMEOUT_S,
        expire_dead_executor_interval_seconds: EXPIRY_CHECK_S,
        no_executors_grace_period_seconds: EXECUTOR_TIMEOUT_S,
        flight_sql: true,
        override_logical_codec: Some(session::logical_codec(&roots)),
        override_physical_codec: Some(session::physical_codec(&roots)),
        override_config_producer: Some(Arc::new(move || session::config(&of_config))),
        override_session_builder: Some(Arc::new(move |config| session::state(config, &of_session))),
        ..SchedulerConfig::default()
    };
    let cluster = BallistaCluster::new_from_config(&config).await?;
    start_server(cluster, address, Arc::new(config))
        .await
        .with_context(|| format!("the scheduler on {address} ended"))
}
