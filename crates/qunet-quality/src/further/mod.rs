//! Metrics beyond the paper: focus, noise, contrast between regions, intensity range, artefacts.

mod artefacts;
mod blur;
mod components;
mod entropy;
mod focus;
mod inner;
mod noise;
mod notebook;
mod order;
mod percentile;
mod pixels;
mod saturation;
mod signal;
mod text;
mod wavelet;
mod windows;

pub use artefacts::{Artefacts, ConstantBorder, TextLine, artefacts};
pub(crate) use blur::check_size as check_blur_size;
pub use blur::{LARGEST_BLUR_SIZE, SMALLEST_BLUR_SIZE, blur_effect};
pub use entropy::entropy_focus_criterion;
pub use focus::{focus_ratio, tenengrad};
pub use noise::laplacian_noise_sigma;
pub(crate) use notebook::check_range as check_notebook_range;
pub use notebook::{notebook_cov, notebook_psnr_db};
pub use percentile::percentiles;
pub use saturation::{IntensityLimits, SaturatedShares, saturated_shares};
pub use signal::{cnr, snr};
pub use wavelet::wavelet_noise_sigma;
