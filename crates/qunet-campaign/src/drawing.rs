//! The figures that the pages of a run and of a campaign share.

use qunet_model::EpochRecord;
use qunet_quality::QualityRecord;
use qunet_report::{Figure, LossStage, QualityLimits, quality_along_z, quality_scatter};
use qunet_select::InitialSet;
use qunet_stack::SliceId;

use crate::Error;

/// The quality of all slices against each other and along z, with those asked for first and later.
pub(crate) fn quality(
    records: &[QualityRecord],
    initial: &InitialSet,
    (first, later): (&[SliceId], &[SliceId]),
) -> Result<[Figure; 2], Error> {
    let limits = QualityLimits {
        blurriness: initial.limits.blurriness,
        inverse_psnr: initial.limits.inverse_psnr,
    };
    Ok([
        quality_scatter(records, &initial.verdicts, &limits)?,
        quality_along_z(records, first, later)?,
    ])
}

/// The losses of one training.
pub(crate) fn losses(name: String, epochs: &[EpochRecord]) -> LossStage {
    LossStage { name, epochs: epochs.iter().map(|epoch| epoch.head_losses.clone()).collect() }
}
