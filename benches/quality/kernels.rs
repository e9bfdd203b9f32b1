//! One kernel on one image: every pixel type and side, with and without a region of interest.

use std::hint::black_box;

use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, measurement::WallTime};
use image::GrayImage;
use ndarray::Array2;
use qunet_quality::{
    Border, LaplacianKernel, Pixel, image_statistics, inverse_psnr, roi_statistics,
    variance_of_laplacian,
};

use crate::images::{SIDES, disc, noise};
use crate::plain;

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// Runs one bench function with images of every pixel type and side.
macro_rules! for_each_image {
    ($criterion:expr, $name:literal, $bench:ident) => {
        let mut group = $criterion.benchmark_group($name);
        for side in SIDES {
            group.throughput(Throughput::Elements((side * side) as u64));
            let image = noise(side);
            $bench(&mut group, "u8", &image);
            $bench(&mut group, "u16", &image.mapv(|pixel| u16::from(pixel) * 257));
            $bench(&mut group, "i16", &image.mapv(|pixel| i16::from(pixel) * 16 - 1024));
            $bench(&mut group, "f32", &image.mapv(|pixel| f32::from(pixel) / 255.0));
        }
        group.finish();
    };
}

pub(crate) fn all(criterion: &mut Criterion) {
    for_each_image!(criterion, "variance_of_laplacian", laplacian);
    for_each_image!(criterion, "image_statistics", statistics);
    for_each_image!(criterion, "roi_statistics", statistics_inside);
    for_each_image!(criterion, "inverse_psnr_3", contrast);
}

/// Benches one function under `name`, for instance on `u8/512`.
fn bench<T, R>(
    group: &mut Group<'_>,
    (name, pixel): (&str, &str),
    image: &Array2<T>,
    call: impl Fn(&Array2<T>) -> R,
) {
    let id = BenchmarkId::new(name, format!("{pixel}/{}", image.nrows()));
    group.bench_with_input(id, image, |b, image| b.iter(|| call(black_box(image))));
}

fn laplacian<T: Pixel>(group: &mut Group<'_>, pixel: &str, image: &Array2<T>) {
    let ours = |image: &Array2<T>| {
        variance_of_laplacian(image, LaplacianKernel::FourNeighbour, Border::Reflect101)
    };
    plain::assert_close(ours(image).ok(), plain::laplacian(image));
    bench(group, ("qunet", pixel), image, ours);
    bench(group, ("plain loop", pixel), image, plain::laplacian);
}

fn statistics<T: Pixel>(group: &mut Group<'_>, pixel: &str, image: &Array2<T>) {
    let found = image_statistics(image).ok().and_then(|all| all.variance);
    plain::assert_close(found, plain::of_all(image));
    bench(group, ("qunet", pixel), image, |image| image_statistics(image));
    bench(group, ("plain loop", pixel), image, plain::of_all);
}

fn statistics_inside<T: Pixel>(group: &mut Group<'_>, pixel: &str, image: &Array2<T>) {
    let mask = disc(image.nrows());
    let found = roi_statistics(image, &mask).ok().and_then(|inside| inside.variance);
    plain::assert_close(found, plain::inside(image, &mask));
    bench(group, ("qunet", pixel), image, |image| roi_statistics(image, black_box(&mask)));
    bench(group, ("plain loop", pixel), image, |image| plain::inside(image, black_box(&mask)));
}

fn contrast<T: Pixel>(group: &mut Group<'_>, pixel: &str, image: &Array2<T>) {
    let ours = |image: &Array2<T>| inverse_psnr(image, 3, Border::Replicate);
    assert!(matches!(ours(image), Ok(Some(value)) if value > 0.0));
    bench(group, ("qunet", pixel), image, ours);
}

/// The same with imageproc's median, which knows u8 only.
pub(crate) fn contrast_by_imageproc(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("inverse_psnr_3");
    for side in SIDES {
        let image = noise(side);
        let pixels = image.iter().copied().collect();
        let Some(gray) = GrayImage::from_raw(side as u32, side as u32, pixels) else {
            continue;
        };
        let ours = inverse_psnr(&image, 3, Border::Replicate).ok().flatten();
        plain::assert_close(ours, plain::contrast_by_imageproc(&gray));
        group.throughput(Throughput::Elements((side * side) as u64));
        let id = BenchmarkId::new("imageproc", format!("u8/{side}"));
        group.bench_with_input(id, &gray, |b, gray| {
            b.iter(|| plain::contrast_by_imageproc(black_box(gray)));
        });
    }
    group.finish();
}
