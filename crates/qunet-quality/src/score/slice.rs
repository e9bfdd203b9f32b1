//! What is measured on the pixels of one slice, and what it becomes on a scale.

use std::collections::BTreeMap;

use ndarray::ArrayRef2;
use qunet_stack::SliceId;

use crate::{
    LaplacianKernel, Metric, Pixel, QualityParams, QualityRecord, RegionStatistics, Result,
    contrast::{Noise, NoiseStatistics},
    kernels::Weights,
    laplacian::{EightNeighbour, FourNeighbour, OpencvKsize3},
    measure,
    median::for_each_median_row,
    region::RegionSums,
    responses::Responses,
    rows::Raster,
};

/// Intensities as a linear function of pixels: `low` becomes 0, `high` 1; all become 0 where there
/// is nothing in between.
#[derive(Clone, Copy, Debug)]
pub(super) struct Linear {
    low: f64,
    span: f64,
}

impl Linear {
    /// Intensities that are the pixels themselves.
    pub(super) const IDENTITY: Self = Self { low: 0.0, span: 1.0 };

    pub(super) fn from_limits((low, high): (f32, f32)) -> Self {
        let (low, high) = (f64::from(low), f64::from(high));
        Self { low, span: high - low }
    }

    /// What one pixel becomes; so do the mean and the maximum of many.
    fn intensity(self, pixel: f64) -> f64 {
        if self.span > 0.0 { (pixel - self.low) / self.span } else { 0.0 }
    }

    /// What the variance of pixels, or of differences between pixels, becomes.
    fn variance(self, of_pixels: f64) -> f64 {
        if self.span > 0.0 { of_pixels / (self.span * self.span) } else { 0.0 }
    }
}

/// What was measured on the pixels of one slice, before their scale is known.
#[derive(Debug)]
pub(super) struct Measured {
    id: SliceId,
    variance_of_laplacian: f64,
    noise: NoiseStatistics,
    region: RegionStatistics,
    /// These know no scale.
    further: BTreeMap<Metric, Option<f64>>,
}

impl Measured {
    /// The metrics of the intensities.
    pub(super) fn record(self, scale: Linear) -> QualityRecord {
        let intensity = |pixel: Option<f64>| pixel.map(|pixel| scale.intensity(pixel));
        let variance = |value: Option<f64>| value.map(|value| scale.variance(value));
        let noise = NoiseStatistics {
            variance: variance(self.noise.variance),
            max: intensity(self.noise.max),
        };
        let region = RegionStatistics {
            pixels: self.region.pixels,
            mean: intensity(self.region.mean),
            variance: variance(self.region.variance),
            max: intensity(self.region.max),
        };
        QualityRecord {
            inverse_psnr: noise.inverse_psnr(),
            roi_pixels: region.pixels,
            roi_mean: region.mean,
            roi_cov: region.cov(),
            further: self.further,
            ..QualityRecord::new(self.id, scale.variance(self.variance_of_laplacian))
        }
    }
}

/// Measures the pixels of one slice; its errors name the slice.
pub(super) fn measure_slice<T: Pixel>(
    id: SliceId,
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
    params: &QualityParams,
) -> Result<Measured> {
    let measured = || {
        params.check()?;
        let raster = Raster::new(image, roi)?;
        let mut measured = match params.laplacian_kernel {
            LaplacianKernel::FourNeighbour => one_pass::<T, FourNeighbour>(id, raster, params),
            LaplacianKernel::EightNeighbour => one_pass::<T, EightNeighbour>(id, raster, params),
            LaplacianKernel::OpencvKsize3 => one_pass::<T, OpencvKsize3>(id, raster, params),
        }?;
        for &metric in &params.further {
            let value = measure(metric, image, roi, &params.metric_params)?;
            measured.further.insert(metric, value);
        }
        Ok(measured)
    };
    measured().map_err(|error: crate::Error| error.in_slice(id))
}

/// Goes over the rows once: each is taken in by all metrics while it is in the nearest cache.
///
/// One after the other, the three kernels read a slice of 512 x 512 pixels from the second cache
/// three times. Only the region statistics know the region.
fn one_pass<T: Pixel, W: Weights>(
    id: SliceId,
    raster: Raster<'_, T>,
    params: &QualityParams,
) -> Result<Measured> {
    let whole = raster.whole();
    let mut responses = Responses::<T, W>::new(whole, params.laplacian_border.resolve()?);
    let mut noise = Noise::new(whole);
    let mut region = RegionSums::new(raster);
    let edge = params.median_border.resolve()?;
    for_each_median_row(whole, params.median_window, edge, |rows, row, medians| {
        responses.add_row(rows, row);
        noise.add_row(rows.get(row), medians);
        region.add_row(rows.get(row), row);
    });
    let region = region.finish()?;
    Ok(Measured {
        id,
        variance_of_laplacian: whole.defined(responses.variance().unwrap_or_default())?,
        noise: noise.finish()?,
        region,
        further: BTreeMap::new(),
    })
}
