//! NumPy arrays `(slices, height, width)` or `(height, width)`, in C or Fortran order.

mod fortran;

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use npyz::{DType, Endianness, NpyHeader, Order, TypeChar, TypeStr};

use fortran::Gathered;

use crate::samples::{Number, Samples};
use crate::source::{Source, read_up_to};
use crate::{Error, SlicePixels};

/// A header describes a type and a few axes; one that is longer holds something else.
const LONGEST_HEADER: usize = 65_536;
/// Brackets within one another: a dictionary of a list of fields with shapes of their own.
const DEEPEST: usize = 4;

/// The slices of a `.npy` file.
#[derive(Debug)]
pub(crate) struct Slices {
    path: PathBuf,
    file: File,
    shape: [usize; 3],
    samples: Samples,
    /// Where the first value lies.
    start: u64,
    slice_bytes: usize,
    /// Those of an array in Fortran order.
    gathered: Option<Gathered>,
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
        let gathered = (header.order() == Order::Fortran).then(Gathered::default);
        Ok(Self { path: path.to_owned(), file, shape, samples, start, slice_bytes, gathered })
    }
}

/// The header, and where the values start.
fn header(path: &Path, file: &mut File) -> Result<(NpyHeader, u64), Error> {
    let broken = |source: &str| Error::decode(path, ".npy file", source);
    let start = read_up_to(path, file, LONGEST_HEADER)?;
    let text = text(&start).ok_or_else(|| broken("its header is cut short or too long"))?;
    if depth(text) > DEEPEST {
        return Err(broken("its header is nested too deeply"));
    }
    if !numbers_fit(text) {
        return Err(broken("the product of the numbers in its header is beyond 64 bits"));
    }
    let mut rest = &start[..];
    let header = NpyHeader::from_reader(&mut rest);
    let header = header.map_err(|source| Error::decode(path, ".npy file", source))?;
    Ok((header, (start.len() - rest.len()) as u64))
}

/// What the header says, all of which is there: the reader takes its length, of up to 32 bits, for
/// granted.
fn text(start: &[u8]) -> Option<&[u8]> {
    let (length, text) = match *start {
        [_, _, _, _, _, _, 1, _, a, b, ref rest @ ..] => (u32::from_le_bytes([a, b, 0, 0]), rest),
        [_, _, _, _, _, _, _, _, a, b, c, d, ref rest @ ..] => {
            (u32::from_le_bytes([a, b, c, d]), rest)
        }
        _ => return None,
    };
    text.get(..usize::try_from(length).ok()?)
}

/// How many brackets are open at once; each doubles the time that the reader takes.
fn depth(text: &[u8]) -> usize {
    let (mut open, mut deepest) = (0usize, 0);
    for byte in text {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

/// Whether the lengths of the axes can be multiplied, which the reader does unchecked. All numbers
/// of the header are taken, the number of bytes of a value among them.
fn numbers_fit(text: &[u8]) -> bool {
    let numbers = text.split(|byte| !byte.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let mut values = numbers.map(|digits| std::str::from_utf8(digits).ok()?.parse::<u64>().ok());
    let product = values.try_fold(1u64, |product, value| product.checked_mul(value?.max(1)));
    product.is_some()
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

    fn is_random_access(&self) -> bool {
        self.gathered.is_none()
    }

    fn read(&mut self, index: usize) -> Result<SlicePixels, Error> {
        let Self { path, file, shape, samples, start, slice_bytes, gathered } = self;
        let cannot_read = |source| Error::Read { path: path.clone(), source };
        if let Some(gathered) = gathered {
            let place =
                fortran::Place { shape: *shape, size: samples.number.bytes(), start: *start };
            let mut bytes = gathered.slice(file, &place, index).map_err(cannot_read)?;
            return samples.read_slice(path, *shape, index, &mut bytes);
        }
        let place = SeekFrom::Start(*start + index as u64 * *slice_bytes as u64);
        file.seek(place).map_err(cannot_read)?;
        samples.read_slice(path, *shape, index, file)
    }
}
