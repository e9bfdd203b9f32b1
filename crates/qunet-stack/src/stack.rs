use std::path::Path;

use ndarray::{Array2, Array3, ArrayRef3, ArrayView2, Axis};

use crate::{Error, Geometry, LabelMap, Pixels, Scaling, SliceId, SliceView, nifti_file, slice};

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
    geometry: Geometry,
    roi: Option<Array3<bool>>,
    range: (f32, f32),
}

impl Stack {
    /// Reads a stack, told by its content:
    /// - NIfTI-1: `.nii`, `.nii.gz`, or either half of a `.hdr`/`.img` pair,
    /// - DICOM (feature `dicom`): the folder of one series, sorted by position along the normal of
    ///   its slices, or a file of one or many frames; stored values become modality values
    ///   (Hounsfield units in CT),
    /// - TIFF of one or many grey pages (feature `tiff`),
    /// - a NumPy array `(slices, height, width)` in C order (feature `npy`),
    /// - a folder of grey PNG, JPEG or TIFF pictures in natural order of their names.
    ///
    /// # Errors
    /// Each names the path: nothing there, unknown or broken content, colour or uneven slices,
    /// more than three axes, NaN or infinite pixels, sizes that the file cannot hold.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let (pixels, geometry) = crate::open::read(path)?;
        Self::new(path.display().to_string(), pixels, geometry)
    }

    /// A stack from pixels in memory; `name` is what errors and reports call it.
    ///
    /// # Errors
    /// [`Error::Empty`] without pixels, [`Error::NonFinite`] with a NaN or infinite one.
    pub fn new(name: impl Into<String>, pixels: Pixels, geometry: Geometry) -> Result<Self, Error> {
        let name = name.into();
        let shape = pixels.shape();
        if shape.contains(&0) {
            return Err(Error::Empty { name, shape });
        }
        pixels.check_finite(&name)?;
        let range = (0..shape[0])
            .map(|index| pixels.slice(index).range())
            .fold(slice::NO_RANGE, slice::wider);
        Ok(Self { name, pixels, geometry, roi: None, range })
    }

    /// Adds the region of interest from a mask file or folder; every value above zero is inside.
    ///
    /// # Errors
    /// As [`LabelMap::open_binary`].
    pub fn with_roi(self, path: impl AsRef<Path>) -> Result<Self, Error> {
        let mask = LabelMap::open_binary(path, &self)?;
        let roi = mask.labels().mapv(|label| label > 0);
        Ok(Self { roi: Some(roi), ..self })
    }

    /// Adds the region of interest from memory.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the grids differ.
    pub fn with_roi_mask(self, roi: Array3<bool>) -> Result<Self, Error> {
        let (slices, height, width) = roi.dim();
        let found = [slices, height, width];
        if found != self.shape() {
            let name = "the region of interest".to_owned();
            return Err(Error::ShapeMismatch { name, found, expected: self.shape() });
        }
        Ok(Self { roi: Some(roi), ..self })
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
        &self.geometry
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
    /// with the stack's shape, affine and spacing, sform and qform both set.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the grids differ, [`Error::Write`] or [`Error::NiftiWrite`]
    /// where the file cannot be written; nothing half-written stays behind.
    pub fn write_labels(
        &self,
        path: impl AsRef<Path>,
        labels: &ArrayRef3<u8>,
    ) -> Result<(), Error> {
        let (slices, height, width) = labels.dim();
        let found = [slices, height, width];
        if found != self.shape() {
            let name = "the label map".to_owned();
            return Err(Error::ShapeMismatch { name, found, expected: self.shape() });
        }
        nifti_file::write(path.as_ref(), labels, &self.geometry)
    }

    /// Writes the pixels as NIfTI-1 in their stored type.
    ///
    /// # Errors
    /// As [`Stack::write_labels`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        match &self.pixels {
            Pixels::U8(array) => nifti_file::write(path, array, &self.geometry),
            Pixels::U16(array) => nifti_file::write(path, array, &self.geometry),
            Pixels::I16(array) => nifti_file::write(path, array, &self.geometry),
            Pixels::F32(array) => nifti_file::write(path, array, &self.geometry),
        }
    }

    fn check(&self, slice: SliceId) -> Result<(), Error> {
        if slice.0 < self.slices() {
            return Ok(());
        }
        Err(Error::NoSuchSlice { slice, name: self.name.clone(), slices: self.slices() })
    }
}
