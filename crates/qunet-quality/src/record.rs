use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

/// The quality metrics of one slice.
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
}

impl QualityRecord {
    /// Blurriness B = 1 / variance of Laplacian, in (0, +inf]; higher = blurrier. A constant
    /// slice has +inf.
    #[must_use]
    pub fn blurriness(&self) -> f64 {
        1.0 / self.variance_of_laplacian
    }
}
