//! Stacks of an object store, which are copied to the disk to be read.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::datasource::listing::ListingTableUrl;
use datafusion::error::Result;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use qunet_stack::find_stacks;
use tempfile::TempDir;

use super::place::{Fetched, Found};
use crate::Error;

/// Endings of objects that are stacks by themselves, as [`find_stacks`] knows files.
const WHOLE: [&str; 6] = [".nii", ".nii.gz", ".npy", ".nrrd", ".hdr", ".nhdr"];

fn is_whole(name: &str) -> bool {
    let name = name.to_lowercase();
    WHOLE.iter().any(|ending| name.ends_with(ending))
}

/// The objects beneath a prefix, or one of them.
#[derive(Debug)]
pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    only: Option<String>,
}

impl Objects {
    /// All beneath a URL that ends in `/`, otherwise the object that it names.
    pub(super) fn new(store: Arc<dyn ObjectStore>, url: &ListingTableUrl) -> Self {
        let prefix = url.prefix().clone();
        if url.is_collection() {
            return Self { store, prefix, only: None };
        }
        let only = prefix.filename().map(str::to_owned);
        Self { store, prefix: parent(&prefix), only }
    }

    /// Each object that is a stack by itself, and each folder of others.
    pub(super) async fn stacks(&self) -> Result<Vec<Found>> {
        let objects: Vec<ObjectMeta> = self.store.list(Some(&self.prefix)).try_collect().await?;
        let names: HashSet<&Path> = objects.iter().map(|object| &object.location).collect();
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for object in &objects {
            let hidden = object.location.parts().any(|part| part.as_ref().starts_with('.'));
            let Some(parts) = object.location.prefix_match(&self.prefix) else { continue };
            if hidden || is_half(&object.location, |header| names.contains(header)) {
                continue;
            }
            let parts: Vec<String> = parts.map(|part| part.as_ref().to_owned()).collect();
            let name = match parts.split_last() {
                Some((file, folder)) if !is_whole(file) => folder.join("/"),
                _ => parts.join("/"),
            };
            if self.only.as_ref().is_none_or(|only| *only == name) {
                *found.entry(name).or_default() += object.size;
            }
        }
        if let (Some(only), true) = (&self.only, found.is_empty()) {
            let source = std::io::ErrorKind::NotFound.into();
            return Err(Error::Read { path: only.into(), source }.into());
        }
        Ok(found.into_iter().map(|(name, bytes)| Found { name, bytes }).collect())
    }

    /// Copies the objects of a stack: itself and the pixels of a header, or all of a folder that are no stacks by
    /// themselves.
    pub(super) async fn copy(&self, name: &str) -> Result<Fetched> {
        let cannot = |source| Error::Read { path: name.into(), source };
        let folder = TempDir::new().map_err(cannot)?;
        let (whole, at) = (is_whole(name), Path::parse(format!("{}/{name}", self.prefix))?);
        let beside = if whole { parent(&at) } else { at.clone() };
        let objects = self.store.list_with_delimiter(Some(&beside)).await?.objects;
        let names: HashSet<&Path> = objects.iter().map(|object| &object.location).collect();
        for ObjectMeta { location, .. } in &objects {
            let file = location.filename().unwrap_or_default();
            let wanted = match whole {
                true => *location == at || is_half(location, |header| *header == at),
                false => !is_whole(file) && !is_half(location, |header| names.contains(header)),
            };
            if wanted {
                let bytes = self.store.get(location).await?.bytes().await?;
                fs::write(folder.path().join(file), bytes).map_err(cannot)?;
            }
        }
        let named = |path: PathBuf| {
            let inside = path.strip_prefix(folder.path()).unwrap_or(&path).to_string_lossy();
            let own = whole || inside.is_empty();
            let full = if own { name.to_owned() } else { format!("{name}/{inside}") };
            (full.trim_start_matches('/').to_owned(), path)
        };
        let stacks = find_stacks(folder.path()).map_err(Error::from)?;
        let stacks = stacks.into_iter().map(named).collect();
        Ok(Fetched { stacks, _copy: Some(folder) })
    }
}

/// Whether an object is the pixels of a header that is there.
fn is_half(object: &Path, is_there: impl Fn(&Path) -> bool) -> bool {
    let header = |stem| Path::parse(format!("{stem}.hdr"));
    let header = object.as_ref().strip_suffix(".img").map(header);
    header.is_some_and(|header| header.is_ok_and(|header| is_there(&header)))
}

fn parent(path: &Path) -> Path {
    let parts: Vec<_> = path.parts().collect();
    parts[..parts.len().saturating_sub(1)].iter().cloned().collect()
}
