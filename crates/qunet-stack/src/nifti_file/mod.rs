//! NIfTI-1 in and out.
//!
//! `layout` checks what a header promises, `geometry` what it says of space, `slices` reads the
//! voxels; writing is here.

mod geometry;
mod layout;
mod slices;

use std::path::Path;

use nalgebra::Matrix4;
use ndarray::ArrayRef3;
use nifti::writer::WriterOptions;
use nifti::{DataElement, NiftiError, NiftiHeader, XForm};

use crate::Error;
use crate::files::write_atomically_as;
use crate::geometry::{Geometry, LengthUnit};

pub(crate) use geometry::check_affine;
pub(crate) use slices::Slices;

/// `dim` holds signed 16-bit numbers.
const LONGEST_AXIS: usize = i16::MAX as usize;

/// Writes a volume with sform and qform both set, so that every viewer overlays it on its image.
pub(crate) fn write<T: DataElement + bytemuck::Pod>(
    path: &Path,
    volume: &ArrayRef3<T>,
    geometry: &Geometry,
) -> Result<(), Error> {
    let failed = |source| Error::NiftiWrite { path: path.to_owned(), source };
    check_affine(path, &geometry.affine)?;
    if volume.shape().iter().any(|&length| length > LONGEST_AXIS) {
        return Err(failed(NiftiError::BadVolumeSize));
    }
    let header = header(geometry);
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

fn header(geometry: &Geometry) -> NiftiHeader {
    let [x, y, z] = geometry.affine;
    let matrix = Matrix4::from_row_slice(&[x, y, z, [0.0, 0.0, 0.0, 1.0]].concat());
    let code = match geometry.space {
        2 => XForm::AlignedAnat,
        3 => XForm::Talairach,
        4 => XForm::Mni152,
        5 => XForm::TemplateOther,
        _ => XForm::ScannerAnat,
    };
    let mut header = NiftiHeader {
        xyzt_units: match geometry.unit {
            LengthUnit::Unknown => 0,
            LengthUnit::Metre => 1,
            LengthUnit::Millimetre => 2,
            LengthUnit::Micrometre => 3,
        },
        ..NiftiHeader::default()
    };
    header.set_sform(&matrix, code);
    header.set_qform(&matrix, code);
    header
}

fn broken(path: &Path, source: NiftiError) -> Error {
    match source {
        NiftiError::Io(source) => Error::Read { path: path.to_owned(), source },
        problem => Error::Nifti { path: path.to_owned(), problem },
    }
}
