use ndarray::{Array2, Array3, ArrayView2, Axis};

use crate::{Error, SliceId};

/// The voxels of a stack, `(slices, height, width)`, in the type they were stored in.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Pixels {
    /// 8-bit unsigned: PNG, windowed CT, OCT.
    U8(Array3<u8>),
    /// 16-bit unsigned.
    U16(Array3<u16>),
    /// 16-bit signed: CT in Hounsfield units.
    I16(Array3<i16>),
    /// 32-bit float: anything rescaled, and the wider types (rounded to f32).
    F32(Array3<f32>),
}

/// One slice, `(height, width)`, borrowed from its stack.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum SliceView<'a> {
    /// 8-bit unsigned.
    U8(ArrayView2<'a, u8>),
    /// 16-bit unsigned.
    U16(ArrayView2<'a, u16>),
    /// 16-bit signed.
    I16(ArrayView2<'a, i16>),
    /// 32-bit float.
    F32(ArrayView2<'a, f32>),
}

/// Runs the same expression on whichever array the value holds.
macro_rules! each {
    ($value:expr, $kind:ident, $array:ident => $body:expr) => {
        match $value {
            $kind::U8($array) => $body,
            $kind::U16($array) => $body,
            $kind::I16($array) => $body,
            $kind::F32($array) => $body,
        }
    };
}

impl Pixels {
    /// Slices, height and width.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        let (slices, height, width) = each!(self, Pixels, array => array.dim());
        [slices, height, width]
    }

    /// The name of the pixel type as numpy writes it.
    #[must_use]
    pub fn dtype(&self) -> &'static str {
        match self {
            Self::U8(_) => "uint8",
            Self::U16(_) => "uint16",
            Self::I16(_) => "int16",
            Self::F32(_) => "float32",
        }
    }

    pub(crate) fn slice(&self, index: usize) -> SliceView<'_> {
        match self {
            Self::U8(array) => SliceView::U8(array.index_axis(Axis(0), index)),
            Self::U16(array) => SliceView::U16(array.index_axis(Axis(0), index)),
            Self::I16(array) => SliceView::I16(array.index_axis(Axis(0), index)),
            Self::F32(array) => SliceView::F32(array.index_axis(Axis(0), index)),
        }
    }

    /// Refuses a stack with a NaN or infinite pixel, naming the first.
    pub(crate) fn check_finite(&self, name: &str) -> Result<(), Error> {
        let Self::F32(array) = self else { return Ok(()) };
        match array.indexed_iter().find(|(_, value)| !value.is_finite()) {
            None => Ok(()),
            Some(((slice, row, column), &value)) => Err(Error::NonFinite {
                name: name.to_owned(),
                slice: SliceId(slice),
                row,
                column,
                value,
            }),
        }
    }
}

impl SliceView<'_> {
    /// A copy as f32 without any scaling (exact for every type here).
    #[must_use]
    pub fn to_f32(&self) -> Array2<f32> {
        each!(self, SliceView, array => widen(array))
    }

    /// Smallest and largest pixel.
    #[must_use]
    pub fn range(&self) -> (f32, f32) {
        each!(self, SliceView, array => range(array))
    }
}

fn widen<T: Copy + Into<f32>>(slice: &ArrayView2<'_, T>) -> Array2<f32> {
    slice.mapv(Into::into)
}

fn range<T: Copy + Into<f32>>(slice: &ArrayView2<'_, T>) -> (f32, f32) {
    let start = (f32::INFINITY, f32::NEG_INFINITY);
    slice.iter().fold(start, |(low, high), &value| {
        let value = value.into();
        (low.min(value), high.max(value))
    })
}
