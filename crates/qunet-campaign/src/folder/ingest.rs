//! Masks come back from the annotators.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use ndarray::{Array2, Array3, Axis};
use qunet_exchange::Answers;
use qunet_select::CandidateId;
use qunet_stack::{SliceId, Stack};

use super::manifest::StackRecord;
use super::masks::Masks;
use super::stacks::{annotations, is_foreground};
use super::{Campaign, digest};
use crate::Error;

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
    /// file is missing, [`Error::Masks`] where it lies on another grid or holds a value that is no
    /// label. Nothing is taken then.
    pub fn ingest(&mut self, masks: &Masks) -> Result<Ingested, Error> {
        self.check_names(masks)?;
        let mut manifest = self.manifest.clone();
        let mut ingested = Ingested::default();
        let mut replaced = Vec::new();
        for (number, record) in manifest.stacks.iter_mut().enumerate() {
            let asked = self.asked(number);
            let Some(path) = self.mask_file(masks, record, &asked)? else { continue };
            let stack = self.open_stack(record)?;
            let answers = masks.read(&self.task(record, &stack, &asked, None), &path)?;
            let before = self.annotations(record)?;
            let after = take(masks, number, record, answers, &before, &mut ingested);
            if after != before {
                replaced.push(self.store(record, &stack, &after)?);
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
    fn asked(&self, number: usize) -> Vec<SliceId> {
        let rounds = self.manifest.rounds.iter();
        let asked: BTreeSet<SliceId> =
            rounds.flat_map(|round| round.selection.slices(number)).collect();
        asked.into_iter().collect()
    }

    /// The file with the masks of a stack; none where nobody is asked for any.
    fn mask_file(
        &self,
        masks: &Masks,
        record: &StackRecord,
        asked: &[SliceId],
    ) -> Result<Option<PathBuf>, Error> {
        if asked.is_empty() {
            return Ok(None);
        }
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

    /// Writes the annotations of a stack under a new name; the old one.
    fn store(
        &self,
        record: &mut StackRecord,
        stack: &Stack,
        labels: &Array3<u8>,
    ) -> Result<PathBuf, Error> {
        let old = record.annotations.path.clone();
        let path = (1..)
            .map(|count| annotations(&record.name, count))
            .find(|path| *path != old && !self.folder.join(path).exists())
            .unwrap_or_default();
        stack.write_labels(self.folder.join(&path), labels)?;
        record.annotations = digest::file(&self.folder, &path)?;
        record.foreground = foreground(&record.annotated, labels);
        Ok(old)
    }
}

/// The annotations of a stack with what the answers add or change; a blank slice adds itself where
/// it is said to be empty, and clears nothing unless it is named.
fn take(
    masks: &Masks,
    stack: usize,
    record: &mut StackRecord,
    answers: Answers,
    before: &Array3<u8>,
    ingested: &mut Ingested,
) -> Array3<u8> {
    let mut labels = before.clone();
    let at = |slice| CandidateId { stack, slice };
    let (_, height, width) = before.dim();
    let blank = answers.blank.into_iter().map(|id| (id, None));
    for (id, drawn) in answers.drawn.into_iter().map(|(id, drawn)| (id, Some(drawn))).chain(blank) {
        let said = drawn.is_some() || masks.says_empty(&record.name, id);
        let mut old = labels.index_axis_mut(Axis(0), id.0);
        let new = drawn.unwrap_or_else(|| Array2::zeros((height, width)));
        match record.annotated.binary_search(&id) {
            Ok(_) if old == new => continue,
            Ok(_) if !said => {
                ingested.kept.push(at(id));
                continue;
            }
            Ok(_) => ingested.changed.push(at(id)),
            Err(_) if !said && !masks.accept_empty => continue,
            Err(place) => {
                record.annotated.insert(place, id);
                ingested.taken.push(at(id));
            }
        }
        old.assign(&new);
    }
    ingested.unasked.extend(answers.unasked.into_iter().map(at));
    labels
}

fn foreground(annotated: &[SliceId], labels: &Array3<u8>) -> u64 {
    let slice = |id: &SliceId| labels.index_axis(Axis(0), id.0);
    let count = |id| slice(id).iter().filter(|&&label| is_foreground(label)).count() as u64;
    annotated.iter().map(count).sum()
}

fn known_names(stacks: &[StackRecord]) -> String {
    stacks.iter().map(|stack| stack.name.as_str()).collect::<Vec<_>>().join(", ")
}
