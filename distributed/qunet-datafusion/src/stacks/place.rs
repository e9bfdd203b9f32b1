//! Where stacks lie: beneath a folder that may be read, or in an object store, from which they are copied while they
//! are read.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::datasource::listing::ListingTableUrl;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::runtime_env::RuntimeEnv;
use qunet_stack::find_stacks;
use tempfile::TempDir;

use super::objects::Objects;
use crate::{Error, Roots};

/// A stack, or the objects of which it will be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its path beneath the location; the name of a location that is a stack itself.
    pub(super) name: String,
    pub(super) bytes: u64,
}

/// A folder or file of the disk, or the prefix of objects.
#[derive(Debug)]
pub(super) enum Place {
    Disk { root: PathBuf, roots: Arc<Roots> },
    Objects(Objects),
}

impl Place {
    /// # Errors
    /// [`Error::Outside`] for a folder that may not be read, and where a store is not known.
    pub(super) fn open(location: &str, roots: &Arc<Roots>, runtime: &RuntimeEnv) -> Result<Self> {
        let on_disk = match url::Url::parse(location) {
            // `C:` is no scheme.
            Ok(url) if url.scheme().len() > 1 && url.scheme() != "file" => None,
            Ok(url) if url.scheme() == "file" => url.to_file_path().ok(),
            _ => Some(PathBuf::from(location)),
        };
        match on_disk {
            Some(path) => Ok(Self::Disk { root: roots.resolve(path)?, roots: Arc::clone(roots) }),
            None => {
                let url = ListingTableUrl::parse(location)?;
                Ok(Self::Objects(Objects::new(runtime.object_store(&url)?, &url)))
            }
        }
    }

    /// All stacks, by their names.
    pub(super) async fn stacks(&self) -> Result<Vec<Found>> {
        match self {
            Self::Disk { root, .. } => Ok(on_disk(root)?),
            Self::Objects(objects) => objects.stacks().await,
        }
    }

    /// Whether a stack can be read in ranges by several readers at no cost.
    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::Disk { .. })
    }

    /// The stacks of that name as files; more than one where a folder of objects holds several.
    pub(super) async fn fetch(&self, name: &str) -> Result<Fetched> {
        match self {
            Self::Disk { root, roots } => {
                let path = if root.is_dir() { root.join(name) } else { root.clone() };
                let path = roots.resolve(path)?;
                roots.check_links(&path)?;
                Ok(Fetched { stacks: vec![(name.to_owned(), path)], _copy: None })
            }
            Self::Objects(objects) => objects.copy(name).await,
        }
    }
}

/// Stacks on the disk, and the folder that is removed after them.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) stacks: Vec<(String, PathBuf)>,
    /// Kept for as long as they are read.
    pub(super) _copy: Option<TempDir>,
}

fn on_disk(root: &Path) -> Result<Vec<Found>, Error> {
    let found = |path: PathBuf| {
        let name = path.strip_prefix(root).unwrap_or(&path);
        // A location that is a stack itself is called by its own name.
        let name = if name.as_os_str().is_empty() {
            root.file_name().unwrap_or_default().as_ref()
        } else {
            name
        };
        Found { name: name.to_string_lossy().into_owned(), bytes: size(&path) }
    };
    Ok(find_stacks(root)?.into_iter().map(found).collect())
}

/// Bytes of a file, or of the files of a folder; 0 where that cannot be known.
fn size(path: &Path) -> u64 {
    let length = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| length(&entry.path())).sum(),
        Err(_) => length(path),
    }
}

/// A failure of one stack as what is wrong with it.
pub(super) fn message(error: &DataFusionError) -> String {
    match error {
        DataFusionError::External(error) => error.to_string(),
        other => other.to_string(),
    }
}
