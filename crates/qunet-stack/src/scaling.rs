use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::{Error, SliceView};

/// How pixel values become intensities in [0, 1].
///
/// Quality metrics and the network see scaled slices, so "max pixel strength" means the same for
/// Hounsfield units (negative in air) as for 8-bit images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scaling {
    /// The values as they are, not confined to [0, 1].
    None,
    /// Smallest value of the stack to 0, largest to 1: keeps slices comparable.
    #[default]
    StackMinMax,
    /// Smallest value of each slice to 0, largest to 1.
    SliceMinMax,
    /// Values from `centre - width / 2` to `centre + width / 2` to [0, 1], clamped outside.
    Window {
        /// Middle of the window, in pixel values (Hounsfield units for CT).
        centre: f64,
        /// Its width, > 0.
        width: f64,
    },
}

impl Scaling {
    /// The lung window: centre -600 HU, width 1500 HU.
    #[must_use]
    pub fn lung_window() -> Self {
        Self::Window { centre: -600.0, width: 1500.0 }
    }

    /// Checks the values.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the window's width is not positive or a value not finite.
    pub fn check(&self) -> Result<(), Error> {
        let Self::Window { centre, width } = *self else { return Ok(()) };
        if !(width > 0.0 && width.is_finite()) {
            let rule = "the window's width must be positive";
            return Err(Error::Parameter { field: "width", value: width, rule });
        }
        if !centre.is_finite() {
            let rule = "the window's centre must be finite";
            return Err(Error::Parameter { field: "centre", value: centre, rule });
        }
        Ok(())
    }

    /// Scales one slice, given the smallest and largest value of its stack, which
    /// only [`Scaling::StackMinMax`] reads. A constant range gives 0 everywhere.
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_stack::{Scaling, SliceView};
    ///
    /// let slice = array![[10_u8, 20, 30]];
    /// let scaled = Scaling::StackMinMax.scale(SliceView::U8(slice.view()), (10.0, 50.0))?;
    /// assert_eq!(scaled, array![[0.0, 0.25, 0.5]]);
    /// # Ok::<(), qunet_stack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Scaling::check`].
    pub fn scale(&self, slice: SliceView<'_>, stack: (f32, f32)) -> Result<Array2<f32>, Error> {
        self.check()?;
        Ok(self.apply(slice, stack))
    }

    /// The pixel values that become 0 and 1, given the smallest and largest value of the stack;
    /// `None` where values stay as they are.
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_stack::{Scaling, SliceView};
    ///
    /// let slice = array![[10_u8, 20, 30]];
    /// let limits = |scaling: Scaling| scaling.limits(SliceView::U8(slice.view()), (10.0, 50.0));
    /// assert_eq!(limits(Scaling::StackMinMax), Some((10.0, 50.0)));
    /// assert_eq!(limits(Scaling::SliceMinMax), Some((10.0, 30.0)));
    /// assert_eq!(limits(Scaling::lung_window()), Some((-1350.0, 150.0)));
    /// assert_eq!(limits(Scaling::None), None);
    /// ```
    #[must_use]
    pub fn limits(&self, slice: SliceView<'_>, stack: (f32, f32)) -> Option<(f32, f32)> {
        match *self {
            Self::None => None,
            Self::StackMinMax => Some(stack),
            Self::SliceMinMax => Some(slice.range()),
            Self::Window { centre, width } => {
                Some(((centre - width / 2.0) as f32, (centre + width / 2.0) as f32))
            }
        }
    }

    fn apply(&self, slice: SliceView<'_>, stack: (f32, f32)) -> Array2<f32> {
        let Some((low, high)) = self.limits(slice, stack) else { return slice.to_f32() };
        let span = high - low;
        if span > 0.0 {
            slice.map(|value| ((value - low) / span).clamp(0.0, 1.0))
        } else {
            Array2::zeros(slice.dim())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn windows_clamp_and_constants_are_zero() {
        let slice = array![[-1000i16, -600, 400]];
        let view = SliceView::I16(slice.view());
        let window = Scaling::Window { centre: -600.0, width: 800.0 };
        assert_eq!(window.apply(view, (0.0, 0.0)), array![[0.0f32, 0.5, 1.0]]);
        assert_eq!(
            Scaling::StackMinMax.apply(view, (-1000.0, -1000.0)),
            array![[0.0f32, 0.0, 0.0]]
        );
        let half = Scaling::SliceMinMax.apply(view, (0.0, 0.0))[(0, 1)];
        assert!((half - 400.0 / 1400.0).abs() < 1e-6);
        assert_eq!(Scaling::None.apply(view, (0.0, 1.0))[(0, 0)], -1000.0);
    }

    #[test]
    fn a_window_without_width_is_refused() {
        let error = Scaling::Window { centre: 0.0, width: 0.0 }.check().unwrap_err();
        assert_eq!(error.to_string(), "width is 0: the window's width must be positive");
    }
}
