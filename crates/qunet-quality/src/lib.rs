#![doc = include_str!("../README.md")]

mod band;
mod border;
mod check;
mod contrast;
mod error;
mod laplacian;
mod median;
mod moments;
mod params;
mod pixel;
mod record;
mod region;
mod score;
mod stack;
mod table;

pub use border::Border;
pub use contrast::inverse_psnr;
pub use error::{Error, Result};
pub use laplacian::{LaplacianKernel, blurriness, variance_of_laplacian};
pub use median::{LARGEST_MEDIAN_WINDOW, SMALLEST_MEDIAN_WINDOW, median_filter};
pub use params::QualityParams;
pub use pixel::Pixel;
pub use record::QualityRecord;
pub use region::{RegionStatistics, image_statistics, roi_statistics};
pub use score::{SliceImage, score_slice, score_slices, score_volume};
pub use stack::score_stack;
pub use table::write_csv;
