//! The folder, shared by all clones, that keeps a LibTorch made from wheels.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::libtorch::{LibTorch, WANTED};
use super::unpack::Unpack;
use super::wheels::WHEELS;
use super::{fetch, unpack};

/// The cache folder.
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The given folder, else the one that [`folder`] says.
    pub(crate) fn open(chosen: Option<PathBuf>) -> anyhow::Result<Self> {
        Ok(Self { folder: folder(chosen)? })
    }

    fn libtorch(&self) -> PathBuf {
        self.folder.join(name())
    }

    fn downloads(&self) -> PathBuf {
        self.folder.join("downloads")
    }

    /// The LibTorch of the cache; made first if there is none or if forced.
    pub(crate) fn provide(&self, force: bool) -> anyhow::Result<LibTorch> {
        if !force && let Ok(libtorch) = LibTorch::inspect(self.libtorch()) {
            return Ok(libtorch);
        }
        fetch::check_platform()?;
        fs::create_dir_all(&self.folder)
            .with_context(|| format!("cannot make the cache folder {}", self.folder.display()))?;
        let _lock = lock(self.lock_file())?;
        // Another process may have filled the cache while this one waited for the lock.
        if !force && let Ok(libtorch) = LibTorch::inspect(self.libtorch()) {
            return Ok(libtorch);
        }
        self.remove_leftovers()?;
        self.fill()?;
        LibTorch::inspect(self.libtorch()).or_else(|why| {
            bail!("{} {why}, although it was just unpacked", self.libtorch().display())
        })
    }

    fn fill(&self) -> anyhow::Result<()> {
        eprintln!("LibTorch {WANTED} goes to {}", self.libtorch().display());
        let wheels = fetch::wheels(&WHEELS, self.downloads())?;
        let work = unpack::partial_folder(&self.folder, &name())?;
        Unpack::new(work.path()).all(&WHEELS, &wheels)?;
        unpack::finish(work.path(), &format!("{WANTED}+cpu"))?;
        self.put_in_place(work)?;
        remove_folder(self.downloads())
    }

    fn put_in_place(&self, work: tempfile::TempDir) -> anyhow::Result<()> {
        let place = self.libtorch();
        remove_folder(&place)?;
        fs::rename(work.path(), &place)
            .with_context(|| format!("cannot rename the unpacked folder to {}", place.display()))?;
        let _renamed = work.keep();
        Ok(())
    }

    fn lock_file(&self) -> PathBuf {
        self.folder.join(format!("{}.lock", name()))
    }

    /// Removes what interrupted runs left half unpacked; only under the lock.
    fn remove_leftovers(&self) -> anyhow::Result<()> {
        let entries = fs::read_dir(&self.folder)
            .with_context(|| format!("cannot list {}", self.folder.display()))?;
        for entry in entries.flatten() {
            if unpack::is_partial(&entry.file_name().to_string_lossy(), &name()) {
                remove_folder(entry.path())?;
            }
        }
        Ok(())
    }
}

/// The given folder, else QUNET_CACHE, else `qunet` in the user's cache folder.
pub(crate) fn folder(chosen: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let of_environment = || std::env::var_os("QUNET_CACHE").map(PathBuf::from);
    let folder = match chosen.or_else(of_environment) {
        Some(folder) => folder,
        None => dirs::cache_dir()
            .context("this system names no cache folder; set QUNET_CACHE to a folder")?
            .join("qunet"),
    };
    Ok(std::path::absolute(&folder).unwrap_or(folder))
}

/// Held until the file is dropped, or the process ends in whatever way.
pub(crate) fn lock(path: impl AsRef<Path>) -> anyhow::Result<File> {
    let path = path.as_ref();
    let what = || format!("cannot lock {}", path.display());
    let file =
        File::options().create(true).write(true).truncate(false).open(path).with_context(what)?;
    if file.try_lock().is_err() {
        eprintln!("another `cargo xtask` fills the cache; waiting until it has finished");
        file.lock().with_context(what)?;
    }
    Ok(file)
}

fn name() -> String {
    format!("libtorch-{WANTED}-cpu")
}

/// Removes a folder with all that is in it, if there is one.
pub(crate) fn remove_folder(path: impl AsRef<Path>) -> anyhow::Result<()> {
    let path = path.as_ref();
    if !path.exists() {
        return Ok(());
    }
    fs::remove_dir_all(path).with_context(|| format!("cannot remove {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::super::libtorch::tests::fake;
    use super::*;

    #[test]
    fn a_filled_cache_is_used_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(Some(folder.path().into())).unwrap();
        fake(&cache.libtorch(), "2.13.0+cpu");
        assert_eq!(cache.provide(false).unwrap().version(), "2.13.0+cpu");
    }

    #[test]
    fn leftovers_go_and_the_rest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(Some(folder.path().into())).unwrap();
        let partial = unpack::partial_folder(folder.path(), &name()).unwrap().keep();
        fs::write(partial.join("half"), "x").unwrap();
        fake(&cache.libtorch(), "2.13.0+cpu");
        fs::create_dir(cache.downloads()).unwrap();
        cache.remove_leftovers().unwrap();
        assert!(!partial.exists());
        assert!(cache.libtorch().exists());
        assert!(cache.downloads().exists());
    }

    #[test]
    fn two_at_once_wait_for_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache.lock");
        let held = lock(&path).unwrap();
        let other = File::open(&path).unwrap();
        assert!(other.try_lock().is_err());
        drop(held);
        assert!(other.try_lock().is_ok());
    }
}
