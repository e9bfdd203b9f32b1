//! What scheduler, executors and clients must agree on: functions, tables, and how both are written into plans.

use std::sync::Arc;

use anyhow::Context;
use ballista::prelude::SessionContextExt;
use ballista_core::extension::SessionConfigExt;
use ballista_core::serde::{BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec};
use datafusion::error::Result;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use qunet_datafusion::{Roots, StacksLogicalCodec, StacksPhysicalCodec, Stores, register};
use tokio::net::TcpStream;

/// Writes tables of stacks into logical plans; a plan that is read reads beneath `roots`.
pub(crate) fn logical_codec(roots: &Arc<Roots>) -> Arc<StacksLogicalCodec> {
    Arc::new(StacksLogicalCodec::new(Arc::new(BallistaLogicalExtensionCodec::default()), roots))
}

/// The same for physical plans.
pub(crate) fn physical_codec(roots: &Arc<Roots>) -> Arc<StacksPhysicalCodec> {
    Arc::new(StacksPhysicalCodec::new(Arc::new(BallistaPhysicalExtensionCodec::default()), roots))
}

pub(crate) fn config(roots: &Arc<Roots>) -> SessionConfig {
    SessionConfig::new_with_ballista()
        .with_information_schema(true)
        // With it, Ballista 55 tells Flight SQL clients the columns of another stage than the last.
        .with_ballista_adaptive_query_planner(false)
        .with_ballista_logical_extension_codec(logical_codec(roots))
        .with_ballista_physical_extension_codec(physical_codec(roots))
}

/// A process that others send plans to reads nothing of its disk but `roots`.
pub(crate) fn runtime(roots: &Arc<Roots>, builder: RuntimeEnvBuilder) -> Result<Arc<RuntimeEnv>> {
    builder.with_object_store_registry(Arc::new(Stores::beneath(roots))).build_arc()
}

/// A session of the scheduler or an executor.
pub(crate) fn state(config: SessionConfig, roots: &Arc<Roots>) -> Result<SessionState> {
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime(roots, RuntimeEnvBuilder::new())?)
        .with_default_features()
        .build();
    let session = SessionContext::new_with_state(state);
    register(&session, roots);
    Ok(session.state())
}

/// A session whose queries run on a cluster. It reads nothing of its own disk.
pub(crate) async fn client(scheduler: &str) -> anyhow::Result<SessionContext> {
    let nothing = Arc::new(Roots::default());
    let state =
        SessionStateBuilder::new().with_config(config(&nothing)).with_default_features().build();
    let address = scheduler.trim_start_matches("df://");
    // The engine's own words for this are hard to read.
    TcpStream::connect(address).await.with_context(|| {
        format!("no scheduler answers on {address}; give HOST:PORT of one that runs")
    })?;
    let url = format!("df://{address}");
    let session = SessionContext::remote_with_state(&url, state).await?;
    register(&session, &nothing);
    Ok(session)
}
