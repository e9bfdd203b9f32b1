//! The image-quality kernels by the name that a request gives them.

use anyhow::{Context, bail};
use ndarray::{ArrayD, ArrayView2, ArrayView3, Ix2, Ix3};
use qunet_quality::{
    Border, LaplacianKernel, Pixel, QualityParams, QualityRecord, RegionStatistics,
    image_statistics, inverse_psnr, roi_statistics, score_volume, variance_of_laplacian,
};
use serde::Deserialize;

use crate::arrays::Array;
use crate::request::{Answer, Run};
use crate::timing::time;

/// What can be timed.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kernel {
    /// Variance of the 4-neighbour Laplacian of an image.
    VarianceOfLaplacian { border: Border },
    /// Inverse PSNR of an image, with replicated edges.
    InversePsnr { window: usize },
    /// Mean, variance and maximum of an image within the ROI, or of all of it.
    RegionStatistics,
    /// Every metric of every slice of a stack.
    ScoreVolume,
}

/// Times a kernel on the pixels and, where a second array is named, within it as the ROI.
pub(crate) fn run(run: &Run, kernel: Kernel, arrays: &[&Array]) -> anyhow::Result<Answer> {
    let (array, roi) = match arrays {
        [array] => (array, None),
        [array, roi] => (array, Some(roi.mask()?)),
        _ => bail!("a kernel of image quality takes pixels and at most one ROI"),
    };
    match array {
        Array::U8(pixels) => on(run, kernel, pixels, roi),
        Array::U16(pixels) => on(run, kernel, pixels, roi),
        Array::I16(pixels) => on(run, kernel, pixels, roi),
        Array::F32(pixels) => on(run, kernel, pixels, roi),
        _ => bail!("pixels are of the dtype u8, u16, i16 or f32"),
    }
}

fn on<T: Pixel>(
    run: &Run,
    kernel: Kernel,
    pixels: &ArrayD<T>,
    roi: Option<&ArrayD<bool>>,
) -> anyhow::Result<Answer> {
    match kernel {
        Kernel::VarianceOfLaplacian { border } => {
            let image = image(pixels)?;
            let kernel = LaplacianKernel::FourNeighbour;
            time(run, || variance_of_laplacian(&image, kernel, border), |&value| vec![Some(value)])
        }
        Kernel::InversePsnr { window } => {
            let (image, border) = (image(pixels)?, QualityParams::default().median_border);
            time(run, || inverse_psnr(&image, window, border), |&value| vec![value])
        }
        Kernel::RegionStatistics => region(run, &image(pixels)?, roi),
        Kernel::ScoreVolume => volume(run, &stack(pixels)?, roi),
    }
}

fn region<T: Pixel>(
    run: &Run,
    image: &ArrayView2<T>,
    roi: Option<&ArrayD<bool>>,
) -> anyhow::Result<Answer> {
    let values = |found: &RegionStatistics| vec![found.mean, found.variance, found.max];
    match roi {
        Some(mask) => {
            let mask = mask.view().into_dimensionality::<Ix2>()?;
            time(run, || roi_statistics(image, &mask), values)
        }
        None => time(run, || image_statistics(image), values),
    }
}

fn volume<T: Pixel>(
    run: &Run,
    stack: &ArrayView3<T>,
    roi: Option<&ArrayD<bool>>,
) -> anyhow::Result<Answer> {
    let mask = roi.map(|mask| mask.view().into_dimensionality::<Ix3>()).transpose()?;
    let params = QualityParams::default();
    let score = || score_volume(stack, mask.as_deref(), &params);
    time(run, score, |records| records.iter().flat_map(metrics).collect())
}

fn metrics(record: &QualityRecord) -> [Option<f64>; 4] {
    let laplacian = Some(record.variance_of_laplacian);
    [laplacian, record.inverse_psnr, record.roi_mean, record.roi_cov]
}

fn image<T>(pixels: &ArrayD<T>) -> anyhow::Result<ArrayView2<'_, T>> {
    pixels.view().into_dimensionality::<Ix2>().context("this kernel takes an image (H, W)")
}

fn stack<T>(pixels: &ArrayD<T>) -> anyhow::Result<ArrayView3<'_, T>> {
    pixels.view().into_dimensionality::<Ix3>().context("this kernel takes a stack (N, H, W)")
}
