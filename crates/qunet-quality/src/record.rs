use std::collections::BTreeMap;

use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

use crate::Metric;

/// The quality metrics of one slice, section II-B of S. Roychowdhury, QU-net++ (2021).
///
/// ```
/// use ndarray::array;
/// use qunet_quality::{QualityParams, score_slice};
/// use qunet_stack::SliceId;
///
/// // L = [4, -4]: variance 16.
/// let record = score_slice(SliceId(0), &array![[0_u8, 2]], None, &QualityParams::paper())?;
/// assert_eq!((record.variance_of_laplacian, record.blurriness()), (16.0, 1.0 / 16.0));
/// assert_eq!((record.roi_mean, record.roi_cov), (Some(1.0), Some(0.5)));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityRecord {
    /// Which slice.
    pub id: SliceId,
    /// Population variance of the Laplacian, >= 0; higher = sharper.
    pub variance_of_laplacian: f64,
    /// Var(I - median(I)) / max(I), >= 0; higher = lower contrast. `None` where max(I) <= 0.
    pub inverse_psnr: Option<f64>,
    /// Pixels inside the region of interest (the whole slice where none is given).
    pub roi_pixels: u64,
    /// Mean of the pixels inside the region; `None` where it is empty.
    pub roi_mean: Option<f64>,
    /// Var / max of the pixels inside the region (the paper's CoV); `None` where it is empty or
    /// its maximum is not positive.
    pub roi_cov: Option<f64>,
    /// Further metrics, those that [`QualityParams::further`](crate::QualityParams::further)
    /// names; `None` where one is undefined.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub further: BTreeMap<Metric, Option<f64>>,
}

impl QualityRecord {
    /// Blurriness B = 1 / variance of Laplacian, in (0, +inf]; higher = blurrier. A constant
    /// slice has +inf.
    #[must_use]
    pub fn blurriness(&self) -> f64 {
        1.0 / self.variance_of_laplacian
    }
}
