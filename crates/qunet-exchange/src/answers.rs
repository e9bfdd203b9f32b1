use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, Array3, ArrayView2};
use qunet_stack::SliceId;

use crate::{Error, IGNORE, Task};

/// What came back, for every slice that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Labels `(height, width)` of the slices that are annotated: 0, a class, or 255 where nobody
    /// looked. A slice on which the annotator says there is nothing is all 0.
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
    /// Takes a slice of a format that cannot tell empty from not done.
    pub(crate) fn take(
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
            return Err(Error::Of255 { slice: id });
        } else {
            self.blank.insert(id);
        }
        Ok(())
    }

    /// What a label map `(slices, height, width)` on the stack's grid answers.
    ///
    /// # Errors
    /// [`Error::Shape`] where it has another shape, [`Error::Label`] for a value that is no label,
    /// [`Error::Of255`] where 255 may be meant for the lesion.
    pub fn of_labels(task: &Task<'_>, labels: &Array3<u8>) -> Result<Self, Error> {
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
            answers.take(task, id, labels.to_owned())?;
        }
        Ok(answers)
    }
}

fn check(task: &Task<'_>, slice: SliceId, labels: &ArrayView2<'_, u8>) -> Result<(), Error> {
    let classes = task.classes.len();
    let known = |label: u8| usize::from(label) <= classes || label == IGNORE;
    match labels.iter().find(|&&label| !known(label)) {
        None => Ok(()),
        Some(&label) => Err(Error::Label { slice, label: label.into(), classes }),
    }
}
