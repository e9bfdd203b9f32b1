//! What a campaign in a folder has besides: it is created and opened, gives annotators files to
//! draw into, and takes their masks.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ndarray::Array3;
use qunet_exchange::{Answers, Format, Task};
use qunet_model::{Observer, Silent};
use qunet_stack::{Foreground, SliceId, Stack};

use crate::campaign::check_names;
use crate::event::Event;
use crate::input::is_foreground;
use crate::round::EmptySlices;
use crate::store::layout::{self, LOCK, STACKS};
use crate::store::{Folder, Item, Store};
use crate::{Campaign, CampaignConfig, Error, Ingested, Manifest, StackRecord, StackSource};

/// Where the masks are, and whether a slice without any foreground is annotated.
///
/// An untouched slice and one on which there is nothing to outline look the same in a label map.
/// A slice without foreground therefore keeps waiting until it is named as empty, and never clears
/// an earlier annotation unless it is named.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Masks {
    stacks: Vec<(String, PathBuf)>,
    empty: BTreeSet<(String, SliceId)>,
    accept_empty: bool,
    foreground: Option<Foreground>,
    format: Option<Format>,
}

impl Masks {
    /// Takes the label map of a stack from here: a NIfTI file, or whatever else
    /// [`Stack::open`](qunet_stack::Stack::open) reads, on the stack's grid. Stacks that are not
    /// named are left alone then; without any name, all are read from
    /// `round-N/NAME.labels.nii.gz`.
    #[must_use]
    pub fn stack(mut self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.stacks.push((name.into(), path.into()));
        self
    }

    /// Names a slice that was looked at and holds nothing.
    #[must_use]
    pub fn empty(mut self, stack: impl Into<String>, slice: SliceId) -> Self {
        self.empty.insert((stack.into(), slice));
        self
    }

    /// Takes every waiting slice without foreground as empty.
    #[must_use]
    pub fn accept_empty(self, accept_empty: bool) -> Self {
        Self { accept_empty, ..self }
    }

    /// Reads masks of two values, 0 and another, which is label 1 whatever it is, for instance 255.
    #[must_use]
    pub fn binary(self, binary: bool) -> Self {
        Self { foreground: binary.then_some(Foreground::Binary), ..self }
    }

    /// Reads these values as label 1.
    #[must_use]
    pub fn foreground(self, foreground: Foreground) -> Self {
        Self { foreground: Some(foreground), ..self }
    }

    /// Sets the program that the masks come from; NIfTI by default.
    #[must_use]
    pub fn format(self, format: Format) -> Self {
        Self { format: Some(format), ..self }
    }

    /// Adds the slices of a stack that are named as empty, whatever file they are missing from.
    fn add_empty(&self, stack: &str, answers: &mut Answers) -> Result<(), Error> {
        for (name, slice) in self.empty.iter().filter(|(name, _)| name == stack) {
            let drawn = answers.drawn.get(slice);
            if drawn.is_some_and(|labels| labels.iter().any(|&label| is_foreground(label))) {
                return Err(Error::NotEmptySlice { stack: name.clone(), slice: *slice });
            }
            answers.waiting.remove(slice);
            answers.drawn.remove(slice);
            answers.blank.insert(*slice);
        }
        Ok(())
    }

    fn read(&self, task: &Task<'_>, path: &Path) -> Result<Answers, Error> {
        let answers = match &self.foreground {
            Some(values) => qunet_exchange::import_foreground(task, path, values),
            None => self.format.unwrap_or(Format::Nifti).import(task, path),
        };
        answers.map_err(|source| Error::Masks { path: path.to_owned(), source: Box::new(source) })
    }
}

/// The empty slices of one stack.
struct EmptyOf<'a> {
    masks: &'a Masks,
    stack: &'a str,
}

impl EmptySlices for EmptyOf<'_> {
    fn named(&self, slice: SliceId) -> bool {
        self.masks.empty.iter().any(|(name, id)| name == self.stack && *id == slice)
    }

    fn all_waiting(&self) -> bool {
        self.masks.accept_empty
    }
}

impl Campaign<Folder> {
    /// Begins a campaign: scores every slice, chooses the first ones, writes what annotators need.
    /// A folder where the same campaign has begun already is opened as it is.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of range, [`Error::Model`] for a network that the
    /// machine cannot hold, [`Error::StackName`] for a name that is
    /// there twice or no name of a file, [`Error::OtherCampaign`] where the folder holds a
    /// campaign of other settings or stacks, [`Error::NotEmpty`] where it holds something else,
    /// [`Error::NothingToBegin`] where no slice is chosen, and those of reading the stacks.
    pub fn create(
        folder: impl AsRef<Path>,
        config: &CampaignConfig,
        stacks: &[StackSource],
    ) -> Result<Self, Error> {
        Self::create_observed(folder, config, stacks, &mut Silent)
    }

    /// The same, notifying an observer.
    ///
    /// # Errors
    /// As [`Campaign::create`], and [`Error::Interrupted`].
    pub fn create_observed(
        folder: impl AsRef<Path>,
        config: &CampaignConfig,
        stacks: &[StackSource],
        observer: &mut dyn Observer<Event>,
    ) -> Result<Self, Error> {
        config.check()?;
        check_names(stacks)?;
        let root = folder.as_ref();
        let stacks: Vec<StackSource> = stacks.iter().map(absolute).collect();
        if Folder::holds_campaign(root) {
            let campaign = Self::open(root)?;
            let same = campaign.manifest.config == *config && begun_with(&campaign, &stacks);
            return if same {
                Ok(campaign)
            } else {
                Err(Error::OtherCampaign { folder: root.into() })
            };
        }
        refuse_strangers(root)?;
        let made = !root.exists();
        qunet_stack::create_folder(root)?;
        let store = Folder::lock(root)?;
        // Another program may have begun it between the first look and the lock.
        if Folder::holds_campaign(root) {
            drop(store);
            return Self::create_observed(root, config, &stacks, observer);
        }
        store.remove_partial_files()?;
        match Self::begin(store, config, &stacks, observer) {
            Ok(campaign) => Ok(campaign),
            Err(error) => {
                // What came after the manifest failed: the campaign is there and goes on.
                if !Folder::holds_campaign(root) {
                    forget(root, made);
                }
                Err(error)
            }
        }
    }

    /// Opens the campaign of a folder, and removes what a killed program left half written.
    ///
    /// # Errors
    /// [`Error::NoCampaign`] where there is none, [`Error::Locked`] while another program has it
    /// open, [`Error::Manifest`] with the line where `campaign.json` makes no sense.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let root = folder.as_ref();
        if !Folder::holds_campaign(root) {
            return Err(Error::NoCampaign { folder: root.into() });
        }
        let mut store = Folder::lock(root)?;
        let manifest = store.read()?;
        store.remove_partial_files()?;
        store.settle(&manifest)?;
        Ok(Self { store, manifest })
    }

    /// Opens the campaign of a folder for reading: nothing is written, on a disk that could not be
    /// written to either, and another program may be at work in the folder.
    ///
    /// # Errors
    /// [`Error::NoCampaign`] where there is none, [`Error::Manifest`].
    pub fn view(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let root = folder.as_ref();
        if !Folder::holds_campaign(root) {
            return Err(Error::NoCampaign { folder: root.into() });
        }
        let mut store = Folder::view(root);
        let manifest = store.read()?;
        Ok(Self { store, manifest })
    }

    /// Where it lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.store.path()
    }

    /// Refuses a path to write to within the campaign's folder, which holds nothing but its own files.
    ///
    /// # Errors
    /// [`Error::Inside`], and [`Error::Read`] where the folders that lead to it cannot be found.
    pub fn check_outside(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let failed = |source| Error::Read { path: path.to_owned(), source };
        let whole = std::path::absolute(path).map_err(failed)?;
        // What is there of it, with links followed.
        let there = whole.ancestors().find(|part| part.exists()).unwrap_or(&whole);
        let [there, own] = [there, self.folder()].map(fs::canonicalize);
        match there.map_err(failed)?.starts_with(own.map_err(failed)?) {
            true => Err(Error::Inside { path: path.to_owned() }),
            false => Ok(()),
        }
    }

    /// Where the last segmentation of a stack lies.
    #[must_use]
    pub fn segmentation_path(&self, record: &StackRecord) -> PathBuf {
        self.folder().join(Item::Segmentation(&record.source.name).path())
    }

    /// The label maps that the annotators of the current round draw into:
    /// `round-N/NAME.labels.nii.gz`, 0 on every slice asked for and 255 on every other one. Beside
    /// each, `round-N/NAME-slices/` has pictures of the slices asked for; a stack that is no NIfTI
    /// file is also there as one, `stacks/NAME.image.nii.gz`, for the label map to lie on. They are
    /// written when the round begins, and again where one is missing when the campaign is opened;
    /// those that are there are never touched, since somebody may have drawn into them.
    #[must_use]
    pub fn drawings(&self) -> Vec<PathBuf> {
        let Some(round) = self.manifest.rounds.last() else { return Vec::new() };
        let stacks = self.manifest.stacks.iter().enumerate();
        let asked = stacks.filter(|(number, _)| !round.selection.slices(*number).is_empty());
        let path = |record: &StackRecord| layout::drawing(&record.source.name, round.round);
        asked.map(|(_, record)| self.folder().join(path(record))).collect()
    }

    /// The image that a label map is drawn on: the stack itself where it is a NIfTI file.
    #[must_use]
    pub fn image(&self, record: &StackRecord) -> PathBuf {
        self.store.image(&record.source)
    }

    /// Writes the slices that wait for an annotator, for one of their programs: a new folder of its
    /// own for each stack with any, named after the stack. With `suggest`, the prediction of the last
    /// query is there to begin with, where there is one.
    ///
    /// # Errors
    /// [`Error::NothingWaits`] where nobody is asked for a slice, [`Error::Inside`] for a folder within
    /// the campaign's own, [`Error::Exchange`] where a folder of that name is there already or cannot
    /// be written, and those of reading the stacks.
    pub fn export(
        &self,
        format: Format,
        folder: impl AsRef<Path>,
        suggest: bool,
    ) -> Result<(), Error> {
        let folder = folder.as_ref();
        let waiting = self.manifest.waiting();
        if waiting.is_empty() {
            return Err(Error::NothingWaits);
        }
        self.check_outside(folder)?;
        qunet_stack::create_folder(folder)?;
        let before = self.manifest.rounds.len().saturating_sub(1);
        for (number, record) in self.manifest.stacks.iter().enumerate() {
            let of_stack = waiting.iter().filter(|id| id.stack == number);
            let asked: Vec<SliceId> = of_stack.map(|id| id.slice).collect();
            if asked.is_empty() {
                continue;
            }
            let suggestion = if suggest { self.prediction(number, before)? } else { None };
            let stack = self.stack(number)?;
            let task = self.task(record, &stack, &asked, suggestion.as_ref());
            format.export(&task, folder.join(&record.source.name))?;
        }
        Ok(())
    }

    fn task<'a>(
        &'a self,
        record: &'a StackRecord,
        stack: &'a Stack,
        asked: &'a [SliceId],
        suggestion: Option<&'a Array3<u8>>,
    ) -> Task<'a> {
        let CampaignConfig { classes, scaling, .. } = &self.manifest.config;
        Task { name: &record.source.name, stack, asked, classes, suggestion, scaling: *scaling }
    }

    /// Takes the masks of the slices that were asked for, now or in an earlier round; the same
    /// masks twice change nothing. Slices may come in any number of portions.
    ///
    /// # Errors
    /// [`Error::UnknownStack`] for a name the campaign does not have, [`Error::MasksTwice`] where two
    /// files are named for one stack, [`Error::NotAsked`] where a
    /// slice is named as empty that was not asked for, [`Error::NotEmptySlice`] where something is
    /// drawn on it, [`Error::OneClass`] where values are said to be foreground and there are several
    /// classes, [`Error::NoMasks`] where a file is missing,
    /// [`Error::Masks`] where it lies on another grid or holds a value that is no label. Nothing is
    /// taken then.
    pub fn ingest(&mut self, masks: &Masks) -> Result<Ingested, Error> {
        self.check_masks(masks)?;
        let mut manifest = self.manifest.clone();
        let mut ingested = Ingested::default();
        for number in 0..manifest.stacks.len() {
            let record = self.manifest.stacks[number].clone();
            let asked = self.manifest.asked(number);
            let mut answers = match self.mask_file(masks, &record, &asked)? {
                None => Answers::default(),
                Some(path) => {
                    let stack = self.stack(number)?;
                    masks.read(&self.task(&record, &stack, &asked, None), &path)?
                }
            };
            masks.add_empty(&record.source.name, &mut answers)?;
            if answers == Answers::default() {
                continue;
            }
            let empty = EmptyOf { masks, stack: &record.source.name };
            self.take(&mut manifest, number, answers, &empty, &mut ingested)?;
        }
        if manifest != self.manifest {
            self.commit(manifest)?;
        }
        ingested.waiting = self.manifest.waiting();
        Ok(ingested)
    }

    /// Refuses names that the campaign does not know, before anything is read.
    fn check_masks(&self, masks: &Masks) -> Result<(), Error> {
        let place = |name: &String| {
            let stacks = &self.manifest.stacks;
            stacks.iter().position(|stack| stack.source.name == *name).ok_or_else(|| {
                let known: Vec<&str> =
                    stacks.iter().map(|stack| stack.source.name.as_str()).collect();
                Error::UnknownStack { name: name.clone(), known: known.join(", ") }
            })
        };
        let mut named = BTreeSet::new();
        for (name, _) in &masks.stacks {
            place(name)?;
            if !named.insert(name) {
                return Err(Error::MasksTwice { stack: name.clone() });
            }
        }
        let classes = &self.manifest.config.classes;
        if masks.foreground.is_some() && classes.len() > 1 {
            return Err(Error::OneClass { classes: classes.join(", ") });
        }
        for (name, slice) in &masks.empty {
            let number = place(name)?;
            let slices = self.manifest.stacks[number].shape[0];
            if slice.0 >= slices {
                let (slice, name) = (*slice, name.clone());
                return Err(qunet_stack::Error::NoSuchSlice { slice, name, slices }.into());
            }
            if !self.manifest.asked(number).contains(slice) {
                return Err(Error::NotAsked { stack: name.clone(), slice: *slice });
            }
        }
        Ok(())
    }

    /// The file with the masks of a stack; none where nobody is asked for any.
    fn mask_file(
        &self,
        masks: &Masks,
        record: &StackRecord,
        asked: &[SliceId],
    ) -> Result<Option<PathBuf>, Error> {
        let name = &record.source.name;
        if asked.is_empty() {
            return Ok(None);
        }
        if !masks.stacks.is_empty() {
            let of_stack = masks.stacks.iter().find(|(of, _)| of == name);
            return Ok(of_stack.map(|(_, path)| path.clone()));
        }
        let path = self.store.inside(&layout::drawing(name, self.manifest.rounds.len()))?;
        if path.exists() {
            return Ok(Some(path));
        }
        match asked.iter().all(|&id| record.is_annotated(id)) {
            true => Ok(None),
            false => Err(Error::NoMasks { stack: name.clone(), path }),
        }
    }
}

fn begun_with(campaign: &Campaign<Folder>, stacks: &[StackSource]) -> bool {
    let Manifest { stacks: records, .. } = &campaign.manifest;
    records.iter().map(|record| &record.source).eq(stacks)
}

/// The same from whatever folder the next program is started in.
fn absolute(source: &StackSource) -> StackSource {
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    StackSource {
        image: absolute(&source.image),
        roi: source.roi.as_ref().map(absolute),
        ..source.clone()
    }
}

/// A folder with anything but what an interrupted beginning leaves is somebody else's, also one
/// with stacks in it and no lock.
fn refuse_strangers(root: &Path) -> Result<(), Error> {
    let failed = |source| Error::Read { path: root.to_owned(), source };
    if !root.exists() {
        return Ok(());
    }
    let begun = root.join(LOCK).exists();
    for entry in fs::read_dir(root).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let ours = begun && (name == STACKS || name == LOCK);
        if !ours && !name.to_string_lossy().starts_with(qunet_stack::PARTIAL_PREFIX) {
            return Err(Error::NotEmpty { folder: root.to_owned(), found: name.into() });
        }
    }
    Ok(())
}

/// Removes a beginning that failed, as far as it can: the error that ended it counts.
fn forget(root: &Path, made: bool) {
    let _ = fs::remove_dir_all(root.join(STACKS));
    let _ = fs::remove_file(root.join(LOCK));
    if made {
        let _ = fs::remove_dir(root);
    }
}
