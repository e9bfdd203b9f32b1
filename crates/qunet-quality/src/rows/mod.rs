//! Where kernels get their pixels from: the one place that knows rows, borders, bands and regions.
//!
//! A [`Raster`] is an image and the region of it that counts, both checked. From it come
//!
//! - [`Rows`], which lends whole rows whatever the strides of the image are;
//! - [`Margin`], which lends what lies one pixel beyond a row, without a copy;
//! - [`Padded`] and [`Lines`], copies of rows that a [`Border`] continues, for windows of any size;
//! - [`Runs`], the pixels of a row whose whole window lies in the region, and the others;
//! - [`Neighbours`], the windows of those others.
//!
//! Most pixels of a region have their window inside it, so kernels go over [`Runs`] with plain
//! loops and leave the rest, a thin rim, to [`Neighbours`], which may be slow.

mod border;
mod lend;
mod lines;
mod region;

pub use border::Border;
pub(crate) use border::Edge;
pub(crate) use lend::{Margin, Rows};
pub(crate) use lines::{Lines, Padded, Sides};
pub(crate) use region::{Mask, Neighbours, Part, Runs};

use ndarray::{ArrayRef, ArrayRef2, Dimension};

use crate::{Error, Pixel, Result};

/// An image that has pixels, and the region of it that counts: all of it where there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raster<'a, T> {
    pub(crate) image: &'a ArrayRef2<T>,
    pub(crate) region: Option<&'a ArrayRef2<bool>>,
}

impl<'a, T: Pixel> Raster<'a, T> {
    /// Refuses a region of another shape than the image, and an image without pixels.
    pub(crate) fn new(
        image: &'a ArrayRef2<T>,
        region: Option<&'a ArrayRef2<bool>>,
    ) -> Result<Self> {
        region.map_or(Ok(()), |region| same_shape(image, region))?;
        match image.dim() {
            (height, width) if image.is_empty() => Err(Error::EmptyImage { height, width }),
            _ => Ok(Self { image, region }),
        }
    }

    /// As [`Raster::new`]; refuses a NaN or infinite pixel in the region, too.
    pub(crate) fn finite(
        image: &'a ArrayRef2<T>,
        region: Option<&'a ArrayRef2<bool>>,
    ) -> Result<Self> {
        let raster = Self::new(image, region)?;
        raster.check_finite()?;
        Ok(raster)
    }

    /// The same image with all of its pixels.
    pub(crate) fn whole(self) -> Self {
        Self { region: None, ..self }
    }

    /// Refuses a result that is not a number because a pixel of the region is not.
    ///
    /// Sums of squares stay finite where the pixels are, so a kernel that gives such sums need not
    /// pass over its pixels for this check.
    pub(crate) fn defined(self, result: f64) -> Result<f64> {
        if !result.is_finite() {
            self.check_finite()?;
        }
        Ok(result)
    }

    fn check_finite(self) -> Result<()> {
        if T::LIMITS.is_some() {
            // An integer is finite.
            return Ok(());
        }
        for (row, pixels) in self.image.rows().into_iter().enumerate() {
            if pixels.iter().all(|pixel| pixel.is_finite()) {
                continue;
            }
            for (col, &pixel) in pixels.iter().enumerate() {
                if !pixel.is_finite() && self.contains(row, col) {
                    return Err(Error::NonFinite { row, col, value: pixel.into() });
                }
            }
        }
        Ok(())
    }

    /// Whether a pixel lies in the region.
    pub(crate) fn contains(self, row: usize, col: usize) -> bool {
        self.region.is_none_or(|region| region[[row, col]])
    }

    /// Shows `visit` the number of each row, from the first to the last, and lends it the rows
    /// from two above to one below, and those that a border puts one pixel beyond the edge.
    pub(crate) fn for_each_row(self, mut visit: impl FnMut(&Rows<'_, T>, usize)) {
        let mut rows = Rows::new(self.image, 4);
        for row in 0..self.image.nrows() {
            rows.advance(row + 1);
            visit(&rows, row);
        }
    }

    /// Shows `visit` the region's pixels, row by row.
    pub(crate) fn for_each_row_inside(self, mut visit: impl FnMut(&[T])) {
        let mut inside = Vec::new();
        self.for_each_row(|rows, row| visit(self.keep_inside(row, rows.get(row), &mut inside)));
    }

    /// The region's pixels, each converted, row by row.
    pub(crate) fn pixels<P>(self, convert: impl Fn(T) -> P) -> Vec<P> {
        let mut pixels =
            Vec::with_capacity(if self.region.is_some() { 0 } else { self.image.len() });
        self.for_each_row_inside(|row| pixels.extend(row.iter().map(|&pixel| convert(pixel))));
        pixels
    }

    /// Of values that stand for the pixels of row `row`, those in the region; `kept` holds them
    /// where they are not all.
    pub(crate) fn keep_inside<'k>(
        self,
        row: usize,
        values: &'k [T],
        kept: &'k mut Vec<T>,
    ) -> &'k [T] {
        let Some(region) = self.region else { return values };
        kept.clear();
        let chosen = values.iter().zip(region.row(row)).filter(|(_, inside)| **inside);
        kept.extend(chosen.map(|(&value, _)| value));
        kept
    }
}

/// Refuses a mask of another shape than the image.
pub(crate) fn same_shape<T, D: Dimension>(
    image: &ArrayRef<T, D>,
    mask: &ArrayRef<bool, D>,
) -> Result<()> {
    if image.shape() == mask.shape() {
        return Ok(());
    }
    Err(Error::ShapeMismatch { image: image.shape().to_vec(), mask: mask.shape().to_vec() })
}
