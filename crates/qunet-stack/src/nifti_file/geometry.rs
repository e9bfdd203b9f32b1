//! What a header says about space.

use std::path::Path;

use nalgebra::Matrix3;
use nifti::NiftiHeader;

use crate::Error;
use crate::geometry::{Geometry, LengthUnit};

/// Where the voxels lie: sform, else qform, else the voxel sizes alone.
pub(super) fn geometry(path: &Path, header: &NiftiHeader) -> Result<Geometry, Error> {
    let matrix = if header.sform_code > 0 {
        header.sform_affine::<f64>()
    } else if header.qform_code > 0 {
        check_qform(path, header)?;
        header.qform_affine()
    } else {
        // Neither is known: the voxel sizes alone, which need three axes.
        let mut header = NiftiHeader { sform_code: 0, qform_code: 0, ..header.clone() };
        if header.dim[0] == 2 {
            (header.dim[0], header.dim[3], header.pixdim[3]) = (3, 1, 1.0);
        }
        header.affine()
    };
    let mut affine = [[0.0; 4]; 3];
    for (row, values) in affine.iter_mut().enumerate() {
        for (column, value) in values.iter_mut().enumerate() {
            *value = matrix[(row, column)];
        }
    }
    check_affine(path, &affine)?;
    let space = if header.sform_code > 0 { header.sform_code } else { header.qform_code };
    let unit = match header.xyzt_units & 0x07 {
        1 => LengthUnit::Metre,
        2 => LengthUnit::Millimetre,
        3 => LengthUnit::Micrometre,
        _ => LengthUnit::Unknown,
    };
    Ok(Geometry { affine, space: space.clamp(1, 5), unit })
}

/// Voxel sizes above zero and a quaternion that is a rotation.
fn check_qform(path: &Path, header: &NiftiHeader) -> Result<(), Error> {
    let broken = |field, value| Err(Error::BrokenGeometry { path: path.to_owned(), field, value });
    let sizes = header.pixdim[1..4].iter().zip(["pixdim[1]", "pixdim[2]", "pixdim[3]"]);
    for (&size, field) in sizes {
        if !(size > 0.0 && size.is_finite()) {
            return broken(field, f64::from(size));
        }
    }
    let quaternion = [header.quatern_b, header.quatern_c, header.quatern_d].map(f64::from);
    let squares: f64 = quaternion.iter().map(|part| part * part).sum();
    // As far as the reader takes rounding in its stride; NaN shows in the affine.
    if squares > 1.0 + f64::from(f32::EPSILON) {
        return broken("the squared length of the quaternion", squares);
    }
    Ok(())
}

/// Finite in single precision, and three directions that span space.
pub(crate) fn check_affine(path: &Path, affine: &[[f64; 4]; 3]) -> Result<(), Error> {
    let broken = |field, value| Err(Error::BrokenGeometry { path: path.to_owned(), field, value });
    let single = affine.map(|row| row.map(|value| f64::from(value as f32)));
    if let Some(&value) = single.as_flattened().iter().find(|value| !value.is_finite()) {
        return broken("the affine", value);
    }
    let axes = Matrix3::from_fn(|row, column| single[row][column]);
    match axes.determinant() {
        0.0 => broken("the affine's determinant", 0.0),
        _ => Ok(()),
    }
}
