use qunet_quality::QualityRecord;

use super::StackRecords;
use crate::error::{require, require_distinct};
use crate::{CandidateId, Column, Error};

/// Refuses stacks that cannot be judged.
pub(super) fn check(stacks: &[StackRecords<'_>]) -> Result<(), Error> {
    if stacks.iter().all(|it| it.records.is_empty()) {
        return Err(Error::NoSlices);
    }
    for (stack, it) in stacks.iter().enumerate() {
        if it.records.is_empty() {
            return Err(Error::NoRecords { stack });
        }
        let spacing = it.slice_spacing.unwrap_or(1.0);
        let holds = spacing > 0.0 && spacing.is_finite();
        require(holds, "slice_spacing", spacing, "a spacing must be positive")?;
        require_distinct(it.records.iter().map(|record| record.id)).map_err(|slice| {
            let candidate = CandidateId { stack, slice };
            Error::Repeated { column: Column::Quality, candidate }
        })?;
        it.records.iter().try_for_each(|record| metrics(record, stack))?;
    }
    Ok(())
}

/// Refuses a metric that no slice can have.
fn metrics(record: &QualityRecord, stack: usize) -> Result<(), Error> {
    let numbers = [
        ("variance_of_laplacian", Some(record.variance_of_laplacian), 0.0),
        ("inverse_psnr", record.inverse_psnr, 0.0),
        ("roi_mean", record.roi_mean, f64::MIN),
        ("roi_cov", record.roi_cov, 0.0),
    ];
    for (field, value, least) in numbers {
        let value = value.unwrap_or(least);
        if !(least..=f64::MAX).contains(&value) {
            let candidate = CandidateId { stack, slice: record.id };
            let rule = "a metric is finite, and not negative unless it is a mean; score it anew";
            return Err(Error::Record { candidate, field, value, rule });
        }
    }
    Ok(())
}
