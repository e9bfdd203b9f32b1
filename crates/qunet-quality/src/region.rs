use ndarray::ArrayRef2;
use serde::{Deserialize, Serialize};

use crate::{
    Pixel, Result,
    kernels::Region,
    moments::Moments,
    rows::{Mask, Raster},
};

/// Number, mean, variance and maximum of the pixels of a region.
///
/// An empty region has 0 pixels and no values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegionStatistics {
    /// Number of pixels in the region.
    pub pixels: u64,
    /// Their mean.
    pub mean: Option<f64>,
    /// Their population variance, >= 0.
    pub variance: Option<f64>,
    /// Their maximum.
    pub max: Option<f64>,
}

impl RegionStatistics {
    /// The paper's CoV: variance / maximum.
    ///
    /// In [0, +inf), higher = more contrast within the region; `None` where the region is empty
    /// or its maximum is not positive. Section II-B of S. Roychowdhury, QU-net++ (2021). The
    /// textbook's is [`coefficient_of_variation`](Self::coefficient_of_variation).
    ///
    /// # Example
    /// ```
    /// use ndarray::array;
    /// use qunet_quality::image_statistics;
    ///
    /// assert_eq!(image_statistics(&array![[1_u8, 3]])?.cov(), Some(1.0 / 3.0));
    /// # Ok::<(), qunet_quality::Error>(())
    /// ```
    #[must_use]
    pub fn cov(&self) -> Option<f64> {
        let max = self.max.filter(|&max| max > 0.0)?;
        Some(self.variance? / max)
    }

    /// The textbook's coefficient of variation: standard deviation / mean.
    ///
    /// In [0, +inf), higher = more contrast within the region; `None` where the region is empty
    /// or its mean is not positive, because the ratio has a meaning only on a scale that starts
    /// at zero (Hounsfield units do not).
    ///
    /// # Example
    /// ```
    /// use ndarray::array;
    /// use qunet_quality::image_statistics;
    ///
    /// let statistics = image_statistics(&array![[1_u8, 3]])?;
    /// assert_eq!(statistics.coefficient_of_variation(), Some(1.0 / 2.0));
    /// # Ok::<(), qunet_quality::Error>(())
    /// ```
    #[must_use]
    pub fn coefficient_of_variation(&self) -> Option<f64> {
        let mean = self.mean.filter(|&mean| mean > 0.0)?;
        Some(self.variance?.sqrt() / mean)
    }
}

/// Statistics of the pixels where `mask` is true; pixels outside are never read.
///
/// `image` and `mask` are (H, W). The region is the anatomy (lungs, retina), not the lesion.
/// Section II-B of S. Roychowdhury, QU-net++ (2021).
///
/// # Errors
/// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) for a mask of another shape,
/// [`Error::EmptyImage`](crate::Error::EmptyImage) without pixels,
/// [`Error::NonFinite`](crate::Error::NonFinite) for a NaN or infinite pixel inside the mask.
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::roi_statistics;
///
/// let image = array![[1.0_f32, f32::NAN], [4.0, 7.0]];
/// let lungs = array![[true, false], [true, true]];
/// let inside = roi_statistics(&image, &lungs)?;
/// assert_eq!((inside.pixels, inside.mean, inside.variance), (3, Some(4.0), Some(6.0)));
/// assert_eq!(inside.cov(), Some(6.0 / 7.0));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn roi_statistics<T: Pixel>(
    image: &ArrayRef2<T>,
    mask: &ArrayRef2<bool>,
) -> Result<RegionStatistics> {
    statistics(image, Some(mask))
}

/// Statistics of all pixels of an image.
///
/// `image` is (H, W); the same as [`roi_statistics`] with a mask that is true everywhere.
///
/// # Errors
/// [`Error::EmptyImage`](crate::Error::EmptyImage) without pixels,
/// [`Error::NonFinite`](crate::Error::NonFinite) for a NaN or infinite pixel.
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::image_statistics;
///
/// let all = image_statistics(&array![[1_u8, 3], [5, 7]])?;
/// assert_eq!((all.mean, all.variance, all.max), (Some(4.0), Some(5.0), Some(7.0)));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn image_statistics<T: Pixel>(image: &ArrayRef2<T>) -> Result<RegionStatistics> {
    statistics(image, None)
}

/// Statistics of the pixels of a region, or of all.
pub(crate) fn statistics<T: Pixel>(
    image: &ArrayRef2<T>,
    mask: Option<&ArrayRef2<bool>>,
) -> Result<RegionStatistics> {
    let raster = Raster::new(image, mask)?;
    let mut sums = RegionSums::new(raster);
    raster.for_each_row(|rows, row| sums.add_row(rows.get(row), row));
    sums.finish()
}

/// Sums the pixels of a region row by row.
///
/// Not by `ndarray-stats`: pixels are masked, come a row at a time, and their sums are exact or
/// have a fixed order.
pub(crate) struct RegionSums<'a, T: Pixel> {
    raster: Raster<'a, T>,
    mask: Mask<'a>,
    region: T::Region,
}

impl<'a, T: Pixel> RegionSums<'a, T> {
    pub(crate) fn new(raster: Raster<'a, T>) -> Self {
        let mask = Mask::new(raster.region, raster.image.ncols());
        Self { raster, mask, region: Default::default() }
    }

    /// Adds the pixels of row `row` of the image.
    pub(crate) fn add_row(&mut self, pixels: &[T], row: usize) {
        self.region.add_row(pixels, self.mask.row(row));
    }

    /// The statistics, unless a pixel of the region is not finite.
    pub(crate) fn finish(self) -> Result<RegionStatistics> {
        let moments = self.region.moments();
        let defined = |variance| self.raster.defined(variance);
        Ok(RegionStatistics {
            pixels: moments.count(),
            mean: moments.mean(),
            variance: moments.variance().map(defined).transpose()?,
            max: self.region.max().map(Into::into),
        })
    }
}
