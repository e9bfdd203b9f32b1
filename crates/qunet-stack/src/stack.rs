//! A stack in memory.

use std::path::Path;

use ndarray::{Array2, Array3, ArrayRef3, ArrayView2, Axis};

use crate::geometry::{Geometry, SlicingAxis};
use crate::grid::{Fit, Grid};
use crate::nrrd_file::Segment;
use crate::open::Slices;
use crate::pixels::{NO_RANGE, Pixels, SliceView, each, permuted, wider};
use crate::place::Place;
use crate::{Error, Scaling, SliceId, nifti_file, nrrd_file, png_files};

/// A 3D image stack: pixels `(slices, height, width)`, geometry, and optionally a region of
/// interest (anatomy such as the lungs or the retina, never the lesion).
///
/// ```
/// use ndarray::Array3;
/// use qunet_stack::{Geometry, Pixels, SliceId, Stack};
///
/// let pixels = Pixels::U8(Array3::from_shape_fn((3, 4, 5), |(z, y, x)| (z + y + x) as u8));
/// let stack = Stack::new("phantom", pixels, Geometry::from_spacing([5.0, 0.7, 0.7]))?;
/// assert_eq!(stack.shape(), [3, 4, 5]);
/// assert_eq!(stack.slice(SliceId(2))?.range(), (2.0, 9.0));
/// # Ok::<(), qunet_stack::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Stack {
    name: String,
    pixels: Pixels,
    place: Place,
    roi: Option<Array3<bool>>,
    roi_fit: Fit,
    range: (f32, f32),
}

impl From<&Stack> for Grid {
    fn from(stack: &Stack) -> Self {
        Self::new(stack.name(), stack.shape(), stack.place())
    }
}

impl Stack {
    /// Reads a stack; its content says what it is:
    /// - NIfTI-1 and NIfTI-2: `.nii`, `.nii.gz`, or either half of a `.hdr`/`.img` pair,
    /// - DICOM (feature `dicom`): the folder of one series, also with pictures beside it, sorted by
    ///   position along the normal of its slices, or a file of one or many frames; stored values become modality values
    ///   (Hounsfield units in CT) by the slope and intercept of each slice, or its look-up table,
    /// - TIFF of one or many grey pages (feature `tiff`),
    /// - a NumPy array `(slices, height, width)` in C or Fortran order (feature `npy`),
    /// - a folder of grey PNG, JPEG or TIFF pictures in natural order of their names.
    ///
    /// # Errors
    /// Each names the path: nothing there, unknown or broken content, colour or uneven slices,
    /// more than three axes, NaN or infinite pixels, sizes that the file cannot hold.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        Self::read(path, Slices::open(path)?)
    }

    /// Reads a file whose values are labels of several classes. It differs from [`Stack::open`] in
    /// pictures with a colour table, of which it takes the indices.
    ///
    /// # Errors
    /// As [`Stack::open`].
    pub fn open_labels(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        Self::read(path, Slices::open_labels(path)?)
    }

    fn read(path: &Path, slices: Slices) -> Result<Self, Error> {
        let (pixels, place) = crate::open::read(path, slices)?;
        Self::placed(path.display().to_string(), pixels, place)
    }

    /// A stack from pixels in memory; `name` is what errors and reports call it.
    ///
    /// # Errors
    /// [`Error::Empty`] without pixels, [`Error::NonFinite`] with a NaN or infinite one.
    pub fn new(name: impl Into<String>, pixels: Pixels, geometry: Geometry) -> Result<Self, Error> {
        Self::placed(name.into(), pixels, Place::of(geometry))
    }

    fn placed(name: String, pixels: Pixels, place: Place) -> Result<Self, Error> {
        let shape = pixels.shape();
        if shape.contains(&0) {
            return Err(Error::Empty { name, shape });
        }
        pixels.check_finite(&name)?;
        let range = (0..shape[0]).map(|index| pixels.slice(index).range()).fold(NO_RANGE, wider);
        Ok(Self { name, pixels, place, roi: None, roi_fit: Fit::Same, range })
    }

    /// Adds the region of interest from memory.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the grids differ.
    pub fn with_roi_mask(self, roi: Array3<bool>) -> Result<Self, Error> {
        self.check_grid("the region of interest", roi.dim())?;
        Ok(Self { roi: Some(roi), ..self })
    }

    pub(crate) fn with_roi_fit(self, roi_fit: Fit) -> Self {
        Self { roi_fit, ..self }
    }

    /// How the region of interest lay on the grid of the stack.
    #[must_use]
    pub fn roi_fit(&self) -> &Fit {
        &self.roi_fit
    }

    /// The same voxels on the grid of another stack, and how they lay on it: for label maps, which
    /// must lie where their image lies.
    ///
    /// # Errors
    /// Those of [`Grid::fit`].
    pub fn brought_to(self, grid: &Grid) -> Result<(Self, Fit), Error> {
        let fit = grid.fit(&Grid::from(&self))?;
        if matches!(fit, Fit::Same | Fit::Unplaced) {
            return Ok((self, fit));
        }
        let stored = *self.geometry();
        let pixels = match self.pixels {
            Pixels::U8(array) => Pixels::U8(fit.apply(array)),
            Pixels::U16(array) => Pixels::U16(fit.apply(array)),
            Pixels::I16(array) => Pixels::I16(fit.apply(array)),
            Pixels::F32(array) => Pixels::F32(fit.apply(array)),
        };
        let geometry = match fit {
            Fit::Reordered(reordering) => reordering.geometry(&stored, pixels.shape()),
            _ => grid.geometry().unwrap_or(stored),
        };
        Ok((Self::new(self.name, pixels, geometry)?, fit))
    }

    /// What the stack is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The voxels.
    #[must_use]
    pub fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    /// Where they lie.
    #[must_use]
    pub fn geometry(&self) -> &Geometry {
        self.place.geometry()
    }

    /// Whether the file says where its voxels lie; pictures and arrays do not, nor do NIfTI files
    /// without a code and DICOM files without a position.
    #[must_use]
    pub fn has_place(&self) -> bool {
        self.place.is_stated()
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Slices, height and width.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        self.pixels.shape()
    }

    /// How many slices.
    #[must_use]
    pub fn slices(&self) -> usize {
        self.shape()[0]
    }

    /// All slice numbers in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = SliceId> + use<> {
        (0..self.slices()).map(SliceId)
    }

    /// Smallest and largest pixel of the stack.
    #[must_use]
    pub fn range(&self) -> (f32, f32) {
        self.range
    }

    /// One slice in its stored type.
    ///
    /// # Errors
    /// [`Error::NoSuchSlice`] past the end.
    pub fn slice(&self, id: SliceId) -> Result<SliceView<'_>, Error> {
        self.check(id)?;
        Ok(self.pixels.slice(id.0))
    }

    /// One slice as intensities; see [`Scaling`].
    ///
    /// # Errors
    /// [`Error::NoSuchSlice`] past the end, [`Error::Parameter`] for an impossible window.
    pub fn scaled_slice(&self, id: SliceId, scaling: &Scaling) -> Result<Array2<f32>, Error> {
        scaling.scale(self.slice(id)?, self.range)
    }

    /// Whether a region of interest is known.
    #[must_use]
    pub fn has_roi(&self) -> bool {
        self.roi.is_some()
    }

    /// The region of interest of one slice; `None` where the stack has none.
    ///
    /// # Errors
    /// [`Error::NoSuchSlice`] past the end.
    pub fn roi(&self, id: SliceId) -> Result<Option<ArrayView2<'_, bool>>, Error> {
        self.check(id)?;
        Ok(self.roi.as_ref().map(|roi| roi.index_axis(Axis(0), id.0)))
    }

    /// Writes a label map on this stack's grid as NIfTI-1 (`.nii`, or `.nii.gz` compressed): uint8,
    /// with the stack's shape and place. Of a stack that was read from a NIfTI file sform, qform and
    /// their codes are those of that file, so that every program overlays the two.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the grids differ, [`Error::Write`] or [`Error::NiftiWrite`]
    /// where the file cannot be written; nothing half-written stays behind.
    pub fn write_labels(
        &self,
        path: impl AsRef<Path>,
        labels: &ArrayRef3<u8>,
    ) -> Result<(), Error> {
        self.check_grid("the label map", labels.dim())?;
        nifti_file::write(path.as_ref(), labels, &self.place)
    }

    /// Writes the pixels as NIfTI-1 in their stored type.
    ///
    /// # Errors
    /// As [`Stack::write_labels`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        each!(&self.pixels, Pixels, array => nifti_file::write(path, array, &self.place))
    }

    /// The same voxels sliced along another of their axes, region of interest included; what is
    /// written from it lies where the voxels of this stack lie.
    ///
    /// ```
    /// use qunet_stack::{SlicingAxis, phantom::CtPhantom};
    ///
    /// let axial = CtPhantom { slices: 6, size: 48, seed: 1 }.generate()?.stack;
    /// let coronal = axial.resliced(SlicingAxis::Rows)?;
    /// assert_eq!(coronal.shape(), [48, 6, 48]);
    /// assert_eq!(coronal.resliced(SlicingAxis::Rows)?.pixels(), axial.pixels());
    /// # Ok::<(), qunet_stack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Stack::new`].
    pub fn resliced(&self, axis: SlicingAxis) -> Result<Self, Error> {
        let order = axis.order();
        let roi = self.roi.as_ref().map(|roi| permuted(roi, order));
        let pixels = self.pixels.permuted(order);
        let stack = Self::placed(self.name.clone(), pixels, self.place.resliced(axis))?;
        Ok(Self { roi, roi_fit: self.roi_fit, ..stack })
    }

    /// Writes a label map as an NRRD segmentation (`.seg.nrrd`) that 3D Slicer opens as such, one
    /// segment for each `(label, name, colour)`, colours red, green, blue in [0, 1].
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the grids differ, [`Error::Write`].
    pub fn write_segmentation(
        &self,
        path: impl AsRef<Path>,
        labels: &ArrayRef3<u8>,
        segments: &[Segment],
    ) -> Result<(), Error> {
        self.check_grid("the label map", labels.dim())?;
        nrrd_file::write(path.as_ref(), labels, &self.place.by_itk(), segments)
    }

    /// Writes the slices as 8-bit grey PNG files into a new folder, named by their numbers: 0 to
    /// 255 is what `scaling` makes 0 to 1.
    ///
    /// # Errors
    /// [`Error::Write`] where the folder is there and not empty or cannot be written;
    /// [`Error::Parameter`] for an impossible window.
    pub fn write_pngs(&self, folder: impl AsRef<Path>, scaling: &Scaling) -> Result<(), Error> {
        self.write_pngs_of(folder, self.ids(), scaling)
    }

    /// The same of some slices only; each keeps the number, and so the name, it has in the stack.
    ///
    /// # Errors
    /// As [`Stack::write_pngs`], and [`Error::NoSuchSlice`] past the end.
    pub fn write_pngs_of(
        &self,
        folder: impl AsRef<Path>,
        ids: impl IntoIterator<Item = SliceId>,
        scaling: &Scaling,
    ) -> Result<(), Error> {
        scaling.check()?;
        png_files::write(folder.as_ref(), self.slices(), ids, |id| {
            let slice = self.scaled_slice(id, scaling)?;
            Ok(slice.mapv(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8))
        })
    }

    /// The name that the picture of a slice has in a folder of them.
    ///
    /// ```
    /// # let phantom = qunet_stack::phantom::CtPhantom { slices: 12, size: 48, seed: 1 };
    /// let stack = phantom.generate()?.stack;
    /// assert_eq!(stack.png_name(qunet_stack::SliceId(3)), "03.png");
    /// # Ok::<(), qunet_stack::Error>(())
    /// ```
    #[must_use]
    pub fn png_name(&self, id: SliceId) -> String {
        png_files::name(id, self.slices())
    }

    /// Writes a label map as 8-bit PNG files into a new folder, a label its own grey value.
    ///
    /// # Errors
    /// As [`Stack::write_pngs`], and [`Error::ShapeMismatch`] where the grids differ.
    pub fn write_label_pngs(
        &self,
        folder: impl AsRef<Path>,
        labels: &ArrayRef3<u8>,
    ) -> Result<(), Error> {
        self.check_grid("the label map", labels.dim())?;
        png_files::write(folder.as_ref(), self.slices(), self.ids(), |id| {
            Ok(labels.index_axis(Axis(0), id.0).to_owned())
        })
    }

    pub(crate) fn check_grid(
        &self,
        name: &str,
        (slices, height, width): (usize, usize, usize),
    ) -> Result<(), Error> {
        let (found, expected) = ([slices, height, width], self.shape());
        if found == expected {
            return Ok(());
        }
        Err(Error::ShapeMismatch { name: name.to_owned(), found, expected })
    }

    fn check(&self, slice: SliceId) -> Result<(), Error> {
        if slice.0 < self.slices() {
            return Ok(());
        }
        Err(Error::NoSuchSlice { slice, name: self.name.clone(), slices: self.slices() })
    }
}
