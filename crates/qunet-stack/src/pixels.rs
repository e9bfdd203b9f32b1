use ndarray::{Array3, Axis, ErrorKind, ShapeError};

use crate::each::each;
use crate::{Error, SliceId, SlicePixels, SliceView};

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

    /// No slices yet, and room for `slices` of the size and type of `like`.
    /// `None` where memory does not suffice.
    pub(crate) fn with_room(slices: usize, like: SliceView<'_>) -> Option<Self> {
        let (height, width) = like.dim();
        let shape = (slices, height, width);
        Some(match like {
            SliceView::U8(_) => Self::U8(with_room(shape)?),
            SliceView::U16(_) => Self::U16(with_room(shape)?),
            SliceView::I16(_) => Self::I16(with_room(shape)?),
            SliceView::F32(_) => Self::F32(with_room(shape)?),
        })
    }

    /// Adds a slice of the same size and type at the end.
    pub(crate) fn push(&mut self, slice: &SlicePixels) -> Result<(), ShapeError> {
        match (self, slice) {
            (Self::U8(all), SlicePixels::U8(slice)) => all.push(Axis(0), slice.view()),
            (Self::U16(all), SlicePixels::U16(slice)) => all.push(Axis(0), slice.view()),
            (Self::I16(all), SlicePixels::I16(slice)) => all.push(Axis(0), slice.view()),
            (Self::F32(all), SlicePixels::F32(slice)) => all.push(Axis(0), slice.view()),
            _ => Err(ShapeError::from_kind(ErrorKind::IncompatibleLayout)),
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
        (0..self.shape()[0])
            .try_for_each(|index| self.slice(index).check_finite(name, SliceId(index)))
    }
}

fn with_room<T>((slices, height, width): (usize, usize, usize)) -> Option<Array3<T>> {
    let mut values = Vec::new();
    let length = slices.checked_mul(height)?.checked_mul(width)?;
    values.try_reserve_exact(length).ok()?;
    Array3::from_shape_vec((0, height, width), values).ok()
}
