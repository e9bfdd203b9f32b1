//! The kernels by the name that a request gives them.

use anyhow::{Context, bail};
use bytemuck::NoUninit;
use ndarray::{ArrayD, ArrayView2, ArrayView3, Ix2, Ix3};
use qunet_quality::{
    LaplacianKernel, Pixel, QualityParams, QualityRecord, RegionStatistics, image_statistics,
    inverse_psnr, roi_statistics, score_volume, variance_of_laplacian,
};

use crate::arrays::Array;
use crate::request::{Answer, Kernel, Run};
use crate::timing::{plain_read, time};

/// Runs what is asked on this thread's pool.
pub(crate) fn run(run: &Run, array: &Array, roi: Option<&Array>) -> anyhow::Result<Answer> {
    let roi = roi.map(Array::mask).transpose()?;
    match array {
        Array::U8(pixels) => on(run, pixels, roi),
        Array::U16(pixels) => on(run, pixels, roi),
        Array::I16(pixels) => on(run, pixels, roi),
        Array::F32(pixels) => on(run, pixels, roi),
        Array::Bool(_) => bail!("`{}` is a mask; name it as the ROI", run.array),
    }
}

fn on<T: Pixel + NoUninit>(
    run: &Run,
    pixels: &ArrayD<T>,
    roi: Option<&ArrayD<bool>>,
) -> anyhow::Result<Answer> {
    match run.kernel {
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
        Kernel::PlainRead => {
            let pixels = pixels.as_slice().context("the pixels are not in one piece")?;
            let bytes = bytemuck::cast_slice(pixels);
            time(run, || anyhow::Ok(plain_read(bytes)), |_| Vec::new())
        }
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
