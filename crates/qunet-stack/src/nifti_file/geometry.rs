//! What a header says about space.

use std::path::Path;

use nalgebra::{Matrix3, Matrix4, Quaternion, UnitQuaternion, Vector3};
use nifti::{NiftiHeader, XForm};

use crate::Error;
use crate::geometry::{Geometry, LengthUnit};
use crate::place::Place;

/// How far the squared length of a quaternion may be from that of a rotation: decimals that were
/// rounded, in single precision or by hand.
const ROUNDING: f64 = 1e-3;
const SIZES: [&str; 3] = ["pixdim[1]", "pixdim[2]", "pixdim[3]"];

/// Where the voxels lie: sform, else qform, else the voxel sizes alone. An sform of nothing but
/// zeros, as some converters leave it, is none.
pub(super) fn place(path: &Path, header: &NiftiHeader) -> Result<Place, Error> {
    let mut header = header.clone();
    complete_flat(&mut header);
    let unit = match header.xyzt_units & 0x07 {
        1 => LengthUnit::Metre,
        2 => LengthUnit::Millimetre,
        3 => LengthUnit::Micrometre,
        _ => LengthUnit::Unknown,
    };
    let geometry = |matrix: Matrix4<f64>, code: i16| {
        let affine = [0, 1, 2].map(|row| [0, 1, 2, 3].map(|column| matrix[(row, column)]));
        Geometry { affine, space: code.clamp(0, 5), unit }
    };
    let sform = sform(path, &header)?.map(|matrix| geometry(matrix, header.sform_code));
    let qform = (header.qform_code > 0).then(|| {
        let qform = geometry(qform(path, &header)?, header.qform_code);
        check_affine(path, &qform.affine).map(|()| qform)
    });
    let qform = match qform {
        // Another form is there to go by.
        Some(Err(_)) if sform.is_some() => None,
        qform => qform.transpose()?,
    };
    // Neither is known: the voxel sizes alone.
    let mut bare = NiftiHeader { sform_code: 0, qform_code: 0, ..header.clone() };
    if bare.dim[0] == 2 {
        (bare.dim[0], bare.dim[3]) = (3, 1);
    }
    let assumed = geometry(bare.affine(), 0);
    let sizes = [1, 2, 3].map(|axis| f64::from(header.pixdim[axis]));
    let sizes = sizes.iter().all(|size| *size > 0.0 && size.is_finite()).then_some(sizes);
    let place = Place { sform, qform, assumed, sizes };
    check_affine(path, &place.geometry().affine)?;
    Ok(place)
}

/// A single slice may come without a direction of its own.
fn complete_flat(header: &mut NiftiHeader) {
    let flat = header.dim[0] == 2 || header.dim[3] == 1;
    if flat && (header.pixdim[3] <= 0.0 || header.pixdim[3].is_nan()) {
        header.pixdim[3] = 1.0;
    }
    let rows = [&mut header.srow_x, &mut header.srow_y, &mut header.srow_z];
    let [x, y] = [0, 1].map(|axis| Vector3::from_fn(|row, _| f64::from(rows[row][axis])));
    let normal = x.cross(&y);
    if flat && rows.iter().all(|row| row[2] == 0.0) && normal.norm() > 0.0 {
        let normal = normal.normalize() * f64::from(header.pixdim[3]);
        for (row, value) in rows.into_iter().zip(&normal) {
            row[2] = *value as f32;
        }
    }
}

/// The sform, unless there is none.
fn sform(path: &Path, header: &NiftiHeader) -> Result<Option<Matrix4<f64>>, Error> {
    if header.sform_code <= 0 {
        return Ok(None);
    }
    let matrix = header.sform_affine::<f64>();
    let empty = matrix.fixed_view::<3, 3>(0, 0).iter().all(|value| *value == 0.0);
    if !empty {
        return Ok(Some(matrix));
    }
    if header.qform_code > 0 {
        return Ok(None);
    }
    let (path, field) = (path.to_owned(), "the affine's determinant");
    Err(Error::BrokenGeometry { path, field, value: 0.0 })
}

/// The qform: voxel sizes above zero and a quaternion that is a rotation.
fn qform(path: &Path, header: &NiftiHeader) -> Result<Matrix4<f64>, Error> {
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

/// A header with the place of a stack.
pub(super) fn header(place: &Place) -> NiftiHeader {
    let (mut sform, mut qform) = (place.sform, place.qform);
    if !place.is_stated() && place.assumed.space > 0 {
        (sform, qform) = (Some(place.assumed), Some(place.assumed));
    }
    let geometry = place.geometry();
    let mut header = NiftiHeader {
        xyzt_units: match geometry.unit {
            LengthUnit::Unknown => 0,
            LengthUnit::Metre => 1,
            LengthUnit::Millimetre => 2,
            LengthUnit::Micrometre => 3,
        },
        sform_code: 0,
        qform_code: 0,
        srow_x: [0.0; 4],
        srow_y: [0.0; 4],
        srow_z: [0.0; 4],
        ..NiftiHeader::default()
    };
    let lengths = || {
        let [slice, row, column] = geometry.spacing();
        [column, row, slice].map(|length| length / geometry.unit.in_millimetres())
    };
    for (to, size) in header.pixdim[1..4].iter_mut().zip(place.sizes.unwrap_or_else(lengths)) {
        *to = size as f32;
    }
    if let Some(qform) = qform {
        header.set_qform(&matrix(&qform), code(&qform));
    }
    if let Some(sform) = sform {
        header.set_sform(&matrix(&sform), code(&sform));
    }
    header
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

fn matrix(geometry: &Geometry) -> Matrix4<f64> {
    let [x, y, z] = geometry.affine;
    Matrix4::from_row_slice(&[x, y, z, [0.0, 0.0, 0.0, 1.0]].concat())
}

fn code(geometry: &Geometry) -> XForm {
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
