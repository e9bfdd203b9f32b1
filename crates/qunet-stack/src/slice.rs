use ndarray::{Array2, ArrayView2};

use crate::each::each;
use crate::{Error, SliceId};

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

    /// True where the value is above zero: the slice read as a mask.
    pub(crate) fn to_mask(&self) -> Array2<bool> {
        each!(self, Self, array => array.mapv(is_inside))
    }
}

impl SliceView<'_> {
    /// Height and width.
    #[must_use]
    pub fn dim(&self) -> (usize, usize) {
        each!(self, SliceView, array => array.dim())
    }

    /// The name of the pixel type as numpy writes it.
    pub(crate) fn dtype(&self) -> &'static str {
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

/// What is inside a mask: 1 and 255 alike.
pub(crate) fn is_inside<T: Copy + Default + PartialOrd>(value: T) -> bool {
    value > T::default()
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
