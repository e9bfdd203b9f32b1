//! A stack to scroll through.

use ndarray::{Array3, Axis};
use qunet_report::{Viewer, ViewerMasks};
use qunet_select::InitialSet;
use qunet_stack::Stack;

use crate::Error;
use crate::folder::manifest::{FileRecord, Query, StackRecord};
use crate::folder::stacks::{is_foreground, read_labels};
use crate::folder::{Campaign, digest};

/// Bytes that all slice viewers of the page may take.
const PAGE: usize = 8_000_000;

impl Campaign {
    /// Every slice with what was drawn, what is predicted and where the heads differ.
    pub(super) fn viewer(
        &self,
        number: usize,
        record: &StackRecord,
        stack: &Stack,
        initial: &InitialSet,
    ) -> Result<Viewer, Error> {
        let query = self.manifest.rounds.iter().rev().find_map(|round| round.query.as_ref());
        let of_query = |files: fn(&Query) -> &[FileRecord]| match query {
            Some(query) => self.labels_of(files(query).get(number)),
            None => Ok(None),
        };
        let drawn = self.annotations(record)?;
        let differing = of_query(|query| &query.disagreements)?;
        let predicted = match self.labels_of(self.manifest.segmentations.get(number))? {
            Some(labels) => Some(labels),
            None => of_query(|query| &query.predictions)?,
        };
        let mut viewer = Viewer::new(&record.name).within(PAGE / self.manifest.stacks.len());
        for slice in &initial.verdicts {
            let at =
                |labels: &Array3<u8>| labels.index_axis(Axis(0), slice.id.0).mapv(is_foreground);
            let annotated = record.annotated.binary_search(&slice.id).is_ok();
            let truth = annotated.then(|| at(&drawn));
            let prediction = predicted.as_ref().filter(|_| !annotated).map(at);
            let disagreement = differing.as_ref().filter(|_| !annotated).map(at);
            let masks = ViewerMasks {
                truth: truth.as_deref(),
                prediction: prediction.as_deref(),
                disagreement: disagreement.as_deref(),
            };
            let image = stack.scaled_slice(slice.id, &self.manifest.config.steps.scaling)?;
            let image = image.mapv(|value| value.clamp(0.0, 1.0));
            let note = if annotated { "annotated".to_owned() } else { slice.verdict.to_string() };
            viewer.add(slice.id, &image, masks, note)?;
        }
        Ok(viewer)
    }

    fn labels_of(&self, file: Option<&FileRecord>) -> Result<Option<Array3<u8>>, Error> {
        file.map(|file| read_labels(&digest::unchanged(&self.folder, file)?)).transpose()
    }
}
