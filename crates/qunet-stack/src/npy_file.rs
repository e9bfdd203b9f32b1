//! NumPy arrays `(slices, height, width)` or `(height, width)`.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use npyz::{DType, Endianness, NpyHeader, Order, TypeChar, TypeStr};

use crate::samples::{Number, Samples};
use crate::source::{Source, read_up_to};
use crate::{Error, SlicePixels};

/// A header describes a type and a few axes; one that is longer holds something else.
const LONGEST_HEADER: u64 = 65_536;

/// The slices of a `.npy` file.
#[derive(Debug)]
pub(crate) struct Slices {
    path: PathBuf,
    file: File,
    shape: [usize; 3],
    samples: Samples,
    /// Where the first slice starts.
    start: u64,
    slice_bytes: usize,
}

impl Slices {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let cannot_read = |source| Error::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(cannot_read)?;
        let length = file.metadata().map_err(cannot_read)?.len();
        let (header, start) = header(path, &mut file)?;
        let shape = shape(path, &header)?;
        let samples = samples(path, &header)?;
        let broken = || Error::NotAVolume { path: path.to_owned(), shape: shape.to_vec() };
        let slice_bytes = shape[1]
            .checked_mul(shape[2])
            .and_then(|pixels| pixels.checked_mul(samples.number.bytes()))
            .ok_or_else(broken)?;
        let expected = (shape[0] as u64).checked_mul(slice_bytes as u64).ok_or_else(broken)?;
        let found = length.saturating_sub(start);
        if found < expected {
            return Err(Error::CutShort { path: path.to_owned(), expected, found });
        }
        Ok(Self { path: path.to_owned(), file, shape, samples, start, slice_bytes })
    }
}

/// The header, and where the values start.
fn header(path: &Path, file: &mut File) -> Result<(NpyHeader, u64), Error> {
    let broken = |source| Error::decode(path, ".npy file", source);
    // The reader's parser is recursive and its header length 32 bits wide: little comes to it.
    let mut start = file.take(LONGEST_HEADER);
    let header = NpyHeader::from_reader(&mut start).map_err(broken)?;
    Ok((header, LONGEST_HEADER - start.limit()))
}

fn shape(path: &Path, header: &NpyHeader) -> Result<[usize; 3], Error> {
    let axes: Vec<usize> = header
        .shape()
        .iter()
        .map(|&length| usize::try_from(length).unwrap_or(usize::MAX))
        .collect();
    let shape = match axes[..] {
        [height, width] => [1, height, width],
        [slices, height, width] => [slices, height, width],
        _ => return Err(Error::NotAVolume { path: path.to_owned(), shape: axes }),
    };
    if shape.contains(&0) {
        return Err(Error::Empty { name: path.display().to_string(), shape });
    }
    if header.order() == Order::Fortran {
        return Err(Error::Unsupported {
            path: path.to_owned(),
            what: "an array in Fortran order, whose slices do not lie together".to_owned(),
            remedy: "save numpy.ascontiguousarray(array)",
        });
    }
    Ok(shape)
}

fn samples(path: &Path, header: &NpyHeader) -> Result<Samples, Error> {
    let number = match header.dtype() {
        DType::Plain(kind) => number(&kind).map(|number| (number, kind.endianness())),
        _ => None,
    };
    let Some((number, endianness)) = number else {
        let datatype = header.dtype().descr();
        return Err(Error::VoxelType { path: path.to_owned(), datatype });
    };
    Ok(Samples { number, big_endian: endianness == Endianness::Big, scale: None })
}

fn number(kind: &TypeStr) -> Option<Number> {
    Some(match (kind.type_char(), kind.size_field()) {
        (TypeChar::Bool | TypeChar::Uint, 1) => Number::U8,
        (TypeChar::Int, 1) => Number::I8,
        (TypeChar::Uint, 2) => Number::U16,
        (TypeChar::Int, 2) => Number::I16,
        (TypeChar::Uint, 4) => Number::U32,
        (TypeChar::Int, 4) => Number::I32,
        (TypeChar::Uint, 8) => Number::U64,
        (TypeChar::Int, 8) => Number::I64,
        (TypeChar::Float, 4) => Number::F32,
        (TypeChar::Float, 8) => Number::F64,
        _ => return None,
    })
}

impl Source for Slices {
    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn read(&mut self, index: usize) -> Result<SlicePixels, Error> {
        let before = index as u64 * self.slice_bytes as u64;
        let place = SeekFrom::Start(self.start + before);
        let cannot_read = |source| Error::Read { path: self.path.clone(), source };
        self.file.seek(place).map_err(cannot_read)?;
        let bytes = read_up_to(&self.path, &mut self.file, self.slice_bytes)?;
        let found = before + bytes.len() as u64;
        let [slices, height, width] = self.shape;
        self.samples.decode((height, width), bytes).ok_or_else(|| {
            let expected = slices as u64 * self.slice_bytes as u64;
            Error::CutShort { path: self.path.clone(), expected, found }
        })
    }
}
