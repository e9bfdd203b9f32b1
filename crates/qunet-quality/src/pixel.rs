use crate::moments::{ExactMoments, FloatMoments};

/// A pixel type that the kernels read without a copy of the image: `u8`, `u16`, `i16` or `f32`.
///
/// Integer pixels are summed as exact integers, `f32` pixels in `f64`; results are `f64`. The
/// trait is sealed.
///
/// ```
/// use ndarray::array;
/// use qunet_quality::image_statistics;
///
/// let hounsfield = array![[-1000_i16, 40], [60, -1000]];
/// assert_eq!(image_statistics(&hounsfield)?.mean, Some(-475.0));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub trait Pixel: sealed::Arithmetic {}

impl<T: sealed::Arithmetic> Pixel for T {}

pub(crate) mod sealed {
    use std::{
        fmt::Debug,
        ops::{Add, Mul, Sub},
    };

    use crate::moments::Moments;

    /// What the kernels need from a pixel.
    pub trait Arithmetic:
        Copy + Debug + Default + Into<f64> + PartialOrd + Send + Sync + 'static
    {
        /// Holds eight weighted pixels and their differences exactly (integers) or to `f64`.
        type Wide: Copy
            + Default
            + From<Self>
            + From<i8>
            + Add<Output = Self::Wide>
            + Sub<Output = Self::Wide>
            + Mul<Output = Self::Wide>;
        /// Mean and variance of wide values.
        type Moments: Moments<Self::Wide>;
        /// Whether the pixel is neither NaN nor infinite.
        fn is_finite(self) -> bool;
    }
}

macro_rules! integer_pixel {
    ($($pixel:ty),*) => {$(
        impl sealed::Arithmetic for $pixel {
            type Wide = i32;
            type Moments = ExactMoments;
            fn is_finite(self) -> bool {
                true
            }
        }
    )*};
}

integer_pixel!(u8, u16, i16);

impl sealed::Arithmetic for f32 {
    type Wide = f64;
    type Moments = FloatMoments;
    fn is_finite(self) -> bool {
        f32::is_finite(self)
    }
}
