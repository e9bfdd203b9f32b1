//! From stored numbers to pixels, whatever file they lie in.

use bytemuck::Pod;
use ndarray::Array2;

use crate::SlicePixels;

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

impl Samples {
    /// One slice (height, width): the stored type where it is one of the four of
    /// [`SlicePixels`], else `f32`. `None` where the bytes are not those of the shape.
    pub(crate) fn decode(&self, shape: (usize, usize), mut bytes: Vec<u8>) -> Option<SlicePixels> {
        let size = self.number.bytes();
        if shape.0.checked_mul(shape.1)?.checked_mul(size)? != bytes.len() {
            return None;
        }
        if self.big_endian != cfg!(target_endian = "big") {
            bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
        Some(match (self.number, self.scale) {
            (Number::U8, None) => SlicePixels::U8(Array2::from_shape_vec(shape, bytes).ok()?),
            (Number::U16, None) => SlicePixels::U16(array(shape, &bytes)?),
            (Number::I16, None) => SlicePixels::I16(array(shape, &bytes)?),
            (Number::F32, None) => SlicePixels::F32(array(shape, &bytes)?),
            (number, scale) => {
                let (slope, intercept) = scale.unwrap_or((1.0, 0.0));
                let scale = |value: f64| (value * slope + intercept) as f32;
                SlicePixels::F32(widened(number, shape, &bytes, scale)?)
            }
        })
    }
}

fn array<T: Pod>(shape: (usize, usize), bytes: &[u8]) -> Option<Array2<T>> {
    Array2::from_shape_vec(shape, bytemuck::pod_collect_to_vec(bytes)).ok()
}

/// Any type through f64.
fn widened(
    number: Number,
    shape: (usize, usize),
    bytes: &[u8],
    scale: impl Fn(f64) -> f32,
) -> Option<Array2<f32>> {
    macro_rules! from {
        ($stored:ty) => {
            array::<$stored>(shape, bytes)?.mapv(|value| scale(value as f64))
        };
    }
    Some(match number {
        Number::U8 => from!(u8),
        Number::I8 => from!(i8),
        Number::U16 => from!(u16),
        Number::I16 => from!(i16),
        Number::U32 => from!(u32),
        Number::I32 => from!(i32),
        Number::U64 => from!(u64),
        Number::I64 => from!(i64),
        Number::F32 => from!(f32),
        Number::F64 => from!(f64),
    })
}
