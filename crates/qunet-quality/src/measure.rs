use ndarray::ArrayRef2;
use serde::{Deserialize, Serialize};

use crate::{
    Artefacts, Border, IntensityLimits, Metric, Pixel, Result, SaturatedShares, artefacts,
    blur_effect, cnr, entropy_focus_criterion, focus_ratio,
    further::{check_blur_size, check_notebook_range},
    laplacian_noise_sigma, notebook_cov, notebook_psnr_db, percentiles, region,
    rows::Raster,
    saturated_shares, snr, tenengrad, wavelet_noise_sigma,
};

/// What the metrics of [`Metric`] leave open.
///
/// Fields missing from a serialised form take the default's value, unknown ones are refused.
///
/// ```
/// use qunet_quality::MetricParams;
///
/// let params = MetricParams { blur_size: 1, ..MetricParams::default() };
/// let message = params.check().unwrap_err().to_string();
/// assert!(message.starts_with("blur_size is 1, but the rule is 2 <= blur_size"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricParams {
    /// Pixels beyond the edge, for [`tenengrad`]; reflect-101 by default, as in OpenCV.
    pub tenengrad_border: Border,
    /// Side of the filter of [`blur_effect`], 2 to 1023; 11 by default, as in scikit-image.
    pub blur_size: usize,
    /// Where pixels are saturated, for [`saturated_shares`]; `None`, the default, is the range of
    /// an integer pixel type and leaves the shares of `f32` images undefined.
    pub intensity_limits: Option<IntensityLimits>,
    /// The largest possible intensity, for [`notebook_psnr_db`]; 255 by default, as there.
    pub notebook_range: f64,
}

impl Default for MetricParams {
    fn default() -> Self {
        Self {
            tenengrad_border: Border::Reflect101,
            blur_size: 11,
            intensity_limits: None,
            notebook_range: 255.0,
        }
    }
}

impl MetricParams {
    /// Checks every field, but whether the pixel type holds a border's constant.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) with the field, its value and the rule.
    pub fn check(&self) -> Result<()> {
        check_blur_size(self.blur_size)?;
        check_notebook_range(self.notebook_range)?;
        self.intensity_limits.map_or(Ok(()), IntensityLimits::check)
    }
}

/// One metric of a slice.
///
/// `image` and `roi` are (H, W); range and direction are those of the metric's function. Without
/// `roi` all pixels count. [`Metric::Snr`] and [`Metric::Cnr`] take the pixels outside `roi` as
/// the background, so they read them, and are `None` without `roi`; [`Metric::ConstantBorder`],
/// [`Metric::BurntInText`] and [`Metric::NotebookPsnrDb`] read the whole slice.
///
/// # Errors
/// Those of the metric's function.
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::{Metric, MetricParams, measure};
///
/// let params = MetricParams::default();
/// let median = measure(Metric::Percentile50, &array![[3_u8, 9, 4]], None, &params)?;
/// assert_eq!(median, Some(4.0));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn measure<T: Pixel>(
    metric: Metric,
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
    params: &MetricParams,
) -> Result<Option<f64>> {
    match metric {
        Metric::FocusRatio => focus_ratio(image, roi),
        Metric::Tenengrad => tenengrad(image, roi, params.tenengrad_border),
        Metric::BlurEffect => blur_effect(image, roi, params.blur_size),
        Metric::WaveletNoiseSigma => wavelet_noise_sigma(image, roi),
        Metric::LaplacianNoiseSigma => laplacian_noise_sigma(image, roi),
        Metric::Snr => against_outside(image, roi, snr),
        Metric::Cnr => against_outside(image, roi, |image, inside, outside| {
            cnr(image, inside, outside, outside)
        }),
        Metric::EntropyFocusCriterion => entropy_focus_criterion(image, roi),
        Metric::TextbookCov => textbook_cov(image, roi),
        Metric::Percentile1 => percentile(image, roi, 1.0),
        Metric::Percentile50 => percentile(image, roi, 50.0),
        Metric::Percentile99 => percentile(image, roi, 99.0),
        Metric::SaturatedLow => saturated(image, roi, params, |shares| shares.low),
        Metric::SaturatedHigh => saturated(image, roi, params, |shares| shares.high),
        Metric::ConstantBorder => flag(image, roi, |found| found.constant_border.is_any()),
        Metric::BurntInText => flag(image, roi, Artefacts::has_text),
        Metric::NotebookPsnrDb => notebook_psnr_db(image, params.notebook_range),
        Metric::NotebookCov => notebook_cov(image, roi),
    }
}

fn against_outside<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
    ratio: impl Fn(&ArrayRef2<T>, &ArrayRef2<bool>, &ArrayRef2<bool>) -> Result<Option<f64>>,
) -> Result<Option<f64>> {
    match roi {
        Some(inside) => ratio(image, inside, &inside.mapv(|inside| !inside)),
        None => Raster::finite(image, None).map(|_| None),
    }
}

fn textbook_cov<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
) -> Result<Option<f64>> {
    Ok(region::statistics(image, roi)?.coefficient_of_variation())
}

fn percentile<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
    percent: f64,
) -> Result<Option<f64>> {
    Ok(percentiles(image, roi, [percent])?.map(|[percentile]| percentile))
}

fn saturated<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
    params: &MetricParams,
    share: fn(SaturatedShares) -> f64,
) -> Result<Option<f64>> {
    match params.intensity_limits.or_else(IntensityLimits::from_pixel_type::<T>) {
        Some(limits) => Ok(saturated_shares(image, roi, limits)?.map(share)),
        None => Raster::finite(image, roi).map(|_| None),
    }
}

fn flag<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
    is_set: impl Fn(&Artefacts) -> bool,
) -> Result<Option<f64>> {
    Ok(Some(f64::from(u8::from(is_set(&artefacts(image, roi)?)))))
}
