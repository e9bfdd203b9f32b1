//! All of it in one session.

use std::sync::Arc;

use datafusion::prelude::SessionContext;

use crate::{Roots, StacksFactory, scalar_functions, window_functions};

/// The name by which SQL asks for a table of stacks: `CREATE EXTERNAL TABLE t STORED AS STACKS LOCATION 'folder/'`.
pub const FORMAT: &str = "STACKS";

/// Gives a session the functions, and tables of stacks beneath `roots`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use datafusion::prelude::SessionContext;
/// use qunet_datafusion::{Roots, register};
/// use qunet_stack::phantom::CtPhantom;
///
/// let archive = tempfile::tempdir()?;
/// CtPhantom { slices: 6, size: 48, seed: 1 }.generate()?.stack.write(archive.path().join("ct.nii.gz"))?;
///
/// let session = SessionContext::new();
/// register(&session, &Arc::new(Roots::new([archive.path()])?));
/// let create = format!("CREATE EXTERNAL TABLE stacks STORED AS STACKS LOCATION '{}'", archive.path().display());
/// session.sql(&create).await?;
/// let sharp = "SELECT count(*) FROM stacks WHERE qunet_blurriness(pixels) < 0.1";
/// session.sql(sharp).await?.show().await?;
/// # Ok(())
/// # }
/// ```
pub fn register(session: &SessionContext, roots: &Arc<Roots>) {
    for function in scalar_functions(roots) {
        session.register_udf(Arc::unwrap_or_clone(function));
    }
    for function in window_functions() {
        session.register_udwf(Arc::unwrap_or_clone(function));
    }
    let factory = Arc::new(StacksFactory::new(Arc::clone(roots)));
    session.state_ref().write().table_factories_mut().insert(FORMAT.to_owned(), factory);
}
