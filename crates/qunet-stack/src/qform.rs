//! Affines as NIfTI can state them, and the rotation next to each: its qform.

use std::path::Path;

use nalgebra::{Matrix3, Matrix4, Quaternion, UnitQuaternion, Vector3};
use nifti::{NiftiHeader, XForm};

use crate::{Error, Geometry};

/// How far the squared length of a quaternion may be from that of a rotation: decimals that were
/// rounded, in single precision or by hand.
const ROUNDING: f64 = 1e-3;
const SIZES: [&str; 3] = ["pixdim[1]", "pixdim[2]", "pixdim[3]"];

/// The qform: voxel sizes above zero and a quaternion that is a rotation.
pub(crate) fn qform(path: &Path, header: &NiftiHeader) -> Result<Matrix4<f64>, Error> {
    let broken = |field, value| Err(Error::BrokenGeometry { path: path.to_owned(), field, value });
    for (&size, field) in header.pixdim[1..4].iter().zip(SIZES) {
        if !(size > 0.0 && size.is_finite()) {
            return broken(field, f64::from(size));
        }
    }
    let quaternion = [header.quatern_b, header.quatern_c, header.quatern_d].map(f64::from);
    let squares: f64 = quaternion.iter().map(|part| part * part).sum();
    if squares > 1.0 + ROUNDING {
        return broken("the squared length of the quaternion", squares);
    }
    let [b, c, d] = quaternion;
    let turn = Quaternion::new((1.0 - squares).max(0.0).sqrt(), b, c, d);
    let [x, y, z] = [1, 2, 3].map(|axis| f64::from(header.pixdim[axis]));
    let handed = if header.pixdim[0] < 0.0 { -z } else { z };
    let axes = UnitQuaternion::from_quaternion(turn).to_rotation_matrix().into_inner()
        * Matrix3::from_diagonal(&Vector3::new(x, y, handed));
    let mut matrix = axes.to_homogeneous();
    let origin = [header.quatern_x, header.quatern_y, header.quatern_z];
    origin.into_iter().enumerate().for_each(|(row, at)| matrix[(row, 3)] = f64::from(at));
    Ok(matrix)
}

/// The nearest rotation and voxel sizes, as programs see a place that know nothing else; none of an
/// affine that is not finite.
pub(crate) fn rotation(geometry: &Geometry) -> Option<Geometry> {
    check_affine(Path::new(""), &geometry.affine).ok()?;
    let mut header = NiftiHeader::default();
    header.set_qform(&matrix(geometry), code(geometry));
    let matrix = qform(Path::new(""), &header).ok()?;
    let affine = [0, 1, 2].map(|row| [0, 1, 2, 3].map(|column| matrix[(row, column)]));
    Some(Geometry { affine, ..*geometry })
}

pub(crate) fn matrix(geometry: &Geometry) -> Matrix4<f64> {
    let [x, y, z] = geometry.affine;
    Matrix4::from_row_slice(&[x, y, z, [0.0, 0.0, 0.0, 1.0]].concat())
}

pub(crate) fn code(geometry: &Geometry) -> XForm {
    match geometry.space {
        2 => XForm::AlignedAnat,
        3 => XForm::Talairach,
        4 => XForm::Mni152,
        5 => XForm::TemplateOther,
        _ => XForm::ScannerAnat,
    }
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
