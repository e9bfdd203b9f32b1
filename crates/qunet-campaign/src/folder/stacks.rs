//! The stacks of a campaign and what is drawn on them.

use std::path::{Path, PathBuf};

use ndarray::{Array2, Array3, Axis};
use qunet_model::IGNORE;
use qunet_quality::QualityRecord;
use qunet_select::InitialSets;
use qunet_stack::{SliceId, Stack};

use super::manifest::StackRecord;
use super::{Campaign, digest};
use crate::Error;

/// The image `(1, height, width)` of a slice, and its labels.
pub(super) type Annotated = (Array3<f32>, Array2<u8>);

impl Campaign {
    /// Opens a stack with its region of interest; it must hold the pixels it was scored with.
    ///
    /// # Errors
    /// [`Error::Stack`] where it cannot be read, [`Error::Changed`] where it is another one.
    pub fn open_stack(&self, stack: &StackRecord) -> Result<Stack, Error> {
        let opened = open(&stack.image, stack.roi.as_deref())?;
        if digest::stack(&opened)? != stack.sha256 {
            return Err(Error::Changed { path: stack.image.clone() });
        }
        Ok(opened)
    }

    /// The quality metrics of every slice of a stack.
    ///
    /// # Errors
    /// [`Error::Changed`] where the file is not what was recorded, [`Error::Quality`] where it
    /// cannot be read.
    pub fn scores(&self, stack: &StackRecord) -> Result<Vec<QualityRecord>, Error> {
        Ok(qunet_quality::read_csv(digest::unchanged(&self.folder, &stack.scores)?)?)
    }

    /// What image quality says of every slice of every stack: the initial set S0, which the first
    /// round asked for unless the settings name another strategy for it.
    ///
    /// # Errors
    /// As [`Campaign::scores`].
    pub fn initial(&self) -> Result<InitialSets, Error> {
        let stacks = &self.manifest.stacks;
        let scores: Result<Vec<_>, _> = stacks.iter().map(|stack| self.scores(stack)).collect();
        super::init::initial(&self.manifest.config, stacks, &scores?)
    }

    /// What the annotators drew, `(slices, height, width)`; 255 where nobody did.
    ///
    /// # Errors
    /// [`Error::Changed`] where the file is not what was recorded, [`Error::Stack`] where it
    /// cannot be read.
    pub fn annotations(&self, stack: &StackRecord) -> Result<Array3<u8>, Error> {
        let path = digest::unchanged(&self.folder, &stack.annotations)?;
        read_labels(&path)
    }

    /// Intensities and labels of all annotated slices, by stack and slice.
    pub(super) fn annotated_slices(&self) -> Result<Vec<Annotated>, Error> {
        let mut slices = Vec::new();
        for record in self.manifest.stacks.iter().filter(|stack| !stack.annotated.is_empty()) {
            let stack = self.open_stack(record)?;
            let labels = self.annotations(record)?;
            for &id in &record.annotated {
                let image = stack.scaled_slice(id, &self.manifest.config.steps.scaling)?;
                let labels = labels.index_axis(Axis(0), id.0).to_owned();
                slices.push((image.insert_axis(Axis(0)), labels));
            }
        }
        Ok(slices)
    }
}

impl StackRecord {
    /// The slices nobody annotated, in order.
    #[must_use]
    pub fn open_slices(&self) -> Vec<SliceId> {
        let annotated = |id: &SliceId| self.annotated.binary_search(id).is_ok();
        (0..self.shape[0]).map(SliceId).filter(|id| !annotated(id)).collect()
    }
}

pub(super) fn open(image: &Path, roi: Option<&Path>) -> Result<Stack, Error> {
    let stack = Stack::open(image)?;
    Ok(match roi {
        Some(roi) => stack.with_roi(roi)?,
        None => stack,
    })
}

/// Where the annotations of a stack lie; new ones take the next free number.
pub(super) fn annotations(stack: &str, count: usize) -> PathBuf {
    PathBuf::from(format!("stacks/{stack}.annotations-{count}.nii.gz"))
}

/// Labels of a stack on which nobody drew anything.
pub(super) fn blank(shape: [usize; 3]) -> Array3<u8> {
    Array3::from_elem(shape, IGNORE)
}

pub(super) fn is_foreground(label: u8) -> bool {
    label != 0 && label != IGNORE
}

/// A label map that the campaign wrote itself.
pub(super) fn read_labels(path: &Path) -> Result<Array3<u8>, Error> {
    let stack = Stack::open(path)?;
    let [slices, height, width] = stack.shape();
    let mut labels = Array3::zeros((slices, height, width));
    for (id, mut to) in stack.ids().zip(labels.outer_iter_mut()) {
        to.assign(&stack.slice(id)?.to_f32().mapv(|label| label as u8));
    }
    Ok(labels)
}
