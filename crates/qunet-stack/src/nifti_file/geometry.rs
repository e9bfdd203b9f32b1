//! What a header says about space.

use std::path::Path;

use nalgebra::{Matrix4, Vector3};
use nifti::NiftiHeader;

use crate::Error;
use crate::geometry::{Geometry, LengthUnit};
use crate::place::Place;
use crate::qform::{check_affine, code, matrix, qform};

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
