use std::collections::BTreeSet;

use ndarray::Array2;
use qunet_stack::{LabelMap, SliceId};

use crate::Error;

/// Who outlines the lesions on the slices that are asked for.
pub trait Annotator {
    /// The mask of one slice, in the slice's own size: true = lesion.
    ///
    /// # Errors
    /// Whatever keeps the annotator from answering.
    fn annotate(&mut self, id: SliceId) -> Result<Array2<bool>, Error>;
}

/// Known labels standing in for an annotator; remembers which slices were asked for, so that
/// nobody has to believe that the others were not read.
#[derive(Clone, Debug)]
pub struct RecordedLabels<'a> {
    labels: &'a LabelMap,
    asked: BTreeSet<SliceId>,
}

impl<'a> RecordedLabels<'a> {
    /// Answers from `labels`.
    #[must_use]
    pub fn new(labels: &'a LabelMap) -> Self {
        Self { labels, asked: BTreeSet::new() }
    }

    /// The slices that were asked for, in order.
    #[must_use]
    pub fn asked(&self) -> &BTreeSet<SliceId> {
        &self.asked
    }
}

impl Annotator for RecordedLabels<'_> {
    fn annotate(&mut self, id: SliceId) -> Result<Array2<bool>, Error> {
        self.asked.insert(id);
        Ok(self.labels.mask(id)?)
    }
}
