//! Quality records that can be worked out by hand, and what S0 makes of them.
#![allow(dead_code, reason = "not every test uses all of them")]
#![allow(clippy::unwrap_used)]

use qunet_quality::QualityRecord;
use qunet_select::{
    CandidateId, Error, ImageQuality, NearDuplicates, Pool, Reason, Request, Selection, Strategy,
    Threshold, Verdict,
};
use qunet_stack::SliceId;

/// A slice of blurriness `b` (exact for powers of two) and inverse PSNR `p`, at its own place in
/// the plane of CoV and mean.
pub(crate) fn slice(id: usize, b: f64, p: f64) -> QualityRecord {
    QualityRecord {
        id: SliceId(id),
        variance_of_laplacian: 1.0 / b,
        inverse_psnr: Some(p),
        roi_pixels: 16,
        roi_mean: Some(id as f64),
        roi_cov: Some(0.25),
        further: Default::default(),
    }
}

pub(crate) fn at(record: &QualityRecord, cov: f64, mean: f64) -> QualityRecord {
    QualityRecord { roi_cov: Some(cov), roi_mean: Some(mean), ..record.clone() }
}

/// Slices with these costs, half of each from blurriness and half from inverse PSNR.
pub(crate) fn costs(costs: &[f64]) -> Vec<QualityRecord> {
    costs.iter().enumerate().map(|(id, cost)| slice(id, cost / 2.0, cost / 2.0)).collect()
}

/// Limits of 1 on both metrics, near duplicates kept.
pub(crate) fn plain() -> ImageQuality {
    ImageQuality {
        blurriness: Threshold::Value(1.0),
        inverse_psnr: Threshold::Value(1.0),
        near_duplicates: NearDuplicates::Keep,
        ..ImageQuality::paper()
    }
}

/// Stacks of these records.
pub(crate) fn try_pool(stacks: &[&[QualityRecord]]) -> Result<Pool, Error> {
    let ids = stacks.iter().enumerate().flat_map(|(stack, records)| {
        records.iter().map(move |record| CandidateId { stack, slice: record.id })
    });
    let with = |pool: Pool, (stack, records): (usize, &&[QualityRecord])| {
        pool.with_quality(stack, records)
    };
    stacks.iter().enumerate().try_fold(Pool::new(ids)?, with)
}

/// S0 of at most ten slices, as in the paper.
pub(crate) fn select(settings: ImageQuality, stacks: &[&[QualityRecord]]) -> Selection {
    take(10, settings, stacks)
}

/// S0 of at most so many slices.
pub(crate) fn take(count: usize, settings: ImageQuality, stacks: &[&[QualityRecord]]) -> Selection {
    settings.select(&try_pool(stacks).unwrap(), &Request::new(count, 0)).unwrap()
}

/// The slices in order of rank, for one stack.
pub(crate) fn numbers(selection: &Selection) -> Vec<usize> {
    selection.ids().into_iter().map(|id| id.slice.0).collect()
}

/// The slices in order of rank, with their stacks.
pub(crate) fn places(selection: &Selection) -> Vec<(usize, usize)> {
    selection.ids().into_iter().map(|id| (id.stack, id.slice.0)).collect()
}

/// A picked slice, by its rank alone.
pub(crate) fn picked(rank: usize) -> Verdict {
    Verdict::Picked { rank, spacing: None, reason: Reason::Own { numbers: Default::default() } }
}

/// The verdicts, picked slices by their rank alone.
pub(crate) fn verdicts(selection: &Selection) -> Vec<Verdict> {
    let plain = |verdict: &Verdict| match verdict {
        Verdict::Picked { rank, .. } => picked(*rank),
        other => other.clone(),
    };
    selection.verdicts.iter().map(|slice| plain(&slice.verdict)).collect()
}

/// The verdict on one slice of one stack.
pub(crate) fn verdict(selection: &Selection, stack: usize, slice: usize) -> Verdict {
    let id = CandidateId { stack, slice: SliceId(slice) };
    let place = selection.verdicts.iter().position(|verdict| verdict.id == id).unwrap();
    verdicts(selection)[place].clone()
}
