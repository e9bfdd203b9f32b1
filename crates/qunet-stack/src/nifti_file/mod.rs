//! NIfTI-1 in and out.

mod geometry;
mod layout;
mod pair;
mod slices;
mod voxels;
mod write;

#[cfg(feature = "dicom")]
pub(crate) use geometry::check_affine;
pub(crate) use slices::Slices;
pub(crate) use write::write;

use std::path::Path;

use nifti::NiftiError;

use crate::Error;

/// `dim` holds signed 16-bit numbers.
const LONGEST_AXIS: usize = i16::MAX as usize;

fn broken(path: &Path, source: NiftiError) -> Error {
    match source {
        NiftiError::Io(source) => Error::Read { path: path.to_owned(), source },
        source => Error::Nifti { path: path.to_owned(), source },
    }
}
