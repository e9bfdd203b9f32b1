use std::borrow::Cow;
use std::fmt::Write;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ndarray::{Array3, Axis};
use qunet_model::{Device, IGNORE, Network};
use qunet_quality::QualityRecord;
use qunet_stack::{Foreground, MaskParams, SliceId, Stack};
use sha2::{Digest as _, Sha256};

use super::layout::{self, LOCK, MANIFEST};
use super::{Item, Store, document};
use crate::records::SliceRecords;
use crate::{Digest, Error, Manifest, StackSource};

/// Generations of annotations that are kept besides the current one.
const KEPT_GENERATIONS: usize = 3;

/// A campaign in a folder.
///
/// Four rules keep an annotator's work safe. Every file is written under a temporary name, synced
/// and renamed before the manifest names it. A step removes nothing that a manifest of the last three
/// changes names, so that an older `campaign.json` can be put back. Reading
/// writes nothing. And no link inside the folder is followed, so that nothing outside it changes.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// Held while the campaign is open for writing; the system releases it whatever ends the
    /// process. `None` in a campaign that is only read.
    lock: Option<File>,
    /// Digest of the manifest as it was last read or written.
    committed: Option<Digest>,
    /// Digest of the manifest that was last to be written: it may be in place although writing it
    /// failed, where only its folder could not be synced.
    attempted: Option<Digest>,
}

impl Folder {
    /// Locks a folder for writing; it must be there.
    pub(crate) fn lock(root: &Path) -> Result<Self, Error> {
        let folder = Self { root: root.to_owned(), lock: None, committed: None, attempted: None };
        let path = folder.inside(Path::new(LOCK))?;
        let failed = |source| Error::Write { path: path.clone(), source };
        // Never truncated: should the name be a link after all, the file behind it stays whole.
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { lock: Some(file), ..folder }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked { folder: root.to_owned() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// A folder to read from; nothing is written, not even a lock.
    pub(crate) fn view(root: &Path) -> Self {
        Self { root: root.to_owned(), lock: None, committed: None, attempted: None }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Whether a manifest is there.
    pub(crate) fn holds_campaign(root: &Path) -> bool {
        root.join(MANIFEST).is_file()
    }

    /// Reads the manifest.
    pub(crate) fn read(&mut self) -> Result<Manifest, Error> {
        let path = self.inside(Path::new(MANIFEST))?;
        let bytes = read(&path)?;
        let manifest = document::parse(&path, &bytes)?;
        self.committed = Some(sha256(&bytes));
        Ok(manifest)
    }

    /// The path of something in the folder, none of whose parts is a link.
    pub(crate) fn inside(&self, path: &Path) -> Result<PathBuf, Error> {
        let mut whole = self.root.clone();
        for part in path.components() {
            whole.push(part);
            if whole.is_symlink() {
                return Err(Error::Link { path: whole });
            }
        }
        Ok(whole)
    }

    /// The same for something that is to be written: the folder it lies in is made.
    pub(crate) fn to_write(&self, path: &Path) -> Result<PathBuf, Error> {
        if self.lock.is_none() {
            return Err(Error::ReadOnly { folder: self.root.clone() });
        }
        let whole = self.inside(path)?;
        if let Some(folder) = whole.parent() {
            qunet_stack::create_folder(folder)?;
        }
        Ok(whole)
    }

    /// Puts an item by a function that writes the whole file or none.
    fn put<E>(
        &self,
        item: Item<'_>,
        write: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<Digest, Error>
    where
        Error: From<E>,
    {
        let path = self.to_write(&item.path())?;
        write(&path)?;
        Ok(sha256(&read(&path)?))
    }

    /// The path of an item that is as its digest says.
    fn unchanged(&self, item: Item<'_>, digest: &Digest) -> Result<PathBuf, Error> {
        let path = self.inside(&item.path())?;
        if sha256(&read(&path)?) == *digest { Ok(path) } else { Err(Error::Changed { path }) }
    }

    /// Removes what a program that was killed left half written: of the names that mark such files,
    /// and only in the folders of a campaign.
    pub(crate) fn remove_partial_files(&self) -> Result<(), Error> {
        let folders = entries(&self.root)?.into_iter().filter(|path| is_folder(path));
        for folder in std::iter::once(self.root.clone()).chain(folders) {
            for path in entries(&folder)?.into_iter().filter(|path| qunet_stack::is_partial(path)) {
                let removed = match is_folder(&path) {
                    true => fs::remove_dir_all(&path),
                    false => fs::remove_file(&path),
                };
                removed.map_err(|source| Error::Write { path, source })?;
            }
        }
        Ok(())
    }

    /// Writes what annotators need for the current round and is not there yet; see
    /// [`Campaign::drawings`](crate::Campaign::drawings).
    fn request(&self, manifest: &Manifest) -> Result<(), Error> {
        let Some(round) = manifest.rounds.last() else { return Ok(()) };
        for (number, record) in manifest.stacks.iter().enumerate() {
            let asked = round.selection.slices(number);
            if !asked.is_empty() {
                self.request_slices(manifest, (number, round.round), &record.source, &asked)?;
            }
        }
        Ok(())
    }

    fn request_slices(
        &self,
        manifest: &Manifest,
        (number, round): (usize, usize),
        source: &StackSource,
        asked: &[SliceId],
    ) -> Result<(), Error> {
        let drawing = self.inside(&layout::drawing(&source.name, round))?;
        let pictures = self.inside(&layout::pictures(&source.name, round))?;
        let image = self.image(source);
        if is_there(&drawing) && pictures.exists() && is_there(&image) {
            return Ok(());
        }
        let stack = self.stack(number, source).map_err(|error| error.moved(&source.name))?;
        if !is_there(&image) {
            stack.write(self.to_write(&layout::image(&source.name))?)?;
        }
        if !pictures.exists() {
            let folder = self.to_write(&layout::pictures(&source.name, round))?;
            stack.write_pngs_of(folder, asked.iter().copied(), &manifest.config.scaling)?;
        }
        if !is_there(&drawing) {
            let [slices, height, width] = stack.shape();
            let mut labels = Array3::from_elem((slices, height, width), IGNORE);
            for id in asked {
                labels.index_axis_mut(Axis(0), id.0).fill(0);
            }
            stack.write_labels(self.to_write(&layout::drawing(&source.name, round))?, &labels)?;
        }
        Ok(())
    }

    /// The image that a label map is drawn on: the stack itself where it is a NIfTI file.
    pub(crate) fn image(&self, StackSource { name, image, .. }: &StackSource) -> PathBuf {
        let path = image.to_string_lossy();
        match path.ends_with(".nii") || path.ends_with(".nii.gz") {
            true => image.clone(),
            false => self.root.join(layout::image(name)),
        }
    }

    /// Generations of annotations older than those kept, once the current one is known to be whole.
    fn old_annotations(&self, manifest: &Manifest) -> Result<Vec<PathBuf>, Error> {
        let mut old = Vec::new();
        for stack in &manifest.stacks {
            let (name, current) = (stack.source.name.as_str(), &stack.annotations);
            let generations = 0..current.generation.saturating_sub(KEPT_GENERATIONS);
            let paths: Result<Vec<_>, _> = generations
                .map(|generation| self.inside(&Item::Annotations(name, generation).path()))
                .collect();
            let mut paths: Vec<_> = paths?.into_iter().filter(|path| path.exists()).collect();
            if !paths.is_empty() {
                self.unchanged(Item::Annotations(name, current.generation), &current.digest)?;
            }
            old.append(&mut paths);
        }
        Ok(old)
    }
}

impl Store for Folder {
    fn stack(&self, _number: usize, source: &StackSource) -> Result<Cow<'_, Stack>, Error> {
        let stack = Stack::open(&source.image)?;
        Ok(Cow::Owned(match &source.roi {
            Some(roi) => {
                let (foreground, resample) = (Foreground::AnyLabel, source.resample);
                stack.with_roi_of(roi, MaskParams { foreground, resample })?
            }
            None => stack,
        }))
    }

    /// SHA-256 of shape, type and pixels, and of the place and the region.
    fn digests_of(&self, stack: &Stack) -> Result<[Digest; 2], Error> {
        let [mut pixels, mut region] = [Sha256::new(), Sha256::new()];
        pixels.update(format!("{:?} {}", stack.shape(), stack.pixels().dtype()));
        region.update(format!("{:?} {}", stack.geometry(), stack.has_roi()));
        for id in stack.ids() {
            // Exact for every type of pixel.
            let slice = stack.slice(id)?.to_f32();
            pixels.update(bytemuck::cast_slice(&slice.into_iter().collect::<Vec<f32>>()));
            if let Some(inside) = stack.roi(id)? {
                region.update(inside.iter().map(|&inside| u8::from(inside)).collect::<Vec<u8>>());
            }
        }
        Ok([pixels, region].map(hexadecimal))
    }

    /// Refuses to replace a manifest that is not the one this campaign knows: locks do not work on
    /// every network share, and can be deleted.
    fn commit(&mut self, manifest: &Manifest) -> Result<(), Error> {
        let path = self.to_write(Path::new(MANIFEST))?;
        let found = path.exists().then(|| read(&path)).transpose()?.map(|bytes| sha256(&bytes));
        let ours = found == self.committed || (found.is_some() && found == self.attempted);
        if !ours {
            return Err(Error::LostUpdate { path });
        }
        let mut json = serde_json::to_vec_pretty(manifest)?;
        json.push(b'\n');
        self.attempted = Some(sha256(&json));
        qunet_stack::write_file(&path, &json)?;
        self.committed.clone_from(&self.attempted);
        Ok(())
    }

    fn labels(&self, item: Item<'_>, digest: &Digest) -> Result<Array3<u8>, Error> {
        let stack = Stack::open(self.unchanged(item, digest)?)?;
        let [slices, height, width] = stack.shape();
        let mut labels = Array3::zeros((slices, height, width));
        for (id, mut to) in stack.ids().zip(labels.outer_iter_mut()) {
            to.assign(&stack.slice(id)?.to_f32().mapv(|label| label as u8));
        }
        Ok(labels)
    }

    fn put_labels(
        &mut self,
        item: Item<'_>,
        stack: &Stack,
        labels: Array3<u8>,
    ) -> Result<Digest, Error> {
        self.put(item, |path| stack.write_labels(path, &labels))
    }

    fn scores(&self, item: Item<'_>, digest: &Digest) -> Result<Vec<QualityRecord>, Error> {
        Ok(qunet_quality::read_csv(self.unchanged(item, digest)?)?)
    }

    fn put_scores(&mut self, item: Item<'_>, scores: Vec<QualityRecord>) -> Result<Digest, Error> {
        self.put(item, |path| qunet_quality::write_csv(path, &scores))
    }

    fn records(&self, item: Item<'_>, digest: &Digest) -> Result<SliceRecords, Error> {
        let path = self.unchanged(item, digest)?;
        serde_json::from_slice(&read(&path)?).map_err(|error| Error::Manifest {
            path,
            line: error.line(),
            problem: error.to_string(),
        })
    }

    fn put_records(&mut self, item: Item<'_>, records: SliceRecords) -> Result<Digest, Error> {
        let json = serde_json::to_vec(&records)?;
        self.put(item, |path| qunet_stack::write_file(path, &json))
    }

    fn network(&self, item: Item<'_>, digest: &Digest) -> Result<Rc<Network>, Error> {
        let path = self.unchanged(item, digest)?;
        Ok(Rc::new(Network::open(path, Device::cuda_if_available())?))
    }

    fn put_network(&mut self, item: Item<'_>, network: Rc<Network>) -> Result<Digest, Error> {
        self.put(item, |path| network.save(path))
    }

    fn left_behind(&self, item: Item<'_>) -> Option<Digest> {
        let path = self.inside(&item.path()).ok()?;
        let bytes = fs::read(path).ok()?;
        (!bytes.is_empty()).then(|| sha256(&bytes))
    }

    fn checkpoint(&self, round: usize, member: usize) -> Result<Option<PathBuf>, Error> {
        self.to_write(&layout::checkpoint(round, member)).map(Some)
    }

    fn settle(&mut self, manifest: &Manifest) -> Result<(), Error> {
        self.request(manifest)?;
        let mut superfluous = self.old_annotations(manifest)?;
        for round in &manifest.rounds {
            for member in 0..round.training.as_ref().map_or(0, |training| training.members.len()) {
                superfluous.push(self.inside(&layout::checkpoint(round.round, member))?);
            }
        }
        for path in superfluous.into_iter().filter(|path| path.exists()) {
            fs::remove_file(&path).map_err(|source| Error::Write { path, source })?;
        }
        Ok(())
    }
}

/// A file that is there and not empty, as one is after a power cut that came before its bytes.
fn is_there(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.len() > 0)
}

/// What is in a folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(failed)?;
    entries.map(|entry| Ok(entry.map_err(failed)?.path())).collect()
}

/// Whether this is a folder itself, not a link to one.
fn is_folder(path: &Path) -> bool {
    path.is_dir() && !path.is_symlink()
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

fn sha256(bytes: &[u8]) -> Digest {
    hexadecimal(Sha256::new_with_prefix(bytes))
}

fn hexadecimal(digest: Sha256) -> Digest {
    digest.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CampaignConfig;
    use crate::manifest::FORMAT;

    fn manifest(seed: u64) -> Manifest {
        Manifest {
            format: FORMAT,
            qunet_version: String::new(),
            config: CampaignConfig { seed, ..CampaignConfig::quick() },
            stacks: Vec::new(),
            rounds: Vec::new(),
            ended: None,
            segmentations: Vec::new(),
        }
    }

    /// The manifest is in place, and the call that put it there failed all the same.
    #[test]
    fn a_step_whose_folder_could_not_be_synced_can_be_taken_again() {
        let home = tempfile::tempdir().unwrap();
        let mut folder = Folder::lock(home.path()).unwrap();
        folder.commit(&manifest(1)).unwrap();
        let before = folder.committed.clone();
        folder.commit(&manifest(2)).unwrap();
        folder.committed = before;
        folder.commit(&manifest(2)).unwrap();
        // What another program wrote is not replaced.
        fs::write(home.path().join(MANIFEST), "{}").unwrap();
        assert!(matches!(folder.commit(&manifest(3)), Err(Error::LostUpdate { .. })));
    }
}
