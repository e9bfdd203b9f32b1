//! Metrics beyond the paper: focus, noise, contrast between regions, intensity range, artefacts.

mod artefacts;
mod blur;
mod components;
mod focus;
mod intensity;
mod noise;
mod notebook;
mod signal;
mod windows;

pub use artefacts::{Artefacts, ConstantBorder, TextLine, artefacts};
pub(crate) use blur::check_size as check_blur_size;
pub use blur::{LARGEST_BLUR_SIZE, SMALLEST_BLUR_SIZE, blur_effect};
pub use focus::{focus_ratio, tenengrad};
pub use intensity::{
    IntensityLimits, SaturatedShares, entropy_focus_criterion, percentiles, saturated_shares,
};
pub use noise::{laplacian_noise_sigma, wavelet_noise_sigma};
pub(crate) use notebook::check_range as check_notebook_range;
pub use notebook::{notebook_cov, notebook_psnr_db};
pub use signal::{cnr, snr};
