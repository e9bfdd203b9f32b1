//! Label maps, and masks as regions of interest.

use std::path::Path;

use ndarray::{Array2, Array3, ArrayView2, Axis};

use crate::pixels::{Pixels, each, is_inside};
use crate::{Error, SliceId, Stack};

/// A label map on the grid of a stack: `(slices, height, width)`, 0 = background.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelMap {
    labels: Array3<u8>,
}

impl LabelMap {
    /// Reads a label map (NIfTI file or PNG folder) that must lie on `stack`'s grid. Every value
    /// above zero becomes label 1, so that masks of 0 and 255 and masks of 0 and 1 mean the same.
    ///
    /// # Errors
    /// As [`Stack::open`], and [`Error::ShapeMismatch`] where the grids differ.
    pub fn open_binary(path: impl AsRef<Path>, stack: &Stack) -> Result<Self, Error> {
        let path = path.as_ref();
        let (pixels, _) = crate::open::read(path)?;
        let labels = each!(pixels, Pixels, array => array.mapv(|value| u8::from(is_inside(value))));
        Self::new(labels, &path.display().to_string(), stack)
    }

    /// Takes labels that must lie on `stack`'s grid; `name` is what an error calls them.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the grids differ.
    pub fn new(labels: Array3<u8>, name: &str, stack: &Stack) -> Result<Self, Error> {
        stack.check_grid(name, labels.dim())?;
        Ok(Self { labels })
    }

    /// The labels, `(slices, height, width)`.
    #[must_use]
    pub fn labels(&self) -> &Array3<u8> {
        &self.labels
    }

    /// The labels of one slice.
    ///
    /// # Errors
    /// [`Error::NoSuchSlice`] past the end.
    pub fn slice(&self, id: SliceId) -> Result<ArrayView2<'_, u8>, Error> {
        if id.0 >= self.labels.len_of(Axis(0)) {
            let slices = self.labels.len_of(Axis(0));
            return Err(Error::NoSuchSlice { slice: id, name: "the label map".to_owned(), slices });
        }
        Ok(self.labels.index_axis(Axis(0), id.0))
    }

    /// One slice as a mask: true where the label is not background.
    ///
    /// # Errors
    /// [`Error::NoSuchSlice`] past the end.
    pub fn mask(&self, id: SliceId) -> Result<Array2<bool>, Error> {
        Ok(self.slice(id)?.mapv(|label| label > 0))
    }
}

impl Stack {
    /// Adds the region of interest from a mask file or folder; every value above zero is inside.
    ///
    /// # Errors
    /// As [`LabelMap::open_binary`].
    pub fn with_roi(self, path: impl AsRef<Path>) -> Result<Self, Error> {
        let mask = LabelMap::open_binary(path, &self)?;
        let roi = mask.labels().mapv(|label| label > 0);
        self.with_roi_mask(roi)
    }
}
