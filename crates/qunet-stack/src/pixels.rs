//! Pixels of a slice or a stack in the type they were stored in.

use ndarray::{Array2, Array3, ArrayRef3, ArrayView2, Axis, ErrorKind, ShapeError};

use crate::{Error, SliceId};

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

pub(crate) use each;

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

    /// A copy with the axes in another order.
    pub(crate) fn permuted(&self, order: [usize; 3]) -> Self {
        match self {
            Self::U8(array) => Self::U8(permuted(array, order)),
            Self::U16(array) => Self::U16(permuted(array, order)),
            Self::I16(array) => Self::I16(permuted(array, order)),
            Self::F32(array) => Self::F32(permuted(array, order)),
        }
    }

    /// Refuses a stack with a NaN or infinite pixel, naming the first.
    pub(crate) fn check_finite(&self, name: &str) -> Result<(), Error> {
        (0..self.shape()[0])
            .try_for_each(|index| self.slice(index).check_finite(name, SliceId(index)))
    }
}

/// A copy of a volume with the axes in another order, slice after slice in memory.
pub(crate) fn permuted<T: Clone>(array: &ArrayRef3<T>, order: [usize; 3]) -> Array3<T> {
    array.view().permuted_axes(order).as_standard_layout().into_owned()
}

fn with_room<T>((slices, height, width): (usize, usize, usize)) -> Option<Array3<T>> {
    let mut values = Vec::new();
    let length = slices.checked_mul(height)?.checked_mul(width)?;
    values.try_reserve_exact(length).ok()?;
    Array3::from_shape_vec((0, height, width), values).ok()
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

/// One slice, `(height, width)`, with pixels of its own, as a [`SliceStream`](crate::SliceStream)
/// gives it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SlicePixels {
    /// 8-bit unsigned.
    U8(Array2<u8>),
    /// 16-bit unsigned.
    U16(Array2<u16>),
    /// 16-bit signed.
    I16(Array2<i16>),
    /// 32-bit float.
    F32(Array2<f32>),
}

impl SlicePixels {
    /// The slice as a view.
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_stack::SlicePixels;
    ///
    /// let slice = SlicePixels::I16(array![[-1000, 40], [60, -20]]);
    /// assert_eq!(slice.view().range(), (-1000.0, 60.0));
    /// ```
    #[must_use]
    pub fn view(&self) -> SliceView<'_> {
        match self {
            Self::U8(array) => SliceView::U8(array.view()),
            Self::U16(array) => SliceView::U16(array.view()),
            Self::I16(array) => SliceView::I16(array.view()),
            Self::F32(array) => SliceView::F32(array.view()),
        }
    }
}

impl SliceView<'_> {
    /// The same slice, borrowed for as long as this view lives.
    #[must_use]
    pub fn view(&self) -> SliceView<'_> {
        match self {
            Self::U8(array) => SliceView::U8(array.view()),
            Self::U16(array) => SliceView::U16(array.view()),
            Self::I16(array) => SliceView::I16(array.view()),
            Self::F32(array) => SliceView::F32(array.view()),
        }
    }

    /// Height and width.
    #[must_use]
    pub fn dim(&self) -> (usize, usize) {
        each!(self, SliceView, array => array.dim())
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

    /// A copy as f32 without any scaling (exact for every type here).
    #[must_use]
    pub fn to_f32(&self) -> Array2<f32> {
        each!(self, SliceView, array => array.mapv(Into::into))
    }

    /// A copy with this done to every pixel, in one pass.
    pub(crate) fn map(&self, change: impl Fn(f32) -> f32) -> Array2<f32> {
        each!(self, SliceView, array => mapped(array, change))
    }

    /// Whether each pixel is inside, row by row.
    pub(crate) fn inside(&self, mut holds: impl FnMut(f32) -> bool) -> Array2<bool> {
        each!(self, SliceView, array => array.mapv(|value| holds(to_f32(value))))
    }

    /// Smallest and largest pixel; (+inf, -inf) without pixels.
    #[must_use]
    pub fn range(&self) -> (f32, f32) {
        each!(self, SliceView, array => range(array))
    }

    /// Refuses a NaN or infinite pixel, naming the first; `name` is that of the stack.
    pub(crate) fn check_finite(&self, name: &str, slice: SliceId) -> Result<(), Error> {
        let Self::F32(array) = self else { return Ok(()) };
        match array.indexed_iter().find(|(_, value)| !value.is_finite()) {
            None => Ok(()),
            Some(((row, column), &value)) => {
                let name = name.to_owned();
                Err(Error::NonFinite { name, slice, row, column, value })
            }
        }
    }
}

/// The range of no pixels.
pub(crate) const NO_RANGE: (f32, f32) = (f32::INFINITY, f32::NEG_INFINITY);

/// The range that holds both.
pub(crate) fn wider(a: (f32, f32), b: (f32, f32)) -> (f32, f32) {
    (a.0.min(b.0), a.1.max(b.1))
}

fn to_f32(value: impl Into<f32>) -> f32 {
    value.into()
}

fn mapped<T: Copy + Into<f32>>(
    slice: &ArrayView2<'_, T>,
    change: impl Fn(f32) -> f32,
) -> Array2<f32> {
    slice.mapv(|value| change(value.into()))
}

/// Compares pixels in their own type, which is several times faster than in `f32`.
fn range<T: Copy + PartialOrd + Into<f32>>(slice: &ArrayView2<'_, T>) -> (f32, f32) {
    let Some(&first) = slice.first() else { return NO_RANGE };
    let (low, high) = slice.iter().fold((first, first), |(low, high), &value| {
        (if value < low { value } else { low }, if value > high { value } else { high })
    });
    (low.into(), high.into())
}
