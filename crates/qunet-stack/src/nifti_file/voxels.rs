//! From stored bytes to pixels.

use std::path::Path;

use nifti::{Endianness, NiftiError, NiftiHeader, NiftiType};

use super::broken;
use crate::Error;
use crate::samples::{Number, Samples};

/// The stored type of the voxels, and what is done to their values. Refuses colours and complex
/// numbers, and a voxel size that is not that of the type.
pub(super) fn samples(path: &Path, header: &NiftiHeader) -> Result<Samples, Error> {
    let datatype = header.data_type().map_err(|source| broken(path, source))?;
    let Some(number) = number(datatype) else {
        let datatype = format!("{datatype:?}");
        return Err(Error::VoxelType { path: path.to_owned(), datatype });
    };
    if usize::try_from(header.bitpix / 8) != Ok(number.bytes()) {
        let bitpix = NiftiError::InvalidCode("bitpix", header.bitpix);
        return Err(broken(path, bitpix));
    }
    let (slope, inter) = (header.scl_slope, header.scl_inter);
    let unscaled = slope == 0.0 || !slope.is_finite() || (slope == 1.0 && inter == 0.0);
    let scale = (!unscaled).then_some((f64::from(slope), f64::from(inter)));
    Ok(Samples { number, big_endian: header.endianness == Endianness::Big, scale })
}

fn number(datatype: NiftiType) -> Option<Number> {
    Some(match datatype {
        NiftiType::Uint8 => Number::U8,
        NiftiType::Int8 => Number::I8,
        NiftiType::Uint16 => Number::U16,
        NiftiType::Int16 => Number::I16,
        NiftiType::Uint32 => Number::U32,
        NiftiType::Int32 => Number::I32,
        NiftiType::Uint64 => Number::U64,
        NiftiType::Int64 => Number::I64,
        NiftiType::Float32 => Number::F32,
        NiftiType::Float64 => Number::F64,
        _ => return None,
    })
}
