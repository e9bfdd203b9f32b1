//! From stored numbers to pixels, whatever file they lie in.

use std::io::{self, Read};
use std::path::Path;

use bytemuck::AnyBitPattern;
use ndarray::Array2;

use crate::{Error, SlicePixels};

/// A stored number type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl Number {
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// As numpy names it.
    #[cfg(feature = "dicom")]
    pub(crate) fn dtype(self) -> &'static str {
        match self {
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::U16 => "uint16",
            Self::I16 => "int16",
            Self::U32 => "uint32",
            Self::I32 => "int32",
            Self::U64 => "uint64",
            Self::I64 => "int64",
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }
}

/// How bytes become pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Samples {
    pub(crate) number: Number,
    pub(crate) big_endian: bool,
    /// Slope and intercept, unless the values stay as they are.
    pub(crate) scale: Option<(f64, f64)>,
}

/// Bytes that are read at once: whole values of every type, and few enough to stay in the cache
/// until they are pixels. A slice read whole goes through memory twice, once as bytes and once as
/// pixels, and for a moment takes twice its size.
const CHUNK: usize = 1 << 18;

/// The pixels of a slice, or how many bytes of it there are.
type SliceOrLength = Result<SlicePixels, usize>;

impl Samples {
    /// Reads slice `index` of a stack whose slices lie one after the other, from where it begins.
    pub(crate) fn read_slice(
        &self,
        path: &Path,
        [slices, height, width]: [usize; 3],
        index: usize,
        source: &mut dyn Read,
    ) -> Result<SlicePixels, Error> {
        let slice_bytes = height as u64 * width as u64 * self.number.bytes() as u64;
        let read = self.read((height, width), source);
        let read = read.map_err(|source| Error::reading(path, source))?;
        read.map_err(|found| Error::CutShort {
            path: path.to_owned(),
            expected: slices as u64 * slice_bytes,
            found: index as u64 * slice_bytes + found as u64,
        })
    }

    /// Reads one slice (height, width): the stored type where it is one of the four of
    /// [`SlicePixels`], else `f32`. Memory is asked for first, may be refused, and is filled as the
    /// bytes arrive.
    fn read(&self, shape: (usize, usize), source: &mut dyn Read) -> io::Result<SliceOrLength> {
        macro_rules! stored {
            ($kind:ident, $number:ty) => {
                self.collect(shape, source, |value: $number| value)?.map(SlicePixels::$kind)
            };
        }
        // Any other type goes through f64.
        macro_rules! widened {
            ($number:ty) => {{
                let (slope, intercept) = self.scale.unwrap_or((1.0, 0.0));
                let widen = |value: $number| (value as f64 * slope + intercept) as f32;
                self.collect(shape, source, widen)?.map(SlicePixels::F32)
            }};
        }
        Ok(match (self.number, self.scale) {
            (Number::U8, None) => stored!(U8, u8),
            (Number::U16, None) => stored!(U16, u16),
            (Number::I16, None) => stored!(I16, i16),
            (Number::F32, None) => stored!(F32, f32),
            (Number::U8, _) => widened!(u8),
            (Number::I8, _) => widened!(i8),
            (Number::U16, _) => widened!(u16),
            (Number::I16, _) => widened!(i16),
            (Number::U32, _) => widened!(u32),
            (Number::I32, _) => widened!(i32),
            (Number::U64, _) => widened!(u64),
            (Number::I64, _) => widened!(i64),
            (Number::F32, _) => widened!(f32),
            (Number::F64, _) => widened!(f64),
        })
    }

    /// [`Samples::read`] of bytes at hand; `None` where they are not those of the shape.
    pub(crate) fn decode(&self, shape: (usize, usize), bytes: &[u8]) -> Option<SlicePixels> {
        let expected = shape.0.checked_mul(shape.1)?.checked_mul(self.number.bytes())?;
        if expected != bytes.len() {
            return None;
        }
        self.read(shape, &mut &*bytes).ok()?.ok()
    }

    fn collect<T: AnyBitPattern, U>(
        &self,
        shape: (usize, usize),
        source: &mut dyn Read,
        convert: impl Fn(T) -> U,
    ) -> io::Result<Result<Array2<U>, usize>> {
        let (size, count) = (size_of::<T>(), shape.0 * shape.1);
        let mut values = Vec::new();
        values.try_reserve_exact(count)?;
        let mut chunk = vec![0; CHUNK.min(count * size)];
        while values.len() < count {
            let wanted = CHUNK.min((count - values.len()) * size);
            let found = fill(source, &mut chunk[..wanted])?;
            if found < wanted {
                return Ok(Err(values.len() * size + found));
            }
            let bytes = &mut chunk[..wanted];
            if self.big_endian != cfg!(target_endian = "big") {
                bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
            }
            // Bytes of a file lie at any address, so values are copied out; the compiler makes it one
            // pass of vector loads.
            let read = |bytes| convert(bytemuck::pod_read_unaligned(bytes));
            values.extend(bytes.chunks_exact(size).map(read));
        }
        Array2::from_shape_vec(shape, values).map(Ok).map_err(io::Error::other)
    }
}

/// Fills the bytes, or as many as there are.
fn fill(source: &mut dyn Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut found = 0;
    while found < bytes.len() {
        match source.read(&mut bytes[found..]) {
            Ok(0) => break,
            Ok(more) => found += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}
