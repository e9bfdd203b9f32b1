//! Label maps, and masks as regions of interest.

use std::path::Path;

use ndarray::{Array2, Array3, ArrayView2, Axis};

use crate::foreground::{Foreground, MaskValues};
use crate::grid::{Fit, Grid};
use crate::open::Slices;
use crate::{Error, Geometry, MaskParams, SliceId, Stack};

/// A label map on the grid of a stack: `(slices, height, width)`, 0 = background.
///
/// Two of them are equal where their labels are.
#[derive(Clone, Debug)]
pub struct LabelMap {
    labels: Array3<u8>,
    geometry: Option<Geometry>,
    fit: Fit,
}

impl PartialEq for LabelMap {
    fn eq(&self, other: &Self) -> bool {
        self.labels == other.labels
    }
}

impl Eq for LabelMap {}

impl LabelMap {
    /// Reads a mask, whatever [`Stack::open`] reads: 0 outside, one other value inside, so that
    /// masks of 0 and 255 and masks of 0 and 1 mean the same. What is inside becomes label 1.
    ///
    /// The mask must lie where the stack lies: voxels that are stored in another order or from
    /// another end are brought over, and [`LabelMap::fit`] tells. A file that does not say where it
    /// lies must have the stack's shape.
    ///
    /// # Errors
    /// As [`Stack::open`]; [`Error::ShapeMismatch`] or [`Error::Elsewhere`] where the grids differ;
    /// [`Error::MaskValues`] where the file holds other values than a mask has.
    pub fn open_binary(path: impl AsRef<Path>, stack: &Stack) -> Result<Self, Error> {
        Self::open(path, stack, &Foreground::Binary)
    }

    /// The same, with what is inside said by the caller, and also whether a mask on other voxels is
    /// resampled ([`MaskParams`]).
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_stack::{Foreground, Geometry, LabelMap, Pixels, Stack};
    ///
    /// let stack = |pixels| Stack::new("s", Pixels::U8(pixels), Geometry::default());
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("labels.nii.gz");
    /// stack(array![[[1, 2, 0]]])?.write(&path)?;
    ///
    /// let image = stack(array![[[10, 20, 30]]])?;
    /// assert!(LabelMap::open_binary(&path, &image).is_err());
    /// let lesion = LabelMap::open(&path, &image, &Foreground::Labels(vec![2]))?;
    /// assert_eq!(lesion.labels(), &array![[[0, 1, 0]]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`LabelMap::open_binary`].
    pub fn open(
        path: impl AsRef<Path>,
        stack: &Stack,
        params: impl Into<MaskParams>,
    ) -> Result<Self, Error> {
        let (mask, fit) = read(path.as_ref(), Grid::from(stack), &params.into())?;
        let labels = mask.mapv(u8::from);
        Ok(Self { labels, geometry: Some(*stack.geometry()), fit })
    }

    /// Takes labels that must lie on `stack`'s grid; `name` is what an error calls them.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the shapes differ.
    pub fn new(labels: Array3<u8>, name: &str, stack: &Stack) -> Result<Self, Error> {
        stack.check_grid(name, labels.dim())?;
        Ok(Self { labels, geometry: Some(*stack.geometry()), fit: Fit::Same })
    }

    /// The labels, `(slices, height, width)`.
    #[must_use]
    pub fn labels(&self) -> &Array3<u8> {
        &self.labels
    }

    /// Where the labels lie: where their stack does.
    #[must_use]
    pub fn geometry(&self) -> Option<&Geometry> {
        self.geometry.as_ref()
    }

    /// How the file lay on the grid of the stack.
    #[must_use]
    pub fn fit(&self) -> &Fit {
        &self.fit
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
    /// Adds the region of interest from a mask file or folder. Each of its labels is inside, as the
    /// left and the right lung are; its place is compared as that of a [`LabelMap`].
    ///
    /// # Errors
    /// As [`LabelMap::open_binary`].
    pub fn with_roi(self, path: impl AsRef<Path>) -> Result<Self, Error> {
        self.with_roi_of(path, &Foreground::AnyLabel)
    }

    /// The same, with what is inside said by the caller; see [`LabelMap::open`].
    ///
    /// # Errors
    /// As [`LabelMap::open_binary`].
    pub fn with_roi_of(
        self,
        path: impl AsRef<Path>,
        params: impl Into<MaskParams>,
    ) -> Result<Self, Error> {
        let (roi, fit) = read(path.as_ref(), Grid::from(&self), &params.into())?;
        Ok(self.with_roi_mask(roi)?.with_roi_fit(fit))
    }
}

/// Reads a mask onto a grid.
fn read(path: &Path, grid: Grid, params: &MaskParams) -> Result<(Array3<bool>, Fit), Error> {
    let mut slices = Slices::open_labels(path)?;
    let fit = grid.resampling(params.resample).fit(&slices.grid(path))?;
    let mask = read_stored(path, &mut slices, &params.foreground)?;
    Ok((fit.apply(mask), fit))
}

/// Reads a mask as it is stored.
pub(crate) fn read_stored(
    path: &Path,
    slices: &mut Slices,
    foreground: &Foreground,
) -> Result<Array3<bool>, Error> {
    let shape @ [_, height, width] = slices.shape();
    let too_large = || Error::TooLarge { path: path.to_owned(), shape };
    let mut values = MaskValues::new(path, foreground, slices.is_lossy());
    let mut inside = Vec::new();
    let voxels = shape.iter().try_fold(1usize, |all, &length| all.checked_mul(length));
    inside.try_reserve_exact(voxels.ok_or_else(too_large)?).map_err(|_| too_large())?;
    for (index, slice) in slices.enumerate() {
        inside.extend(values.inside(SliceId(index), &slice?)?);
    }
    values.check_whole()?;
    Array3::from_shape_vec((shape[0], height, width), inside).map_err(|_| too_large())
}
