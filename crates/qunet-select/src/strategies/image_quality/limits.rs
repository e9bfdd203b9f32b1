//! What the thresholds resolve to on a stack, and how its slices stand to them.

use qunet_quality::QualityRecord;
use rayon::prelude::*;

use super::ImageQuality;
use crate::{CandidateId, Degenerate, QualityLimits, Verdict};

/// The smallest limit where [`ImageQuality::fill_up`] is set: above 0, so that a slice without any
/// noise passes.
const LEAST_LIMIT: f64 = f64::EPSILON;

/// The metrics of a slice that has all of them.
struct Metrics {
    blurriness: f64,
    inverse_psnr: f64,
    cov: f64,
    mean: f64,
}

impl Metrics {
    fn new(record: &QualityRecord) -> Option<Self> {
        Some(Self {
            blurriness: finite_blurriness(record)?,
            inverse_psnr: record.inverse_psnr?,
            cov: record.roi_cov?,
            mean: record.roi_mean?,
        })
    }
}

fn finite_blurriness(record: &QualityRecord) -> Option<f64> {
    Some(record.blurriness()).filter(|blurriness| blurriness.is_finite())
}

/// A slice with all metrics.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// Its place in the pool.
    pub(super) place: usize,
    pub(super) id: CandidateId,
    pub(super) blurriness: f64,
    pub(super) inverse_psnr: f64,
    /// B / limit(B) + P / limit(P), lower = better.
    pub(super) quality: f64,
    /// The scale of the limits from which on it passes both.
    pub(super) from: f64,
    /// CoV of the region, scaled to [0, 1].
    pub(super) cov: f64,
    /// Mean of the region, scaled to [0, 1].
    pub(super) mean: f64,
}

/// What the slices of one stack are judged by.
#[derive(Clone, Copy)]
pub(super) struct Standard {
    /// The limits, scaled.
    pub(super) limits: QualityLimits,
    /// The limits before they are scaled.
    unscaled: QualityLimits,
    cov: Span,
    mean: Span,
}

impl Standard {
    /// From the records of the stack, or of all. Infinite and undefined values never enter a mean
    /// or a quantile.
    pub(super) fn new(records: &[&QualityRecord], settings: &ImageQuality) -> Self {
        let blurriness: Vec<f64> = records.iter().filter_map(|it| finite_blurriness(it)).collect();
        let inverse_psnr: Vec<f64> = records.iter().filter_map(|it| it.inverse_psnr).collect();
        let least = if settings.fill_up { LEAST_LIMIT } else { f64::NEG_INFINITY };
        let positive = |limit: f64| if limit > 0.0 { limit } else { limit.max(least) };
        let unscaled = QualityLimits {
            blurriness: settings.blurriness.limit(&blurriness).map(positive),
            inverse_psnr: settings.inverse_psnr.limit(&inverse_psnr).map(positive),
            ..QualityLimits::default()
        };
        let mut standard = Self {
            limits: unscaled,
            unscaled,
            cov: Span::new(records.iter().filter_map(|record| record.roi_cov)),
            mean: Span::new(records.iter().filter_map(|record| record.roi_mean)),
        };
        if let Some(scale) =
            settings.wanted_fraction.and_then(|wanted| standard.scale_for(wanted, records))
        {
            standard.scale(scale);
        }
        standard
    }

    /// The smallest scale at which this share of the slices with all metrics passes. A slice passes
    /// from max(B / limit(B), P / limit(P)) on, so that the scale is an order statistic: no search
    /// is needed.
    fn scale_for(&self, wanted: f64, records: &[&QualityRecord]) -> Option<f64> {
        let from = |record: &&QualityRecord| Some(self.passes_from(&Metrics::new(record)?));
        let mut scales: Vec<f64> = records.par_iter().filter_map(from).collect();
        // A share of 0.29 of 100 slices is 29, not the next number above 28.999999999999996.
        let count = (wanted * scales.len() as f64 - 1e-9).ceil().max(1.0) as usize;
        scales.retain(|scale| scale.is_finite());
        let place = count.min(scales.len()).checked_sub(1)?;
        let (_, scale, _) = scales.select_nth_unstable_by(place, f64::total_cmp);
        Some(*scale)
    }

    fn passes_from(&self, metrics: &Metrics) -> f64 {
        // Nothing is below a limit that is not positive, however it is scaled.
        let share = |value: f64, limit: Option<f64>| match limit {
            Some(limit) if limit > 0.0 => value / limit,
            _ => f64::INFINITY,
        };
        let QualityLimits { blurriness, inverse_psnr, .. } = self.unscaled;
        share(metrics.blurriness, blurriness).max(share(metrics.inverse_psnr, inverse_psnr))
    }

    /// Multiplies the limits by a scale, so that slices which pass from it on pass.
    fn scale(&mut self, scale: f64) {
        // The comparison is strict: a little above, beyond what two roundings take away.
        let scale = scale * (1.0 + 4.0 * f64::EPSILON);
        let times = |limit: Option<f64>| limit.map(|limit| limit * scale);
        let QualityLimits { blurriness, inverse_psnr, .. } = self.unscaled;
        self.limits.blurriness = times(blurriness);
        self.limits.inverse_psnr = times(inverse_psnr);
        self.limits.scale = Some(scale);
    }

    /// Loosens the limits until slices that pass from this scale on pass.
    pub(super) fn loosen(&mut self, from: f64) {
        if from >= self.limits.scale.unwrap_or(1.0) {
            self.scale(from);
        }
    }

    /// The slice as a candidate, or what is undefined on it.
    pub(super) fn candidate(
        &self,
        place: usize,
        id: CandidateId,
        record: &QualityRecord,
    ) -> Result<Candidate, Degenerate> {
        let metrics = Metrics::new(record).ok_or_else(|| self.why_degenerate(record))?;
        let Metrics { blurriness, inverse_psnr, cov, mean } = metrics;
        Ok(Candidate {
            place,
            id,
            blurriness,
            inverse_psnr,
            quality: self.quality(blurriness, inverse_psnr),
            from: self.passes_from(&metrics),
            cov: self.cov.place(cov),
            mean: self.mean.place(mean),
        })
    }

    /// B / limit(B) + P / limit(P), lower = better.
    pub(super) fn quality(&self, blurriness: f64, inverse_psnr: f64) -> f64 {
        let share = |value: f64, limit: Option<f64>| limit.map_or(0.0, |limit| value / limit);
        share(blurriness, self.limits.blurriness) + share(inverse_psnr, self.limits.inverse_psnr)
    }

    /// Which limit the slice fails; `None` where it passes both.
    pub(super) fn failure(&self, candidate: &Candidate) -> Option<Verdict> {
        let Candidate { blurriness, inverse_psnr, .. } = *candidate;
        let fails = |value: f64, limit: Option<f64>| limit.filter(|&limit| value >= limit);
        if let Some(limit) = fails(blurriness, self.limits.blurriness) {
            return Some(Verdict::Blurred { blurriness, limit });
        }
        let limit = fails(inverse_psnr, self.limits.inverse_psnr)?;
        Some(Verdict::LowContrast { inverse_psnr, limit })
    }

    fn why_degenerate(&self, record: &QualityRecord) -> Degenerate {
        if self.limits.blurriness.is_none() || record.blurriness().is_infinite() {
            Degenerate::Constant
        } else if self.limits.inverse_psnr.is_none() || record.inverse_psnr.is_none() {
            Degenerate::NoSignal
        } else {
            Degenerate::EmptyRegion
        }
    }
}

/// The range of an axis of the (CoV, mean) plane.
#[derive(Clone, Copy)]
struct Span {
    low: f64,
    high: f64,
}

impl Span {
    fn new(values: impl Iterator<Item = f64>) -> Self {
        let start = Self { low: f64::INFINITY, high: f64::NEG_INFINITY };
        values.fold(start, |span, value| Self {
            low: span.low.min(value),
            high: span.high.max(value),
        })
    }

    /// 0 where all values are equal.
    fn place(&self, value: f64) -> f64 {
        let width = self.high - self.low;
        if width > 0.0 { (value - self.low) / width } else { 0.0 }
    }
}
