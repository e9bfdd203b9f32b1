//! What annotators' programs give back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use ndarray::{Array2, ArrayRef2, ArrayRef3};
use qunet_grid::IGNORE;
use qunet_stack::SliceId;
use serde::de::DeserializeOwned;

use crate::{Error, Task};

/// What came back, for every slice that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Labels `(height, width)` of the slices that are annotated: 0, a class, or 255 where nobody
    /// annotated. A slice on which the annotator says there is nothing is all 0.
    pub drawn: BTreeMap<SliceId, Array2<u8>>,
    /// Slices on which nothing is drawn, in a format that cannot tell "there is nothing" from "not
    /// done yet".
    pub blank: BTreeSet<SliceId>,
    /// Slices that are not done yet.
    pub waiting: BTreeSet<SliceId>,
    /// Slices that were drawn on though nobody asked for them.
    pub unasked: BTreeSet<SliceId>,
}

impl Answers {
    /// Adds a slice of a format that cannot tell empty from not done.
    pub(crate) fn add(
        &mut self,
        task: &Task<'_>,
        id: SliceId,
        labels: Array2<u8>,
    ) -> Result<(), Error> {
        let foreground = labels.iter().any(|&label| label != 0 && label != IGNORE);
        if !task.asked.contains(&id) {
            if foreground {
                self.unasked.insert(id);
            }
        } else if labels.iter().all(|&label| label == IGNORE) {
            self.waiting.insert(id);
        } else if foreground {
            self.drawn.insert(id, labels);
        } else if labels.iter().any(|&label| label == IGNORE) {
            return Err(Error::Ambiguous255 { slice: id });
        } else {
            self.blank.insert(id);
        }
        Ok(())
    }

    /// The answers in a label map `(slices, height, width)` on the stack's grid.
    ///
    /// # Errors
    /// [`Error::Shape`] where it has another shape, [`Error::Label`] for a value that is no label,
    /// [`Error::Ambiguous255`] where 255 may be meant for the lesion.
    pub fn from_labels(task: &Task<'_>, labels: &ArrayRef3<u8>) -> Result<Self, Error> {
        let (slices, height, width) = labels.dim();
        let (found, expected) = ([slices, height, width], task.stack.shape());
        if found != expected {
            let path = task.name.into();
            return Err(Error::Shape { path, found, expected });
        }
        let mut answers = Self::default();
        for (slice, labels) in labels.outer_iter().enumerate() {
            let id = SliceId(slice);
            check(task, id, &labels)?;
            answers.add(task, id, labels.to_owned())?;
        }
        Ok(answers)
    }
}

fn check(task: &Task<'_>, slice: SliceId, labels: &ArrayRef2<u8>) -> Result<(), Error> {
    let classes = task.classes.len();
    match labels.iter().find(|&&label| !task.has_label(label)) {
        None => Ok(()),
        Some(&label) => Err(Error::Label { slice, label: label.into(), classes }),
    }
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    serde_json::from_slice(&read(path)?)
        .map_err(|source| Error::Json { path: path.to_owned(), source })
}

/// The slice of a picture, by the number at the end of its name.
pub(crate) fn slice_of(name: &str) -> Option<SliceId> {
    let stem = Path::new(name).file_stem()?.to_str()?;
    let digits = stem.len() - stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    stem[stem.len() - digits..].parse().ok()
}
