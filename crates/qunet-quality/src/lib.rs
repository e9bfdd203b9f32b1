#![doc = include_str!("../README.md")]

mod band;
mod border;
mod check;
mod contrast;
mod error;
mod further;
mod kernels;
mod laplacian;
mod linear;
mod measure;
mod median;
mod metric;
mod moments;
mod neighbours;
mod params;
mod pixel;
mod record;
mod region;
mod responses;
mod rows;
mod scaled;
mod score;
mod stack;
mod stream;
mod table;
mod threads;

pub use border::Border;
pub use contrast::{inverse_psnr, inverse_psnr_within};
pub use error::{Error, Result};
pub use further::{
    Artefacts, ConstantBorder, IntensityLimits, LARGEST_BLUR_SIZE, SMALLEST_BLUR_SIZE,
    SaturatedShares, TextLine, artefacts, blur_effect, cnr, entropy_focus_criterion, focus_ratio,
    laplacian_noise_sigma, notebook_cov, notebook_psnr_db, percentiles, saturated_shares, snr,
    tenengrad, wavelet_noise_sigma,
};
pub use laplacian::{
    LaplacianKernel, blurriness, variance_of_laplacian, variance_of_laplacian_within,
};
pub use measure::{MetricParams, measure};
pub use median::{LARGEST_MEDIAN_WINDOW, SMALLEST_MEDIAN_WINDOW, median_filter};
pub use metric::Metric;
pub use params::QualityParams;
pub use pixel::Pixel;
pub use record::QualityRecord;
pub use region::{RegionStatistics, image_statistics, roi_statistics};
pub use score::{SliceImage, score_slice, score_slices, score_volume};
pub use stack::{score_file, score_stack};
pub use stream::score_stream;
pub use table::{TableFault, read_csv, read_json, write_csv, write_json};
pub use threads::with_threads;
