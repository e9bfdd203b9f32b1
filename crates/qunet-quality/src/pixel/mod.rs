//! Pixel types and their order.

mod order;

pub(crate) use order::Ordered;

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
    use std::fmt::Debug;

    use super::Ordered;
    use crate::kernels::Kernels;

    /// What the kernels need from a pixel.
    pub trait Arithmetic:
        Kernels + Debug + Default + Into<f64> + Ordered + PartialOrd + Send + Sync
    {
        /// The lowest and the highest pixel of an integer type; `None` for `f32`.
        const LIMITS: Option<(Self, Self)>;
        /// Whether the pixel is neither NaN nor infinite.
        fn is_finite(self) -> bool;
        /// The pixel of exactly this value, where there is one.
        fn exact(value: f64) -> Option<Self>;
    }
}

macro_rules! integer_pixel {
    ($($pixel:ty),*) => {$(
        impl sealed::Arithmetic for $pixel {
            const LIMITS: Option<(Self, Self)> = Some((Self::MIN, Self::MAX));
            fn is_finite(self) -> bool {
                true
            }
            fn exact(value: f64) -> Option<Self> {
                // The cast saturates, so that only values of the type come back unchanged.
                let pixel = value as Self;
                (f64::from(pixel) == value).then_some(pixel)
            }
        }
    )*};
}

integer_pixel!(u8, u16, i16);

impl sealed::Arithmetic for f32 {
    const LIMITS: Option<(Self, Self)> = None;
    fn is_finite(self) -> bool {
        f32::is_finite(self)
    }
    fn exact(value: f64) -> Option<Self> {
        let pixel = value as Self;
        (pixel.is_finite() && f64::from(pixel) == value).then_some(pixel)
    }
}
