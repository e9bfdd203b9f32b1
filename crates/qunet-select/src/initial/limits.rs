use qunet_quality::QualityRecord;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::InitialParams;

/// What the thresholds came to on one stack.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Limit of blurriness; `None` where no slice has a finite one.
    pub blurriness: Option<f64>,
    /// Limit of inverse PSNR; `None` where no slice has one.
    pub inverse_psnr: Option<f64>,
    /// The common scale of both limits (part of them already) that lets the wanted fraction pass;
    /// `None` where none was asked for, or no scale lets a slice pass.
    pub scale: Option<f64>,
    /// Distance within which slices counted as look-alikes; `None` where none was needed.
    pub epsilon: Option<f64>,
}

impl Limits {
    /// Infinite and undefined values never enter a mean or a quantile.
    pub(super) fn of(records: &[&QualityRecord], params: &InitialParams) -> Self {
        let finite = |record: &&QualityRecord| Some(record.blurriness()).filter(|b| b.is_finite());
        let blurriness: Vec<f64> = records.iter().filter_map(finite).collect();
        let inverse_psnr: Vec<f64> = records.iter().filter_map(|it| it.inverse_psnr).collect();
        let limits = Self {
            blurriness: params.blurriness.limit(&blurriness),
            inverse_psnr: params.inverse_psnr.limit(&inverse_psnr),
            scale: None,
            epsilon: None,
        };
        match params.wanted_fraction {
            Some(wanted) => limits.scaled(limits.scale_for(wanted, records)),
            None => limits,
        }
    }

    /// The smallest scale, but for rounding, at which this share of the slices with all metrics
    /// passes. A slice passes from max(B / limit(B), P / limit(P)) on, so that the scale is an
    /// order statistic.
    fn scale_for(&self, wanted: f64, records: &[&QualityRecord]) -> Option<f64> {
        let (blur, psnr) = (self.blurriness?, self.inverse_psnr?);
        let from = |record: &&QualityRecord| {
            let metrics = Metrics::of(record)?;
            Some(share(metrics.blurriness, blur).max(share(metrics.inverse_psnr, psnr)))
        };
        let mut scales: Vec<f64> = records.par_iter().filter_map(from).collect();
        // A share of 0.29 of 100 slices is 29, not the next number above 28.999999999999996.
        let count = (wanted * scales.len() as f64 - 1e-9).ceil().max(1.0) as usize;
        scales.retain(|scale| scale.is_finite());
        let place = count.min(scales.len()).checked_sub(1)?;
        let (_, scale, _) = scales.select_nth_unstable_by(place, f64::total_cmp);
        // The comparison is strict: a little above, beyond what two roundings take away.
        Some(*scale * (1.0 + 4.0 * f64::EPSILON))
    }

    fn scaled(self, scale: Option<f64>) -> Self {
        let times = |limit: Option<f64>| limit.map(|limit| limit * scale.unwrap_or(1.0));
        let (blurriness, inverse_psnr) = (times(self.blurriness), times(self.inverse_psnr));
        Self { blurriness, inverse_psnr, scale, ..self }
    }
}

/// Nothing is below a limit that is not positive, however it is scaled.
fn share(value: f64, limit: f64) -> f64 {
    if limit > 0.0 { value / limit } else { f64::INFINITY }
}

/// The metrics of a slice that has all of them.
pub(super) struct Metrics {
    pub(super) blurriness: f64,
    pub(super) inverse_psnr: f64,
    pub(super) cov: f64,
    pub(super) mean: f64,
}

impl Metrics {
    pub(super) fn of(record: &QualityRecord) -> Option<Self> {
        Some(Self {
            blurriness: Some(record.blurriness()).filter(|b| b.is_finite())?,
            inverse_psnr: record.inverse_psnr?,
            cov: record.roi_cov?,
            mean: record.roi_mean?,
        })
    }
}
