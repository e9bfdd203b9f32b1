//! Masks come back from the annotators.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use ndarray::{Array3, ArrayView2, Axis};
use qunet_model::IGNORE;
use qunet_select::CandidateId;
use qunet_stack::{Geometry, SliceId, Stack};

use super::manifest::StackRecord;
use super::stacks::is_foreground;
use super::{Campaign, digest};
use crate::Error;

/// Where the masks are, and what a slice without any foreground means.
///
/// An untouched slice and one on which there is nothing to outline look the same in a label map.
/// A slice without foreground therefore keeps waiting until somebody says that it is empty, and
/// never clears what was drawn on it before unless it is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masks {
    stacks: BTreeMap<String, PathBuf>,
    empty: BTreeSet<(String, SliceId)>,
    accept_empty: bool,
    binary: bool,
}

impl Masks {
    /// Takes the label map of a stack from here: a NIfTI file, or whatever else [`Stack::open`]
    /// reads, on the stack's grid. Stacks that are not named are left alone then; without any
    /// name, all are read from `round-N/NAME.labels.nii.gz`.
    #[must_use]
    pub fn stack(mut self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.stacks.insert(name.into(), path.into());
        self
    }

    /// Says that this slice was looked at and holds nothing.
    #[must_use]
    pub fn empty(mut self, stack: impl Into<String>, slice: SliceId) -> Self {
        self.empty.insert((stack.into(), slice));
        self
    }

    /// Says so of every waiting slice without foreground.
    #[must_use]
    pub fn accept_empty(self, accept_empty: bool) -> Self {
        Self { accept_empty, ..self }
    }

    /// Reads every value above 0 as label 1, for masks that mark the lesion by 255.
    #[must_use]
    pub fn binary(self, binary: bool) -> Self {
        Self { binary, ..self }
    }
}

impl Masks {
    fn says_empty(&self, stack: &str, slice: SliceId) -> bool {
        self.empty.iter().any(|(name, id)| name == stack && *id == slice)
    }
}

/// What a slice of a label map says.
enum Answer {
    /// Not a pixel is labelled.
    Nothing,
    /// No foreground, and nobody says that there is none.
    Blank,
    /// An annotation.
    Drawn,
}

impl Answer {
    fn of(slice: &ArrayView2<'_, u8>, said_empty: bool) -> Self {
        if slice.iter().all(|&label| label == IGNORE) {
            Self::Nothing
        } else if said_empty || holds_foreground(slice) {
            Self::Drawn
        } else {
            Self::Blank
        }
    }
}

/// What came of an ingest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ingested {
    /// Slices that are annotated now and were not before.
    pub taken: Vec<CandidateId>,
    /// Slices that were annotated before and are now annotated otherwise.
    pub changed: Vec<CandidateId>,
    /// Slices asked for that nobody has annotated yet.
    pub waiting: Vec<CandidateId>,
    /// Slices that hold labels though nobody asked for them; they are left out.
    pub unasked: Vec<CandidateId>,
    /// Slices that come back without foreground and held some; they stay as they were until
    /// [`Masks::empty`] names them.
    pub kept: Vec<CandidateId>,
}

impl fmt::Display for Ingested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { taken, changed, waiting, .. } = self;
        let (taken, changed, waiting) = (taken.len(), changed.len(), waiting.len());
        write!(f, "{taken} slice(s) taken, {changed} changed, {waiting} still waiting")?;
        for (ids, what) in [
            (&self.kept, "came back empty: left as it was; name a slice as empty to clear it"),
            (&self.unasked, "labelled though nobody asked: left out"),
        ] {
            if let (Some(first), Some(last)) = (ids.first(), ids.last()) {
                write!(f, "\n{} slice(s), {first} to {last}, {what}", ids.len())?;
            }
        }
        Ok(())
    }
}

impl Campaign {
    /// Takes the masks of the slices that were asked for, now or in an earlier round; the same
    /// masks twice change nothing. Slices may come in any number of portions.
    ///
    /// # Errors
    /// [`Error::UnknownStack`] for a name the campaign does not have, [`Error::NoMasks`] where a
    /// file is missing, [`Error::MaskShape`] and [`Error::MaskGeometry`] where it lies on another
    /// grid, [`Error::MaskLabel`] for a value that is no label. Nothing is taken then.
    pub fn ingest(&mut self, masks: &Masks) -> Result<Ingested, Error> {
        self.check_names(masks)?;
        let mut manifest = self.manifest.clone();
        let mut ingested = Ingested::default();
        let mut replaced = Vec::new();
        for (number, record) in manifest.stacks.iter_mut().enumerate() {
            let asked = self.asked(number);
            let Some(path) = self.mask_file(masks, record, &asked)? else { continue };
            let new = self.labels_for(record, &path, masks.binary)?;
            let mut labels = self.annotations(record)?;
            let at = |id| CandidateId { stack: number, slice: SliceId(id) };
            let mut different = false;
            for (index, slice) in new.outer_iter().enumerate() {
                let id = at(index);
                if !asked.contains(&id.slice) {
                    if holds_foreground(&slice) {
                        ingested.unasked.push(id);
                    }
                    continue;
                }
                let mut old = labels.index_axis_mut(Axis(0), index);
                let known = record.annotated.binary_search(&id.slice);
                let said_empty = masks.says_empty(&record.name, id.slice);
                let answer = Answer::of(&slice, said_empty);
                if matches!(answer, Answer::Blank) && slice.iter().any(|&label| label == IGNORE) {
                    return Err(Error::MaskOf255 { path, slice: id.slice });
                }
                match (answer, known) {
                    (Answer::Nothing, _) => continue,
                    (Answer::Blank, Err(_)) if !masks.accept_empty => continue,
                    (_, Ok(_)) if old == slice => continue,
                    (Answer::Blank, Ok(_)) => {
                        ingested.kept.push(id);
                        continue;
                    }
                    (_, Ok(_)) => ingested.changed.push(id),
                    (_, Err(place)) => {
                        record.annotated.insert(place, id.slice);
                        ingested.taken.push(id);
                    }
                }
                old.assign(&slice);
                different = true;
            }
            if different {
                replaced.push(self.store(record, &labels)?);
            }
        }
        if !replaced.is_empty() {
            self.commit(manifest)?;
        }
        // The campaign no longer knows of them.
        replaced.iter().for_each(|old| drop(std::fs::remove_file(self.folder.join(old))));
        ingested.waiting = self.manifest.waiting();
        Ok(ingested)
    }

    fn check_names(&self, masks: &Masks) -> Result<(), Error> {
        let named = masks.stacks.keys().chain(masks.empty.iter().map(|(name, _)| name));
        for name in named {
            let mut known = self.manifest.stacks.iter().map(|stack| &stack.name);
            if !known.any(|known| known == name) {
                let known = known_names(&self.manifest.stacks);
                return Err(Error::UnknownStack { name: name.clone(), known });
            }
        }
        Ok(())
    }

    /// Slices of a stack asked for in any round.
    fn asked(&self, number: usize) -> BTreeSet<SliceId> {
        let rounds = self.manifest.rounds.iter();
        rounds.flat_map(|round| round.selection.slices(number)).collect()
    }

    /// The file with the masks of a stack; none where nobody is asked for any.
    fn mask_file(
        &self,
        masks: &Masks,
        record: &StackRecord,
        asked: &BTreeSet<SliceId>,
    ) -> Result<Option<PathBuf>, Error> {
        if !masks.stacks.is_empty() {
            return Ok(masks.stacks.get(&record.name).cloned());
        }
        let round = self.manifest.rounds.len();
        let path = self.folder.join(format!("round-{round}/{}.labels.nii.gz", record.name));
        if path.exists() {
            return Ok(Some(path));
        }
        let waits = asked.iter().any(|id| record.annotated.binary_search(id).is_err());
        if waits { Err(Error::NoMasks { stack: record.name.clone(), path }) } else { Ok(None) }
    }

    /// The labels of a file that lies on the stack's grid.
    fn labels_for(
        &self,
        record: &StackRecord,
        path: &Path,
        binary: bool,
    ) -> Result<Array3<u8>, Error> {
        let (labels, geometry) = if binary {
            let stack = Stack::open(path)?;
            (foreground_as_1(&stack)?, *stack.geometry())
        } else {
            labels(path, self.manifest.config.classes.len())?
        };
        let (slices, height, width) = labels.dim();
        let found = [slices, height, width];
        if found != record.shape {
            let (path, expected) = (path.to_owned(), record.shape);
            return Err(Error::MaskShape { path, found, expected });
        }
        let stack = self.open_stack(record)?;
        // Formats without a place in space answer with the default one.
        if geometry != Geometry::default() {
            let distance = apart(&geometry, stack.geometry(), found);
            let spacing = stack.geometry().spacing().into_iter().fold(f64::INFINITY, f64::min);
            if distance > 0.1 * spacing {
                return Err(Error::MaskGeometry { path: path.to_owned(), distance });
            }
        }
        Ok(labels)
    }

    /// Writes the annotations of a stack under a new name; the old one.
    fn store(&self, record: &mut StackRecord, labels: &Array3<u8>) -> Result<PathBuf, Error> {
        let stack = self.open_stack(record)?;
        let old = record.annotations.path.clone();
        let path = (1..)
            .map(|count| {
                PathBuf::from(format!("stacks/{}.annotations-{count}.nii.gz", record.name))
            })
            .find(|path| *path != old && !self.folder.join(path).exists())
            .unwrap_or_default();
        stack.write_labels(self.folder.join(&path), labels)?;
        record.annotations = digest::file(&self.folder, &path)?;
        record.foreground = foreground(&record.annotated, labels);
        Ok(old)
    }
}

fn foreground(annotated: &[SliceId], labels: &Array3<u8>) -> u64 {
    let slice = |id: &SliceId| labels.index_axis(Axis(0), id.0);
    annotated
        .iter()
        .map(|id| slice(id).iter().filter(|&&label| is_foreground(label)).count())
        .sum::<usize>() as u64
}

fn holds_foreground(slice: &ArrayView2<'_, u8>) -> bool {
    slice.iter().any(|&label| is_foreground(label))
}

fn known_names(stacks: &[StackRecord]) -> String {
    stacks.iter().map(|stack| stack.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn foreground_as_1(stack: &Stack) -> Result<Array3<u8>, Error> {
    let [slices, height, width] = stack.shape();
    let mut labels = Array3::zeros((slices, height, width));
    for (id, mut to) in stack.ids().zip(labels.outer_iter_mut()) {
        to.assign(&stack.slice(id)?.to_f32().mapv(|value| u8::from(value > 0.0)));
    }
    Ok(labels)
}

/// A label map of a file, each value 0, one of the classes, or 255.
pub(super) fn labels(path: &Path, classes: usize) -> Result<(Array3<u8>, Geometry), Error> {
    let stack = Stack::open(path)?;
    let [slices, height, width] = stack.shape();
    let mut labels = Array3::zeros((slices, height, width));
    for (id, mut to) in stack.ids().zip(labels.outer_iter_mut()) {
        let from = stack.slice(id)?.to_f32();
        for (to, &value) in to.iter_mut().zip(&from) {
            let label = value as u8;
            let known = usize::from(label) <= classes || label == IGNORE;
            if !known || f32::from(label) != value {
                let path = path.to_owned();
                return Err(Error::MaskLabel { path, slice: id, value, classes });
            }
            *to = label;
        }
    }
    Ok((labels, *stack.geometry()))
}

/// The largest distance in mm between the places of a corner voxel under both geometries.
fn apart(one: &Geometry, other: &Geometry, [slices, height, width]: [usize; 3]) -> f64 {
    let end = |length: usize| [0.0, length.saturating_sub(1) as f64];
    let place = |geometry: &Geometry, [x, y, z]: [f64; 3]| {
        let unit = geometry.unit.in_millimetres();
        geometry.affine.map(|[a, b, c, d]| unit * (a * x + b * y + c * z + d))
    };
    let mut furthest: f64 = 0.0;
    for z in end(slices) {
        for y in end(height) {
            for x in end(width) {
                let (here, there) = (place(one, [x, y, z]), place(other, [x, y, z]));
                let squares = here.iter().zip(&there).map(|(a, b)| (a - b) * (a - b));
                furthest = furthest.max(squares.sum::<f64>().sqrt());
            }
        }
    }
    furthest
}
