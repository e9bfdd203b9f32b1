//! What a run leaves on disk.

use std::path::Path;

use qunet_model::Network;
use qunet_select::{DisagreementSet, InitialSet};
use qunet_stack::{SliceId, Stack};
use serde::Serialize;

use crate::Error;
use crate::config::TwoStepConfig;
use crate::two_step::{Outcome, StageHistory};

/// The content of `selection.json`: everything needed to see why a slice was picked, and to
/// repeat the run.
#[derive(Serialize)]
struct SelectionFile<'a> {
    qunet_version: &'static str,
    stack: &'a str,
    shape: [usize; 3],
    annotated: Vec<SliceId>,
    initial: &'a InitialSet,
    query: &'a DisagreementSet,
    history: &'a [StageHistory],
    config: &'a TwoStepConfig,
}

impl Outcome {
    /// Writes `selection.json`, `scores.csv`, `segmentation.nii.gz` (in the stack's geometry) and
    /// `model.safetensors` into a folder, each whole or not at all.
    ///
    /// # Errors
    /// Each names the file that could not be written.
    pub fn write(&self, folder: &Path, stack: &Stack, config: &TwoStepConfig) -> Result<(), Error> {
        let selection = SelectionFile {
            qunet_version: env!("CARGO_PKG_VERSION"),
            stack: stack.name(),
            shape: stack.shape(),
            annotated: self.annotated(),
            initial: &self.initial,
            query: &self.query,
            history: &self.history,
            config,
        };
        let json = serde_json::to_vec_pretty(&selection)?;
        qunet_stack::write_file(&folder.join("selection.json"), &json)?;
        qunet_quality::write_csv(folder.join("scores.csv"), &self.quality)?;
        stack.write_labels(folder.join("segmentation.nii.gz"), &self.labels)?;
        Ok(self.network.save(&folder.join("model.safetensors"))?)
    }
}
