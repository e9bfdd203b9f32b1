//! A run's stack to scroll through.

use ndarray::Axis;
use qunet_report::{Viewer, ViewerMasks};

use super::RunReport;
use crate::Error;

impl RunReport<'_> {
    /// Every slice with the truth, or what was drawn; the segmentation; where the heads differed.
    pub(super) fn viewer(&self) -> Result<Viewer, Error> {
        let annotated = self.outcome.annotated();
        let mut viewer = Viewer::new(self.stack.name());
        for slice in &self.outcome.initial.verdicts {
            let labels = self.labels(slice.id);
            let truth = match self.truth {
                Some(truth) => Some(truth.mask(slice.id)?),
                None => annotated.contains(&slice.id).then(|| labels.clone()),
            };
            let masks = ViewerMasks {
                truth: truth.as_deref(),
                prediction: Some(&labels),
                disagreement: Some(&self.outcome.disagreement.index_axis(Axis(0), slice.id.0)),
            };
            viewer.add(slice.id, &self.image(slice.id)?, masks, slice.verdict.to_string())?;
        }
        Ok(viewer)
    }
}
