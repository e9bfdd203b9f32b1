use qunet_quality::QualityRecord;

use crate::Threshold;

/// What each slice costs in quality: B / mean(B) + P / mean(P), lower = better; `None` where a
/// metric is undefined.
pub(super) fn costs(records: &[QualityRecord]) -> Vec<Option<f64>> {
    let finite = |record: &QualityRecord| Some(record.blurriness()).filter(|b| b.is_finite());
    let blurriness: Vec<f64> = records.iter().filter_map(finite).collect();
    let inverse_psnr: Vec<f64> = records.iter().filter_map(|record| record.inverse_psnr).collect();
    let mean = |values: &[f64]| Threshold::MeanScale(1.0).limit(values);
    let means = (mean(&blurriness), mean(&inverse_psnr));
    let cost = |record: &QualityRecord| {
        let (blur, psnr) = (means.0?, means.1?);
        // A mean of 0 is a stack without noise: nothing to tell slices apart by.
        let share = |value: f64, mean: f64| if mean > 0.0 { value / mean } else { 0.0 };
        Some(share(finite(record)?, blur) + share(record.inverse_psnr?, psnr))
    };
    records.iter().map(cost).collect()
}
