//! NIfTI in and out.
//!
//! `layout` checks what a header promises, `geometry` what it says of space, `second` reads headers
//! of NIfTI-2, `gzip` unpacks, `slices` reads the voxels; writing is here, as NIfTI-1.

mod geometry;
mod gzip;
mod layout;
mod second;
mod slices;

use std::path::Path;

use ndarray::ArrayRef3;
use nifti::writer::WriterOptions;
use nifti::{DataElement, NiftiError};

use crate::Error;
use crate::files::write_atomically_as;
use crate::place::Place;
use crate::qform::check_affine;

pub(crate) use slices::Slices;

/// `dim` holds signed 16-bit numbers.
const LONGEST_AXIS: usize = i16::MAX as usize;

/// Writes a volume with the forms and codes of its place, so that every viewer overlays it on its
/// image.
pub(crate) fn write<T: DataElement + bytemuck::Pod>(
    path: &Path,
    volume: &ArrayRef3<T>,
    place: &Place,
) -> Result<(), Error> {
    let failed = |source| Error::NiftiWrite { path: path.to_owned(), source };
    check_affine(path, &place.geometry().affine)?;
    if volume.shape().iter().any(|&length| length > LONGEST_AXIS) {
        return Err(failed(NiftiError::BadVolumeSize));
    }
    let header = geometry::header(place);
    // The writer packs by the ending of its file, and takes no other memory order.
    let packed = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
    let ending = if packed { ".nii.gz" } else { ".nii" };
    let volume = volume.as_standard_layout();
    write_atomically_as(path, ending, |temporary| {
        WriterOptions::new(temporary)
            .reference_header(&header)
            .write_nifti(&volume.t())
            .map_err(failed)
    })
}

fn broken(path: &Path, source: NiftiError) -> Error {
    match source {
        NiftiError::Io(source) => Error::reading(path, source),
        problem => Error::Nifti { path: path.to_owned(), problem },
    }
}
