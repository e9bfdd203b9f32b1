//! Where a session finds files: the disk, or of the disk the allowed folders alone, and stores of the cloud.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreRegistry};
use futures::stream::{self, BoxStream};
use futures::{StreamExt, future};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult,
};
use url::Url;

use crate::Roots;

/// Where a session finds files: the disk, and stores of the cloud (`s3://`, `gs://`, `az://`, `http://`), opened with what
/// the environment says (`AWS_ACCESS_KEY_ID` and so on).
#[derive(Debug)]
pub struct Stores {
    disk: Arc<dyn ObjectStore>,
    others: DefaultObjectStoreRegistry,
}

impl Stores {
    /// The whole disk: for a session whose queries are its user's own.
    #[must_use]
    pub fn everywhere() -> Self {
        Self::with(Arc::new(LocalFileSystem::new()))
    }

    /// Of the disk these folders, read-only: for a process that others send queries to.
    #[must_use]
    pub fn beneath(roots: &Arc<Roots>) -> Self {
        Self::with(Arc::new(RootedDisk { disk: LocalFileSystem::new(), roots: Arc::clone(roots) }))
    }

    fn with(disk: Arc<dyn ObjectStore>) -> Self {
        Self { disk, others: DefaultObjectStoreRegistry::new() }
    }
}

impl ObjectStoreRegistry for Stores {
    fn register_store(
        &self,
        url: &Url,
        store: Arc<dyn ObjectStore>,
    ) -> Option<Arc<dyn ObjectStore>> {
        self.others.register_store(url, store)
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        if url.scheme() == "file" {
            return Ok(Arc::clone(&self.disk));
        }
        self.others.get_store(url).or_else(|_| {
            let settings = std::env::vars().map(|(name, value)| (name.to_lowercase(), value));
            let (store, _) = object_store::parse_url_opts(url, settings)
                .map_err(|error| DataFusionError::ObjectStore(Box::new(error)))?;
            let store: Arc<dyn ObjectStore> = Arc::from(store);
            self.others.register_store(url, Arc::clone(&store));
            Ok(store)
        })
    }
}

/// The disk, as far as it may be read.
#[derive(Debug)]
struct RootedDisk {
    disk: LocalFileSystem,
    roots: Arc<Roots>,
}

impl RootedDisk {
    fn check(&self, location: &Path) -> object_store::Result<()> {
        let refused = |source: Box<dyn std::error::Error + Send + Sync>| {
            object_store::Error::PermissionDenied { path: location.to_string(), source }
        };
        let path = self.disk.path_to_filesystem(location).map_err(|error| refused(error.into()))?;
        self.roots.resolve(path).map(drop).map_err(|error| refused(error.into()))
    }

    fn read_only<T>(location: &Path) -> object_store::Result<T> {
        let source = "the disk is read-only; let the result be sent to the client".into();
        Err(object_store::Error::PermissionDenied { path: location.to_string(), source })
    }
}

impl fmt::Display for RootedDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the allowed folders of the disk")
    }
}

#[async_trait]
impl ObjectStore for RootedDisk {
    async fn put_opts(
        &self,
        location: &Path,
        _payload: PutPayload,
        _options: PutOptions,
    ) -> object_store::Result<PutResult> {
        Self::read_only(location)
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        _options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        Self::read_only(location)
    }

    async fn get_opts(
        &self,
        location: &Path,
        options: GetOptions,
    ) -> object_store::Result<GetResult> {
        self.check(location)?;
        self.disk.get_opts(location, options).await
    }

    async fn get_ranges(
        &self,
        location: &Path,
        ranges: &[Range<u64>],
    ) -> object_store::Result<Vec<bytes::Bytes>> {
        self.check(location)?;
        self.disk.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        locations.map(|location| Self::read_only(&location?)).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        let checked = prefix.map_or(Ok(()), |prefix| self.check(prefix));
        match checked {
            Ok(()) => self.disk.list(prefix),
            Err(error) => stream::once(future::ready(Err(error))).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        prefix.map_or(Ok(()), |prefix| self.check(prefix))?;
        self.disk.list_with_delimiter(prefix).await
    }

    async fn copy_opts(
        &self,
        _from: &Path,
        to: &Path,
        _options: CopyOptions,
    ) -> object_store::Result<()> {
        Self::read_only(to)
    }
}
