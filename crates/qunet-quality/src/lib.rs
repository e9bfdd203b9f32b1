//! Numbers about one image of a stack, from its raw pixels: how blurred it is, how noisy, and what
//! its region of interest holds.
//!
//! This is step 1 of QU-net++ (S. Roychowdhury, *QU-net++: Image Quality Detection Framework for
//! Segmentation of Medical 3D Image Stacks*, 2021, section II-B). The crate measures; another crate
//! chooses slices by these numbers.
//!
//! # Example: the sharpest slice
//!
//! [`score_volume`] gives a [`QualityRecord`] for each slice of an array:
//!
//! ```
//! use ndarray::Array3;
//! use qunet_quality::{QualityParams, score_volume};
//!
//! let volume = Array3::from_shape_fn((4, 32, 32), |(z, y, x)| ((x * y) >> z) as u16);
//! let records = score_volume(&volume, None, &QualityParams::default())?;
//! let sharpest = records.iter().min_by(|a, b| a.blurriness().total_cmp(&b.blurriness()));
//! assert_eq!(sharpest.map(|record| record.id.0), Some(0));
//! # Ok::<(), qunet_quality::Error>(())
//! ```
//!
//! # Example: other settings, more metrics
//!
//! [`QualityParams`] holds the settings, the paper's by default, and names metrics to measure
//! besides. Records are written as a table and read back:
//!
//! ```
//! use ndarray::Array3;
//! use qunet_quality::{Metric, QualityParams, read_csv, score_volume, with_threads, write_csv};
//!
//! let volume = Array3::from_shape_fn((4, 32, 32), |(z, y, x)| ((x * y) >> z) as u16);
//! let params = QualityParams {
//!     median_window: 5,
//!     further: [Metric::FocusRatio, Metric::WaveletNoiseSigma].into(),
//!     ..QualityParams::default()
//! };
//! let records = with_threads(2, || score_volume(&volume, None, &params))??;
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("quality.csv");
//! write_csv(&path, &records)?;
//! assert_eq!(read_csv(&path)?, records);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Scores
//!
//! | Function | Input |
//! |---|---|
//! | [`score_slice`] | one slice (H, W) |
//! | [`score_volume`] | an array (N, H, W) |
//! | [`score_stack`] | a `Stack`, with its scaling and its region of interest |
//! | [`score_view`] | one slice of a stack, with the scaling of the stack |
//! | [`score_file`] | a file or folder, read a slice at a time |
//!
//! [`QualityParams`] are the settings of all five, [`QualityRecord`] is the result for one slice.
//! [`with_threads`] sets the number of threads. [`write_csv`], [`write_json`], [`read_csv`] and
//! [`read_json`] keep records in files; a [`TableFault`] says what is wrong with such a file.
//!
//! # Metrics of the paper
//!
//! | Function | Quantity | Range | Higher means |
//! |---|---|---|---|
//! | [`variance_of_laplacian`], [`variance_of_laplacian_within`] | population variance of the Laplacian | [0, inf) | sharper |
//! | [`blurriness`] | 1 / variance of the Laplacian | (0, inf] | blurrier |
//! | [`inverse_psnr`], [`inverse_psnr_within`] | Var(I - median(I)) / max(I) | [0, inf) | lower contrast |
//! | [`image_statistics`], [`roi_statistics`] | [`RegionStatistics`]: pixels, mean, variance, maximum; [`cov`](RegionStatistics::cov) = variance / maximum | | |
//!
//! A [`LaplacianKernel`] holds the weights of the Laplacian, a [`Border`] says what lies beyond the
//! edge. [`median_filter`] is the filter by itself, for windows of [`SMALLEST_MEDIAN_WINDOW`] to
//! [`LARGEST_MEDIAN_WINDOW`]. Functions on `_within` measure a region whose edge adds no energy.
//!
//! # Further metrics
//!
//! [`measure`] computes any [`Metric`] by its name, with [`MetricParams`]; these are its functions:
//!
//! - focus and blur: [`focus_ratio`], [`tenengrad`], [`blur_effect`] (filters of
//!   [`SMALLEST_BLUR_SIZE`] to [`LARGEST_BLUR_SIZE`]);
//! - noise: [`wavelet_noise_sigma`], [`laplacian_noise_sigma`], [`snr`], [`cnr`];
//! - intensities: [`percentiles`], [`entropy_focus_criterion`], [`saturated_shares`] (gives
//!   [`SaturatedShares`] beyond [`IntensityLimits`]);
//! - artefacts: [`artefacts()`] finds [`Artefacts`], which are a [`ConstantBorder`] and [`TextLine`]s;
//! - the author's notebooks: [`notebook_psnr_db`], [`notebook_cov`].
//!
//! # Conventions
//!
//! - Images are (H, W), volumes (N, H, W), of `u8`, `u16`, `i16` or `f32` ([`Pixel`]). Views of any
//!   stride are read in place. Integer pixels are summed as exact integers, `f32` in `f64`; results
//!   are `f64`.
//! - Variances are population variances.
//! - The border is an argument. The defaults are OpenCV's: reflect-101 for the Laplacian,
//!   replicated edges for the median.
//! - An undefined value is `None`, never NaN: no positive maximum, or an empty region. A constant
//!   image has blurriness +inf. An image without pixels, or with a NaN or infinite pixel, is an
//!   [`Error`] that names the place; functions of a region read inside it only and accept such
//!   pixels outside. [`Result`] is the result of every function.
//! - Inverse PSNR and CoV divide by the maximum, so they depend on where the intensity scale
//!   starts. Bring Hounsfield units to a scale that starts at zero first, all slices in the same
//!   way. [`score_stack`] and [`score_file`] do so without a scaled copy where they can: they measure
//!   the stored pixels and apply the scale to the metrics.
//! - The edge of a region is treated as the edge of an image. A neighbour outside is found within
//!   the run of region pixels along the column, then along the row, by the border's rule. A
//!   rectangle gives what its crop gives.
//! - Results depend neither on the number of threads nor on the instruction set: integers are
//!   summed exactly, and floating-point sums have a fixed order. Loops are compiled for AVX-512,
//!   AVX2 and the target's baseline, and one is picked at run time. There is no unsafe code.
//! - The columns of a table are `slice`, `variance_of_laplacian`, `blurriness`, `inverse_psnr`,
//!   `roi_pixels`, `roi_mean`, `roi_cov`, and one for each further metric. An undefined value is an
//!   empty field in CSV and `null` in JSON. An infinite blurriness is `inf` in CSV and, because
//!   JSON has no infinity, `null` there; it follows from `variance_of_laplacian` and is not read
//!   back.
//!
//! The crate has no features.

mod contrast;
mod error;
mod further;
mod kernels;
mod laplacian;
mod measure;
mod median;
mod metric;
mod moments;
mod params;
mod pixel;
mod record;
mod region;
mod responses;
mod rows;
mod score;
mod table;

pub use contrast::{inverse_psnr, inverse_psnr_within};
pub use error::{Error, Result, TableFault};
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
pub use rows::Border;
pub use score::{score_file, score_slice, score_stack, score_view, score_volume, with_threads};
pub use table::{read_csv, read_json, write_csv, write_json};
