//! The slices that pass the thresholds, and why others do not.

use qunet_quality::QualityRecord;

use super::limits::{Limits, Metrics};
use super::{Degenerate, Verdict};
use crate::CandidateId;

/// A slice that passes the thresholds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) id: CandidateId,
    /// B / limit(B) + P / limit(P), lower = better.
    pub(super) quality: f64,
    /// CoV of the region, scaled to [0, 1].
    pub(super) cov: f64,
    /// Mean of the region, scaled to [0, 1].
    pub(super) mean: f64,
}

impl Candidate {
    /// The slice as a candidate, or why it is none.
    pub(super) fn of(
        record: &QualityRecord,
        stack: usize,
        limits: &Limits,
        plane: &Plane,
    ) -> Result<Self, Verdict> {
        let undefined = || Verdict::Degenerate { reason: why_degenerate(record, limits) };
        let metrics = Metrics::of(record).ok_or_else(undefined)?;
        let (Some(blur), Some(psnr)) = (limits.blurriness, limits.inverse_psnr) else {
            return Err(undefined());
        };
        let Metrics { blurriness, inverse_psnr, cov, mean } = metrics;
        if blurriness >= blur {
            return Err(Verdict::Blurred { blurriness, limit: blur });
        }
        if inverse_psnr >= psnr {
            return Err(Verdict::LowContrast { inverse_psnr, limit: psnr });
        }
        Ok(Self {
            id: CandidateId { stack, slice: record.id },
            quality: blurriness / blur + inverse_psnr / psnr,
            cov: plane.cov.place(cov),
            mean: plane.mean.place(mean),
        })
    }
}

fn why_degenerate(record: &QualityRecord, limits: &Limits) -> Degenerate {
    if limits.blurriness.is_none() || record.blurriness().is_infinite() {
        Degenerate::Constant
    } else if limits.inverse_psnr.is_none() || record.inverse_psnr.is_none() {
        Degenerate::NoSignal
    } else {
        Degenerate::EmptyRegion
    }
}

/// The plane of region CoV and region mean.
#[derive(Clone, Copy)]
pub(super) struct Plane {
    cov: Span,
    mean: Span,
}

impl Plane {
    pub(super) fn of(records: &[&QualityRecord]) -> Self {
        Self {
            cov: Span::of(records.iter().filter_map(|record| record.roi_cov)),
            mean: Span::of(records.iter().filter_map(|record| record.roi_mean)),
        }
    }
}

/// The range of an axis.
#[derive(Clone, Copy)]
struct Span {
    low: f64,
    high: f64,
}

impl Span {
    fn of(values: impl Iterator<Item = f64>) -> Self {
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
