//! What annotators are given for programs of their own.

use std::path::Path;

use ndarray::Array3;
use qunet_exchange::{Format, Task};
use qunet_stack::{SliceId, Stack};

use super::manifest::StackRecord;
use super::stacks::read_labels;
use super::{Campaign, digest, make};
use crate::Error;

impl Campaign {
    /// Writes the slices that wait for an annotator, for one of their programs: a new folder of its
    /// own for each stack with any, called as the stack. With `suggest`, what the last query
    /// predicted is there to begin with, where there was one.
    ///
    /// # Errors
    /// [`Error::Exchange`] where a folder of that name is there already or cannot be written, and
    /// those of reading the stacks.
    pub fn export(
        &self,
        format: Format,
        folder: impl AsRef<Path>,
        suggest: bool,
    ) -> Result<(), Error> {
        let folder = folder.as_ref();
        make(folder)?;
        let waiting = self.manifest.waiting();
        for (number, record) in self.manifest.stacks.iter().enumerate() {
            let of_stack = waiting.iter().filter(|id| id.stack == number);
            let asked: Vec<SliceId> = of_stack.map(|id| id.slice).collect();
            if asked.is_empty() {
                continue;
            }
            let suggestion = if suggest { self.last_prediction(number)? } else { None };
            let stack = self.open_stack(record)?;
            let task = self.task(record, &stack, &asked, suggestion.as_ref());
            format.export(&task, folder.join(&record.name))?;
        }
        Ok(())
    }

    pub(super) fn task<'a>(
        &'a self,
        record: &'a StackRecord,
        stack: &'a Stack,
        asked: &'a [SliceId],
        suggestion: Option<&'a Array3<u8>>,
    ) -> Task<'a> {
        let classes = &self.manifest.config.classes;
        let scaling = self.manifest.config.steps.scaling;
        Task { name: &record.name, stack, asked, classes, suggestion, scaling }
    }

    /// What the last query predicted for a stack.
    fn last_prediction(&self, number: usize) -> Result<Option<Array3<u8>>, Error> {
        let query = self.manifest.rounds.iter().rev().find_map(|round| round.query.as_ref());
        let Some(file) = query.and_then(|query| query.predictions.get(number)) else {
            return Ok(None);
        };
        read_labels(&digest::unchanged(&self.folder, file)?).map(Some)
    }
}
