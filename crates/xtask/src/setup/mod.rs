//! `cargo xtask setup`: a LibTorch of the wanted version, and a link to it in the repository root.
//!
//! `locate` finds one on this machine, else `cache` makes one from `wheels` (`fetch`, `unpack`);
//! `libtorch` says whether a folder is a usable LibTorch; `link` makes it known to cargo.

pub(crate) mod cache;
mod fetch;
mod libtorch;
mod link;
mod locate;
mod unpack;
mod wheels;

use std::path::PathBuf;

use crate::workspace::Workspace;
use cache::Cache;
use libtorch::LibTorch;
use locate::Source;
pub(crate) use locate::pythons;

/// What `cargo xtask setup` takes.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Folder that keeps LibTorch for all clones [default: QUNET_CACHE, else `qunet` in your cache folder].
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Search again although this clone is linked already, and fill the cache folder anew.
    #[arg(long)]
    force: bool,
}

/// Finds or provisions LibTorch, and says where it is and what a crate of one's own needs.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let found = provide(workspace, options)?;
    let root = found.libtorch.root();
    println!("LibTorch {} from {}: {}", found.libtorch.version(), found.source, root.display());
    println!("`cargo run`, `cargo test` and `cargo xtask demo` work in this clone now.");
    println!("A crate of your own needs these two lines in its .cargo/config.toml:\n");
    println!("[env]\nLIBTORCH = {:?}", root.display().to_string());
    Ok(())
}

/// The same for the tasks that need LibTorch: silent when all is in place.
pub(crate) fn ensure(workspace: &Workspace) -> anyhow::Result<()> {
    provide(workspace, &Options::default()).map(drop)
}

struct Found {
    source: Source,
    libtorch: LibTorch,
}

fn provide(workspace: &Workspace, options: &Options) -> anyhow::Result<Found> {
    let link = workspace.libtorch_link();
    let own = workspace.users_libtorch();
    let found = match locate::locate(own.as_deref(), &link, options.force)? {
        Some(found) => found,
        None => from_cache(options)?,
    };
    if link::point(&link, found.libtorch.root())? == link::Change::Moved {
        link::forget_builds(workspace)?;
    }
    Ok(found)
}

fn from_cache(options: &Options) -> anyhow::Result<Found> {
    let cache = Cache::open(options.cache.clone())?;
    Ok(Found { source: Source::Cache, libtorch: cache.provide(options.force)? })
}
