//! The two scores of a slice, checked, and joined with its verdict.

use std::collections::BTreeMap;

use qunet_quality::QualityRecord;
use qunet_select::{SliceVerdict, Verdict};
use qunet_stack::SliceId;

use crate::Error;

/// The verdict on each slice of `records`, in their order.
pub(crate) fn verdicts_of(
    records: &[QualityRecord],
    verdicts: &[SliceVerdict],
) -> Result<Vec<Verdict>, Error> {
    if verdicts.len() != records.len() {
        return Err(Error::LengthMismatch {
            what: "verdicts",
            expected: records.len(),
            found: verdicts.len(),
        });
    }
    let by_id: BTreeMap<SliceId, Verdict> = verdicts.iter().map(|v| (v.id, v.verdict)).collect();
    let verdict = |record: &QualityRecord| {
        let slice = record.id;
        by_id.get(&slice).copied().ok_or(Error::MissingVerdict { slice })
    };
    records.iter().map(verdict).collect()
}

/// Refuses records whose scores are no numbers.
pub(crate) fn check(records: &[QualityRecord]) -> Result<(), Error> {
    if records.is_empty() {
        return Err(Error::Empty { what: "quality records" });
    }
    for record in records {
        let SliceId(index) = record.id;
        let variance = record.variance_of_laplacian;
        check_number("variance of Laplacian", index, variance)?;
        if let Some(contrast) = record.inverse_psnr {
            check_number("inverse PSNR", index, contrast)?;
        }
    }
    Ok(())
}

fn check_number(what: &'static str, index: usize, value: f64) -> Result<(), Error> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err(Error::InvalidNumber { what, index, value, rule: "finite and not negative" })
}
