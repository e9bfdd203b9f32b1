use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use qunet_exchange::{Answers, Format, Task};
use qunet_stack::SliceId;

use crate::Error;

/// Where the masks are, and what a slice without any foreground means.
///
/// An untouched slice and one on which there is nothing to outline look the same in a label map.
/// A slice without foreground therefore keeps waiting until somebody says that it is empty, and
/// never clears what was drawn on it before unless it is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masks {
    pub(super) stacks: BTreeMap<String, PathBuf>,
    pub(super) empty: BTreeSet<(String, SliceId)>,
    pub(super) accept_empty: bool,
    binary: bool,
    format: Option<Format>,
}

impl Masks {
    /// Takes the label map of a stack from here: a NIfTI file, or whatever else [`Stack::open`](qunet_stack::Stack::open)
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

    /// Sets the program that the masks come from; NIfTI where nothing is said.
    #[must_use]
    pub fn format(self, format: Format) -> Self {
        Self { format: Some(format), ..self }
    }

    pub(super) fn says_empty(&self, stack: &str, slice: SliceId) -> bool {
        self.empty.iter().any(|(name, id)| name == stack && *id == slice)
    }

    /// What a file answers.
    pub(super) fn read(&self, task: &Task<'_>, path: &Path) -> Result<Answers, Error> {
        let answers = match self.binary {
            true => qunet_exchange::import_binary(task, path),
            false => self.format.unwrap_or(Format::Nifti).import(task, path),
        };
        answers.map_err(|source| Error::Masks { path: path.to_owned(), source })
    }
}
