use std::collections::BTreeMap;

use qunet_stack::SliceId;

use crate::{Metric, QualityRecord, RegionStatistics, contrast::NoiseStatistics};

/// Intensities as a linear function of pixels: `low` becomes 0, `high` 1; all become 0 where there
/// is nothing in between.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Linear {
    low: f64,
    span: f64,
}

impl Linear {
    /// Intensities that are the pixels themselves.
    pub(crate) const IDENTITY: Self = Self { low: 0.0, span: 1.0 };

    pub(crate) fn from_limits((low, high): (f32, f32)) -> Self {
        let (low, high) = (f64::from(low), f64::from(high));
        Self { low, span: high - low }
    }

    /// What one pixel becomes; so do the mean and the maximum of many.
    pub(crate) fn intensity(self, pixel: f64) -> f64 {
        if self.span > 0.0 { (pixel - self.low) / self.span } else { 0.0 }
    }

    /// What the variance becomes of pixels, or of differences between pixels.
    pub(crate) fn variance(self, of_pixels: f64) -> f64 {
        if self.span > 0.0 { of_pixels / (self.span * self.span) } else { 0.0 }
    }
}

/// What was measured on the pixels of one slice, before their scale is known.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) id: SliceId,
    pub(crate) variance_of_laplacian: f64,
    pub(crate) noise: NoiseStatistics,
    pub(crate) region: RegionStatistics,
    /// These know no scale.
    pub(crate) further: BTreeMap<Metric, Option<f64>>,
}

impl Measured {
    /// The metrics of the intensities.
    pub(crate) fn record(self, scale: Linear) -> QualityRecord {
        let region = self.region.scaled(scale);
        QualityRecord {
            id: self.id,
            variance_of_laplacian: scale.variance(self.variance_of_laplacian),
            inverse_psnr: self.noise.scaled(scale).inverse_psnr(),
            roi_pixels: region.pixels,
            roi_mean: region.mean,
            roi_cov: region.cov(),
            further: self.further,
        }
    }
}
