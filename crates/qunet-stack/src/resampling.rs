//! Masks on other voxels than their stack, by nearest neighbour.

use std::fmt;
use std::str::FromStr;

use nalgebra::{Matrix4, Vector4};
use ndarray::{Array3, ArrayRef3};
use serde::{Deserialize, Serialize};

use crate::{Error, Foreground, Geometry};

/// How far, in voxels of the stack, a point is moved towards its first slice, row and column before
/// the nearest voxel is taken: more than rounding moves it, so that a point in the middle of two voxels
/// falls to the same one however the mask is stored.
const NUDGE: f64 = 1e-3;
/// How far, in voxels of the mask, a point may lie outside its outermost voxels.
const RIM: f64 = 0.01;

/// What becomes of a mask that lies on other voxels than its stack.
///
/// ```
/// use qunet_stack::Resample;
///
/// assert_eq!("nearest".parse::<Resample>()?, Resample::Nearest);
/// assert_eq!(Resample::default(), Resample::Never);
/// # Ok::<(), qunet_stack::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Resample {
    /// It is refused.
    #[default]
    Never,
    /// Each voxel of the stack takes the label of the voxel of the mask in which its centre lies, and
    /// is background where it lies in none. A centre in the middle between voxels takes the one towards
    /// the first slice, row and column of the stack.
    Nearest,
}

impl FromStr for Resample {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "never" => Ok(Self::Never),
            "nearest" => Ok(Self::Nearest),
            _ => Err(Error::UnknownResample { name: text.to_owned() }),
        }
    }
}

/// How a mask file is read. A [`Foreground`] alone stands for these with that foreground, and no
/// resampling.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MaskParams {
    /// Which values are inside.
    pub foreground: Foreground,
    /// What becomes of a mask on other voxels.
    pub resample: Resample,
}

impl From<Foreground> for MaskParams {
    fn from(foreground: Foreground) -> Self {
        Self { foreground, ..Self::default() }
    }
}

impl From<&Foreground> for MaskParams {
    fn from(foreground: &Foreground) -> Self {
        foreground.clone().into()
    }
}

/// Which voxel of a mask is nearest to each voxel of its stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resampling {
    /// From (column, row, slice) of the stack to those of the mask.
    across: Matrix4<f64>,
    /// Slices, height and width of the stack, and of the mask.
    shape: [usize; 3],
    mask: [usize; 3],
    /// Voxels of the stack that lie in the mask.
    covered: usize,
}

impl Resampling {
    /// From the places and shapes of a stack and a mask; `None` where they share no voxel.
    pub(crate) fn between(
        (stack, shape): (&Geometry, [usize; 3]),
        (mask, mask_shape): (&Geometry, [usize; 3]),
    ) -> Option<Self> {
        let across = mask.matrix().try_inverse()? * stack.matrix();
        let mut resampling = Self { across, shape, mask: mask_shape, covered: 0 };
        let mut covered = 0;
        resampling.for_each(|nearest| covered += usize::from(nearest.is_some()));
        resampling.covered = covered;
        (covered > 0).then_some(resampling)
    }

    /// The share of the voxels of the stack that lie outside the mask, which are background.
    #[must_use]
    pub fn uncovered(&self) -> f64 {
        let voxels: f64 = self.shape.iter().map(|&length| length as f64).product();
        1.0 - self.covered as f64 / voxels
    }

    /// The shape of the stack: slices, height and width.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The voxels of the mask on the grid of the stack, the default value where there are none.
    #[must_use]
    pub fn apply<T: Clone + Default>(&self, mask: &ArrayRef3<T>) -> Array3<T> {
        let [slices, height, width] = self.shape;
        let mut values = Vec::with_capacity(slices * height * width);
        self.for_each(|nearest| {
            let value = nearest.and_then(|at| mask.get(at));
            values.push(value.cloned().unwrap_or_default());
        });
        let mut values = values.into_iter();
        Array3::from_shape_simple_fn((slices, height, width), || values.next().unwrap_or_default())
    }

    /// The nearest voxel of the mask for each voxel of the stack, slice after slice and row after row.
    fn for_each(&self, mut take: impl FnMut(Option<[usize; 3]>)) {
        let [slices, height, width] = self.shape.map(|length| length as u32);
        let step = self.across.column(0).into_owned();
        for z in 0..slices {
            for y in 0..height {
                let [y, z] = [y, z].map(|at| f64::from(at) - NUDGE);
                let row = self.across * Vector4::new(-NUDGE, y, z, 1.0);
                for x in 0..width {
                    take(self.nearest(row + step * f64::from(x)));
                }
            }
        }
    }

    /// The voxel in which a point (column, row, slice, 1) lies.
    fn nearest(&self, point: Vector4<f64>) -> Option<[usize; 3]> {
        let mut nearest = [0; 3];
        for (axis, at) in nearest.iter_mut().enumerate() {
            let (place, last) = (point[2 - axis], self.mask[axis] as f64 - 1.0);
            if place < -0.5 - RIM || place > last + 0.5 + RIM {
                return None;
            }
            *at = place.round().clamp(0.0, last) as usize;
        }
        Some(nearest)
    }
}

impl fmt::Display for Resampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it was resampled to its grid by nearest neighbour")?;
        let uncovered = 100.0 * self.uncovered();
        match uncovered {
            0.0 => Ok(()),
            tiny if tiny < 0.1 => {
                f.write_str(", and less than 0.1 % of the stack lie outside the mask")
            }
            _ => write!(f, ", and {uncovered:.1} % of the stack lie outside the mask"),
        }?;
        f.write_str(if uncovered > 0.0 { ", which is background" } else { "" })
    }
}
