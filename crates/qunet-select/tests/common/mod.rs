//! Quality records that can be worked out by hand.
#![allow(dead_code, reason = "not every test uses all of them")]

use qunet_quality::QualityRecord;
use qunet_select::{InitialParams, InitialSelection, NearDuplicates, Threshold};
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

/// Limits of 1 on both metrics, look-alikes kept.
pub(crate) fn plain() -> InitialParams {
    InitialSelection::params()
        .blurriness(Threshold::Value(1.0))
        .inverse_psnr(Threshold::Value(1.0))
        .near_duplicates(NearDuplicates::Keep)
}
