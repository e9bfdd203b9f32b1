//! Masks, a slice at a time.

use std::path::{Path, PathBuf};

use ndarray::{Array2, Array3, Axis};

use crate::foreground::{Foreground, MaskValues};
use crate::grid::{Fit, Grid};
use crate::mask::read_stored;
use crate::open::Slices;
use crate::stream::after;
use crate::{Error, SliceId};

/// A region of interest read one slice at a time, as [`Stack::with_roi`](crate::Stack::with_roi)
/// reads it.
///
/// A mask whose slices are not those of its stack, or lie in the other order in a packed file, or that
/// is resampled, is held in memory, a byte for each voxel.
///
/// ```
/// use qunet_stack::{MaskStream, phantom::CtPhantom};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("lesions.nii.gz");
/// let phantom = CtPhantom { slices: 4, size: 64, seed: 1 }.generate()?;
/// phantom.stack.write_labels(&path, phantom.truth.labels())?;
///
/// for item in MaskStream::open(&path, &phantom.stack)? {
///     let (id, mask) = item?;
///     assert_eq!(mask, phantom.truth.mask(id)?);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct MaskStream {
    path: PathBuf,
    slices: Slices,
    foreground: Foreground,
    values: MaskValues,
    fit: Fit,
    /// The whole mask, where it cannot be read slice by slice.
    held: Option<Array3<bool>>,
    next: usize,
}

impl MaskStream {
    /// Opens a mask that must lie on a grid: that of a [`Stack`](crate::Stack), of a
    /// [`SliceStream`](crate::SliceStream), or a shape (slices, height, width) alone. To a grid that
    /// says so ([`Grid::resampling`]) a mask on other voxels is brought.
    ///
    /// # Errors
    /// As [`SliceStream::open`](crate::SliceStream::open), and [`Error::ShapeMismatch`] or
    /// [`Error::Elsewhere`] for another grid. Values that no mask has are the error of the slice
    /// where they come to light.
    pub fn open(path: impl AsRef<Path>, grid: impl Into<Grid>) -> Result<Self, Error> {
        Self::open_of(path, grid, &Foreground::AnyLabel)
    }

    /// The same, with what is inside said by the caller.
    ///
    /// # Errors
    /// As [`MaskStream::open`].
    pub fn open_of(
        path: impl AsRef<Path>,
        grid: impl Into<Grid>,
        foreground: &Foreground,
    ) -> Result<Self, Error> {
        let path = path.as_ref().to_owned();
        let slices = Slices::open_labels(&path)?;
        let fit = grid.into().fit(&slices.grid(&path))?;
        let values = MaskValues::new(&path, foreground, slices.is_lossy());
        let foreground = foreground.clone();
        Ok(Self { path, slices, foreground, values, fit, held: None, next: 0 })
    }

    /// How the mask lies on the grid.
    #[must_use]
    pub fn fit(&self) -> &Fit {
        &self.fit
    }

    /// How many slices of the grid there are.
    fn len(&self) -> usize {
        match self.fit {
            Fit::Reordered(reordering) => self.slices.shape()[reordering.order[0]],
            Fit::Resampled(resampling) => resampling.shape()[0],
            _ => self.slices.shape()[0],
        }
    }

    /// The slice of the grid that comes next.
    fn read(&mut self) -> Result<Array2<bool>, Error> {
        let reordering = match self.fit {
            Fit::Reordered(reordering) => reordering,
            Fit::Resampled(_) => return self.held_slice(),
            Fit::Same | Fit::Unplaced => return self.stored(self.next),
        };
        let backwards = reordering.flipped[0];
        if !reordering.keeps_slices() || (backwards && !self.slices.is_random_access()) {
            return self.held_slice();
        }
        let index = if backwards { self.len() - 1 - self.next } else { self.next };
        Ok(reordering.apply_to_slice(&self.stored(index)?))
    }

    /// A slice of the mask as it is stored.
    fn stored(&mut self, index: usize) -> Result<Array2<bool>, Error> {
        let slice = self.slices.source().read(index)?;
        let mask = self.values.inside(SliceId(index), &slice)?;
        match self.next + 1 == self.len() {
            true => self.values.check_whole()?,
            false => self.values.check_so_far()?,
        }
        Ok(mask)
    }

    fn held_slice(&mut self) -> Result<Array2<bool>, Error> {
        let held = match self.held.take() {
            Some(held) => held,
            None => {
                let stored = read_stored(&self.path, &mut self.slices, &self.foreground)?;
                self.fit.apply(stored)
            }
        };
        let slice = held.index_axis(Axis(0), self.next).to_owned();
        self.held = Some(held);
        Ok(slice)
    }
}

impl Iterator for MaskStream {
    type Item = Result<(SliceId, Array2<bool>), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.len() {
            return None;
        }
        let item = self.read().map(|mask| (SliceId(self.next), mask));
        self.next = after(self.next, &item);
        Some(item)
    }
}
