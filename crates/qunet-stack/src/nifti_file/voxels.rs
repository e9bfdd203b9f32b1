//! From stored bytes to pixels.

use std::path::Path;

use ndarray::Array2;
use nifti::{DataElement, Endianness, NiftiError, NiftiHeader, NiftiType};

use super::broken;
use crate::{Error, SlicePixels};

/// The stored type of the voxels, and what is done to their values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voxels {
    datatype: NiftiType,
    endianness: Endianness,
    /// Slope and intercept, unless the values stay as they are.
    scale: Option<(f64, f64)>,
}

impl Voxels {
    /// Refuses colours and complex numbers, and a voxel size that is not that of the type.
    pub(super) fn of(path: &Path, header: &NiftiHeader) -> Result<Self, Error> {
        let datatype = header.data_type().map_err(|source| broken(path, source))?;
        if !is_grey(datatype) {
            let datatype = format!("{datatype:?}");
            return Err(Error::VoxelType { path: path.to_owned(), datatype });
        }
        if usize::try_from(header.bitpix / 8) != Ok(datatype.size_of()) {
            let bitpix = NiftiError::InvalidCode("bitpix", header.bitpix);
            return Err(broken(path, bitpix));
        }
        let (slope, inter) = (header.scl_slope, header.scl_inter);
        let unscaled = slope == 0.0 || !slope.is_finite() || (slope == 1.0 && inter == 0.0);
        let scale = (!unscaled).then_some((f64::from(slope), f64::from(inter)));
        Ok(Self { datatype, endianness: header.endianness, scale })
    }

    /// Bytes of one voxel.
    pub(super) fn bytes(&self) -> usize {
        self.datatype.size_of()
    }

    /// One slice (height, width): the stored type where it is one of the four, else `f32`.
    pub(super) fn decode(
        &self,
        path: &Path,
        shape: (usize, usize),
        bytes: Vec<u8>,
    ) -> Result<SlicePixels, Error> {
        let raw = Raw { path, shape, bytes, endianness: self.endianness };
        match (self.datatype, self.scale) {
            (NiftiType::Uint8, None) => raw.array().map(SlicePixels::U8),
            (NiftiType::Uint16, None) => raw.array().map(SlicePixels::U16),
            (NiftiType::Int16, None) => raw.array().map(SlicePixels::I16),
            (NiftiType::Float32, None) => raw.array().map(SlicePixels::F32),
            (datatype, scale) => {
                let (slope, inter) = scale.unwrap_or((1.0, 0.0));
                let scale = |value: f64| (value * slope + inter) as f32;
                raw.widened(datatype, scale).map(SlicePixels::F32)
            }
        }
    }
}

fn is_grey(datatype: NiftiType) -> bool {
    use NiftiType::{Float32, Float64, Int8, Int16, Int32, Int64, Uint8, Uint16, Uint32, Uint64};
    matches!(
        datatype,
        Uint8 | Int8 | Uint16 | Int16 | Uint32 | Int32 | Uint64 | Int64 | Float32 | Float64
    )
}

/// The bytes of one slice.
struct Raw<'a> {
    path: &'a Path,
    shape: (usize, usize),
    bytes: Vec<u8>,
    endianness: Endianness,
}

impl Raw<'_> {
    fn array<T: DataElement>(self) -> Result<Array2<T>, Error> {
        let broken = |source| broken(self.path, source);
        let values = T::from_raw_vec(self.bytes, self.endianness).map_err(broken)?;
        let length = values.len();
        Array2::from_shape_vec(self.shape, values).map_err(|_| {
            broken(NiftiError::IncompatibleLength(length, self.shape.0 * self.shape.1))
        })
    }

    /// Any grey type through f64.
    fn widened(
        self,
        datatype: NiftiType,
        scale: impl Fn(f64) -> f32,
    ) -> Result<Array2<f32>, Error> {
        macro_rules! from {
            ($stored:ty) => {
                self.array::<$stored>()?.mapv(|value| scale(value as f64))
            };
        }
        Ok(match datatype {
            NiftiType::Uint8 => from!(u8),
            NiftiType::Int8 => from!(i8),
            NiftiType::Uint16 => from!(u16),
            NiftiType::Int16 => from!(i16),
            NiftiType::Uint32 => from!(u32),
            NiftiType::Int32 => from!(i32),
            NiftiType::Uint64 => from!(u64),
            NiftiType::Int64 => from!(i64),
            NiftiType::Float32 => from!(f32),
            NiftiType::Float64 => from!(f64),
            other => {
                let datatype = format!("{other:?}");
                return Err(Error::VoxelType { path: self.path.to_owned(), datatype });
            }
        })
    }
}
