//! Planes without a page of their own, which lie one after the other behind the first: so ImageJ
//! writes stacks that are too large for offsets of 32 bits.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use tiff::TiffResult;
use tiff::tags::{ByteOrder, Tag};

use super::Pages;
use crate::samples::{Number, Samples};
use crate::{Error, SlicePixels};

const UNPACKED: u16 = 1;

/// All planes of a file of which only the first has a page.
#[derive(Debug)]
pub(super) struct Contiguous {
    path: PathBuf,
    file: File,
    /// Where the first plane begins.
    start: u64,
    samples: Samples,
    shape: [usize; 3],
}

impl Contiguous {
    /// The planes behind the page that the decoder is at; `None` where that page does not lie in one
    /// piece of unpacked values, or the file ends before the last plane.
    pub(super) fn find(
        path: &Path,
        decoder: &mut Pages,
        dtype: &str,
        shape @ [planes, height, width]: [usize; 3],
    ) -> Result<Option<Self>, Error> {
        let cannot_read = |source| Error::Read { path: path.to_owned(), source };
        let Some(number) = number(dtype) else { return Ok(None) };
        let row = width as u64 * number.bytes() as u64;
        let start = start(decoder, height, row);
        let start = start.map_err(|source| Error::decode(path, "TIFF file", source))?;
        let file = File::open(path).map_err(cannot_read)?;
        let length = file.metadata().map_err(cannot_read)?.len();
        let plane = row.checked_mul(height as u64);
        let bytes = plane.and_then(|plane| plane.checked_mul(planes as u64));
        let fits = |start: &u64| {
            bytes.and_then(|bytes| bytes.checked_add(*start)).is_some_and(|end| end <= length)
        };
        let big_endian = decoder.byte_order() == ByteOrder::BigEndian;
        let samples = Samples { number, big_endian, scale: None };
        let path = path.to_owned();
        Ok(start.filter(fits).map(|start| Self { path, file, start, samples, shape }))
    }

    /// The plane of that number.
    pub(super) fn read(&mut self, index: usize) -> Result<SlicePixels, Error> {
        let [_, height, width] = self.shape;
        let plane = height as u64 * width as u64 * self.samples.number.bytes() as u64;
        let place = SeekFrom::Start(self.start + index as u64 * plane);
        let cannot_read = |source| Error::Read { path: self.path.clone(), source };
        self.file.seek(place).map_err(cannot_read)?;
        self.samples.read_slice(&self.path, self.shape, index, &mut self.file)
    }

    pub(super) fn planes(&self) -> usize {
        self.shape[0]
    }
}

/// Where the page's values begin, if they are unpacked and its strips follow one another.
fn start(decoder: &mut Pages, height: usize, row: u64) -> TiffResult<Option<u64>> {
    let packing = decoder.find_tag_unsigned::<u16>(Tag::Compression)?.unwrap_or(UNPACKED);
    let rows = decoder.find_tag_unsigned::<u64>(Tag::RowsPerStrip)?.unwrap_or(height as u64);
    let strips = decoder.find_tag_unsigned_vec::<u64>(Tag::StripOffsets)?.unwrap_or_default();
    let strip = rows.min(height as u64) * row;
    let follows = |pair: &[u64]| pair[0].checked_add(strip) == Some(pair[1]);
    let whole = packing == UNPACKED && strips.windows(2).all(follows);
    Ok(strips.first().copied().filter(|_| whole))
}

/// The type of number of that name, as numpy names it.
fn number(dtype: &str) -> Option<Number> {
    Some(match dtype {
        "uint8" => Number::U8,
        "int8" => Number::I8,
        "uint16" => Number::U16,
        "int16" => Number::I16,
        "uint32" => Number::U32,
        "int32" => Number::I32,
        "uint64" => Number::U64,
        "int64" => Number::I64,
        "float32" => Number::F32,
        "float64" => Number::F64,
        _ => return None,
    })
}
