//! What annotators are given: label maps to draw into, and pictures of the slices asked for.

use std::path::PathBuf;

use ndarray::Axis;

use super::Campaign;
use super::manifest::StackRecord;
use super::stacks::blank;
use crate::Error;

impl Campaign {
    /// Writes what annotators need for the current round and is not there yet, and says where the
    /// label maps are: `round-N/NAME.labels.nii.gz`, 0 on every slice asked for and 255 on every
    /// other one, and `round-N/NAME-slices/` with pictures of the slices asked for. A stack that
    /// is no NIfTI file is also written as one, `stacks/NAME.image.nii.gz`, so that the label map
    /// has an image to lie on. Files that are there are never touched: somebody may have drawn
    /// into them.
    ///
    /// # Errors
    /// [`Error::Stack`] where a stack cannot be read or a file not be written.
    pub fn request(&self) -> Result<Vec<PathBuf>, Error> {
        let Some(round) = self.manifest.rounds.last() else { return Ok(Vec::new()) };
        let folder = self.round_folder(round.round)?;
        let mut label_maps = Vec::new();
        for (number, record) in self.manifest.stacks.iter().enumerate() {
            let asked = round.selection.slices(number);
            if asked.is_empty() {
                continue;
            }
            let path = folder.join(format!("{}.labels.nii.gz", record.name));
            let pictures = folder.join(format!("{}-slices", record.name));
            let image = self.image(record);
            if !(path.exists() && pictures.exists() && image.exists()) {
                let stack = self.open_stack(record)?;
                if !image.exists() {
                    stack.write(&image)?;
                }
                if !pictures.exists() {
                    let scaling = &self.manifest.config.steps.scaling;
                    stack.write_pngs_of(&pictures, asked.iter().copied(), scaling)?;
                }
                if !path.exists() {
                    let mut labels = blank(record.shape);
                    for id in asked {
                        labels.index_axis_mut(Axis(0), id.0).fill(0);
                    }
                    stack.write_labels(&path, &labels)?;
                }
            }
            label_maps.push(path);
        }
        Ok(label_maps)
    }

    /// The image that a label map is drawn on: the stack itself where it is a NIfTI file.
    #[must_use]
    pub fn image(&self, record: &StackRecord) -> PathBuf {
        let name = record.image.to_string_lossy();
        if name.ends_with(".nii") || name.ends_with(".nii.gz") {
            return record.image.clone();
        }
        self.folder.join("stacks").join(format!("{}.image.nii.gz", record.name))
    }
}
