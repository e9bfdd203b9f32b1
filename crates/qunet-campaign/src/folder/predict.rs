//! The segmentation of every stack.

use std::path::PathBuf;

use qunet_model::Predictor;

use super::records::{Looking, predict_config, with_annotations};
use super::{Campaign, digest, make};
use crate::Error;
use crate::event::Observer;

impl Campaign {
    /// Segments every stack with the network of the last training and says where the results are:
    /// `segmentations/NAME.nii.gz`, on the stack's grid, what the annotators drew where they did
    /// and head L4 elsewhere.
    ///
    /// # Errors
    /// [`Error::NotTrained`] before the first training, [`Error::Interrupted`] where the observer
    /// asks to stop, and those of the network.
    pub fn predict(&mut self, observer: &mut dyn Observer) -> Result<Vec<PathBuf>, Error> {
        let (network, _) = self.trained()?;
        make(&self.folder.join("segmentations"))?;
        let config = &self.manifest.config;
        let predictor = Predictor::with(&network, predict_config(config))?;
        let mut files = Vec::with_capacity(self.manifest.stacks.len());
        for (number, record) in self.manifest.stacks.iter().enumerate() {
            let stack = self.open_stack(record)?;
            // Partly annotated slices are predicted too: for the pixels that nobody labelled.
            let all: Vec<_> = stack.ids().collect();
            let (stack, open, predictor) = (&stack, &all, &predictor);
            let mut looking = Looking { config, number, stack, open, predictor, observer };
            let labels = with_annotations(looking.segment()?, &self.annotations(record)?);
            let path = PathBuf::from(format!("segmentations/{}.nii.gz", record.name));
            stack.write_labels(self.folder.join(&path), &labels)?;
            files.push(digest::file(&self.folder, &path)?);
        }
        let paths = files.iter().map(|file| self.folder.join(&file.path)).collect();
        let mut manifest = self.manifest.clone();
        manifest.segmentations = files;
        self.commit(manifest)?;
        Ok(paths)
    }
}
