//! What the run works on: files, or the phantom.

use std::path::{Path, PathBuf};

use anyhow::bail;
use qunet::Error;
use qunet::stack::phantom::CtPhantom;
use qunet::stack::{LabelMap, Stack};

use crate::arguments::Arguments;

/// A stack and the labels that stand in for its annotator.
pub(crate) struct Input {
    pub(crate) stack: Stack,
    pub(crate) truth: LabelMap,
}

impl Input {
    pub(crate) fn read(arguments: &Arguments) -> anyhow::Result<Self> {
        let Some(stack) = &arguments.stack else {
            let phantom = CtPhantom { seed: arguments.seed, ..CtPhantom::default() };
            let phantom = phantom.generate().map_err(Error::from)?;
            return Ok(Self { stack: phantom.stack, truth: phantom.truth });
        };
        let (images, masks) = subfolders(stack);
        let Some(labels) = arguments.labels.clone().or(masks) else {
            bail!(
                "--stack needs --labels, which stand in for the annotator; to choose slices \
                 without labels, run the example select_initial"
            );
        };
        Ok(Self::open(&images, arguments.roi.as_deref(), &labels)?)
    }

    fn open(stack: &Path, roi: Option<&Path>, labels: &Path) -> Result<Self, Error> {
        let mut stack = Stack::open(stack)?;
        if let Some(roi) = roi {
            stack = stack.with_roi(roi)?;
        }
        let truth = LabelMap::open_binary(labels, &stack)?;
        Ok(Self { stack, truth })
    }
}

/// The slices of a folder that keeps images and masks apart, and the masks if it has them; any
/// other path as it is.
fn subfolders(stack: &Path) -> (PathBuf, Option<PathBuf>) {
    let images = stack.join("images");
    if !images.is_dir() {
        return (stack.to_owned(), None);
    }
    let masks = ["masks", "labels"].map(|name| stack.join(name));
    (images, masks.into_iter().find(|folder| folder.is_dir()))
}
