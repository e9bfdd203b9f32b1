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
    /// A record of a slice without inverse PSNR, region and further metrics.
    ///
    /// ```
    /// use qunet_quality::QualityRecord;
    /// use qunet_stack::SliceId;
    ///
    /// let record = QualityRecord::new(SliceId(3), 0.25).with_inverse_psnr(0.1);
    /// assert_eq!((record.blurriness(), record.inverse_psnr), (4.0, Some(0.1)));
    /// let record = record.with_region(812, 0.4, 0.02);
    /// assert_eq!((record.roi_pixels, record.roi_mean, record.roi_cov), (812, Some(0.4), Some(0.02)));
    /// ```
    #[must_use]
    pub fn new(id: SliceId, variance_of_laplacian: f64) -> Self {
        Self {
            id,
            variance_of_laplacian,
            inverse_psnr: None,
            roi_pixels: 0,
            roi_mean: None,
            roi_cov: None,
            further: BTreeMap::new(),
        }
    }

    /// The same record with an inverse PSNR.
    #[must_use]
    pub fn with_inverse_psnr(self, inverse_psnr: f64) -> Self {
        Self { inverse_psnr: Some(inverse_psnr), ..self }
    }

    /// The same record with the number of pixels of the region, their mean and their CoV.
    #[must_use]
    pub fn with_region(self, pixels: usize, mean: f64, cov: f64) -> Self {
        Self { roi_pixels: pixels as u64, roi_mean: Some(mean), roi_cov: Some(cov), ..self }
    }

    /// Blurriness B = 1 / variance of Laplacian, in (0, +inf]; higher = blurrier. A constant
    /// slice has +inf.
    #[must_use]
    pub fn blurriness(&self) -> f64 {
        1.0 / self.variance_of_laplacian
    }
}
