//! How many voxels of how many bytes lie where, checked before anything is allocated.

use std::fs::Metadata;
use std::path::Path;

use nifti::{Endianness, NiftiError, NiftiHeader, NiftiType};

use super::{LONGEST_AXIS, broken, second};
use crate::Error;
use crate::samples::{Number, Samples};

/// Bytes of the header, and the least `vox_offset` of a single file.
pub(super) const HEADER_BYTES: u64 = 348;
const DATA_START: u64 = 352;
/// Deflate spends at least a bit on 129 bytes, so that no file unpacks to more than 1032 times
/// its size; a little more allows for what gzip adds at both ends.
const LARGEST_RATIO: u64 = 1040;

/// What a checked header promises.
pub(super) struct Layout {
    /// Slices, height and width: x is the column, y the row, z the slice.
    pub(super) shape: [usize; 3],
    /// How bytes become pixels.
    pub(super) samples: Samples,
    /// Where the voxels start, from the beginning of the file.
    pub(super) start: u64,
    /// Bytes of one slice.
    pub(super) slice_bytes: usize,
}

impl Layout {
    /// Checks a header; `alone` where the voxels lie in a file of their own.
    pub(super) fn new(
        path: &Path,
        header: &NiftiHeader,
        header_bytes: u64,
        alone: bool,
    ) -> Result<Self, Error> {
        let shape = shape(path, header)?;
        let samples = samples(path, header)?;
        // Two axes of 15 bits and a voxel of at most 8 bytes.
        let too_large = |_| broken(path, NiftiError::BadVolumeSize);
        let slice_bytes = shape[1] as u64 * shape[2] as u64 * samples.number.bytes() as u64;
        let slice_bytes = usize::try_from(slice_bytes).map_err(too_large)?;
        let least = if header_bytes == HEADER_BYTES { DATA_START } else { second::DATA_START };
        let start = (header.vox_offset as u64).max(if alone { 0 } else { least });
        Ok(Self { shape, samples, start, slice_bytes })
    }

    /// Bytes of all slices.
    pub(super) fn bytes(&self) -> u64 {
        self.shape[0] as u64 * self.slice_bytes as u64
    }

    /// Refuses a file that is too short for what its header promises. The length of devices and pipes
    /// is not known.
    pub(super) fn check_length(
        &self,
        path: &Path,
        metadata: &Metadata,
        packed: bool,
    ) -> Result<(), Error> {
        if !metadata.is_file() {
            return Ok(());
        }
        let factor = if packed { LARGEST_RATIO } else { 1 };
        let found = metadata.len().saturating_mul(factor).saturating_sub(self.start);
        if found < self.bytes() {
            let path = path.to_owned();
            return Err(Error::CutShort { path, expected: self.bytes(), found });
        }
        Ok(())
    }
}

fn shape(path: &Path, header: &NiftiHeader) -> Result<[usize; 3], Error> {
    let axes = header.dim().map_err(|source| broken(path, source))?;
    // The reader takes a negative length for a very large one.
    let negative = axes.iter().position(|&length| usize::from(length) > LONGEST_AXIS);
    if let Some(axis) = negative {
        return Err(broken(path, NiftiError::InconsistentDim(axis as u8 + 1, axes[axis])));
    }
    let axes: Vec<usize> = axes.iter().map(|&length| usize::from(length)).collect();
    match axes[..] {
        [width, height] => Ok([1, height, width]),
        [width, height, slices, ref rest @ ..] if rest.iter().all(|&length| length == 1) => {
            Ok([slices, height, width])
        }
        _ => Err(Error::NotAVolume { path: path.to_owned(), shape: axes }),
    }
}

/// The stored type of the voxels, and what is done to their values. Refuses colours and complex
/// numbers, and a voxel size that is not that of the type.
fn samples(path: &Path, header: &NiftiHeader) -> Result<Samples, Error> {
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
    // A slope alone stands for values as they are stored, whatever is in the place of an intercept.
    let plain = slope == 1.0 && (inter == 0.0 || !inter.is_finite());
    let unscaled = slope == 0.0 || !slope.is_finite() || plain;
    if !unscaled && !inter.is_finite() {
        return Err(Error::Unsupported {
            path: path.to_owned(),
            what: format!("a scl_slope of {slope} and a scl_inter of {inter}"),
            remedy: "set scl_inter to 0 or to the intercept that is meant",
        });
    }
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
