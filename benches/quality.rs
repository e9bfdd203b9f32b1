//! Image-quality kernels, each beside a plain loop or imageproc on the same pixels.

use std::{fmt::Debug, hint::black_box};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use image::GrayImage;
use imageproc::filter::median_filter as imageproc_median;
use ndarray::Array2;
use qunet_quality::{
    Border, LaplacianKernel, Pixel, inverse_psnr, roi_statistics, variance_of_laplacian,
};

const SIDES: [usize; 3] = [64, 256, 512];

/// Runs one bench function with u8, u16 and f32 images of every side.
macro_rules! for_each_image {
    ($criterion:expr, $name:literal, $bench:ident) => {
        let mut group = $criterion.benchmark_group($name);
        for side in SIDES {
            group.throughput(Throughput::Elements((side * side) as u64));
            let image = noise(side);
            $bench(&mut group, "u8", &image);
            $bench(&mut group, "u16", &image.mapv(|pixel| u16::from(pixel) * 257));
            $bench(&mut group, "f32", &image.mapv(|pixel| f32::from(pixel) / 255.0));
        }
        group.finish();
    };
}

type Group<'a> = criterion::BenchmarkGroup<'a, criterion::measurement::WallTime>;

/// Pixels of a linear congruential generator, the same in every run.
fn noise(side: usize) -> Array2<u8> {
    let mut state = 1_u32;
    Array2::from_shape_simple_fn((side, side), || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
}

fn disc(side: usize) -> Array2<bool> {
    Array2::from_shape_fn((side, side), |(y, x)| {
        let (dx, dy) = (x.abs_diff(side / 2), y.abs_diff(side / 2));
        (dx * dx + dy * dy) * 9 <= side * side
    })
}

fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected, "{found} is not {expected}");
}

/// Population variance in one pass of plain `f64` sums.
fn plain_variance(values: impl Iterator<Item = f64>) -> f64 {
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for value in values {
        count += 1.0;
        sum += value;
        squares += value * value;
    }
    squares / count - (sum / count).powi(2)
}

fn laplacian<T: Pixel>(group: &mut Group<'_>, pixel: &str, image: &Array2<T>) {
    let ours = |image: &Array2<T>| {
        variance_of_laplacian(image, LaplacianKernel::FourNeighbour, Border::Reflect101)
    };
    assert_close(ours(image).unwrap_or(f64::NAN), plain_laplacian(image));
    let parameter = format!("{pixel}/{}", image.nrows());
    group.bench_with_input(BenchmarkId::new("qunet", &parameter), image, |b, image| {
        b.iter(|| ours(black_box(image)));
    });
    group.bench_with_input(BenchmarkId::new("plain loop", &parameter), image, |b, image| {
        b.iter(|| plain_laplacian(black_box(image)));
    });
}

/// Variance of the 4-neighbour Laplacian with reflect-101, pixel by pixel.
fn plain_laplacian<T: Pixel>(image: &Array2<T>) -> f64 {
    let (height, width) = image.dim();
    let at = |y: usize, x: usize| -> f64 { image[[y, x]].into() };
    let before = |i: usize| if i == 0 { 1 } else { i - 1 };
    let after = |i: usize, side: usize| if i + 1 == side { side - 2 } else { i + 1 };
    plain_variance((0..height).flat_map(|y| {
        (0..width).map(move |x| {
            let vertical = at(before(y), x) + at(after(y, height), x);
            vertical + at(y, before(x)) + at(y, after(x, width)) - 4.0 * at(y, x)
        })
    }))
}

fn statistics<T: Pixel>(group: &mut Group<'_>, pixel: &str, image: &Array2<T>) {
    let mask = disc(image.nrows());
    let found = roi_statistics(image, &mask).ok().and_then(|inside| inside.variance);
    assert_close(found.unwrap_or(f64::NAN), plain_statistics(image, &mask));
    let parameter = format!("{pixel}/{}", image.nrows());
    group.bench_with_input(BenchmarkId::new("qunet", &parameter), image, |b, image| {
        b.iter(|| roi_statistics(black_box(image), black_box(&mask)));
    });
    group.bench_with_input(BenchmarkId::new("plain loop", &parameter), image, |b, image| {
        b.iter(|| plain_statistics(black_box(image), black_box(&mask)));
    });
}

fn plain_statistics<T: Pixel>(image: &Array2<T>, mask: &Array2<bool>) -> f64 {
    let pixels = image.iter().zip(mask).filter(|(_, inside)| **inside);
    plain_variance(pixels.map(|(&pixel, _)| pixel.into()))
}

fn contrast<T: Pixel + Debug>(group: &mut Group<'_>, pixel: &str, image: &Array2<T>) {
    let ours = |image: &Array2<T>| inverse_psnr(image, 3, Border::Replicate);
    assert!(matches!(ours(image), Ok(Some(value)) if value > 0.0));
    let id = BenchmarkId::new("qunet", format!("{pixel}/{}", image.nrows()));
    group.bench_with_input(id, image, |b, image| b.iter(|| ours(black_box(image))));
}

/// The same with imageproc's median, which knows u8 only.
fn contrast_by_imageproc(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("inverse_psnr_3");
    for side in SIDES {
        let image = noise(side);
        let Some(gray) =
            GrayImage::from_raw(side as u32, side as u32, image.iter().copied().collect())
        else {
            continue;
        };
        let ours = inverse_psnr(&image, 3, Border::Replicate).ok().flatten();
        assert_close(ours.unwrap_or(f64::NAN), imageproc_contrast(&gray));
        group.throughput(Throughput::Elements((side * side) as u64));
        let id = BenchmarkId::new("imageproc", format!("u8/{side}"));
        group.bench_with_input(id, &gray, |b, gray| b.iter(|| imageproc_contrast(black_box(gray))));
    }
    group.finish();
}

fn imageproc_contrast(image: &GrayImage) -> f64 {
    let medians = imageproc_median(image, 1, 1);
    let pairs = image.iter().zip(medians.iter());
    let variance =
        plain_variance(pairs.map(|(&pixel, &median)| f64::from(pixel) - f64::from(median)));
    variance / f64::from(image.iter().copied().max().unwrap_or(0))
}

fn kernels(criterion: &mut Criterion) {
    for_each_image!(criterion, "variance_of_laplacian", laplacian);
    for_each_image!(criterion, "roi_statistics", statistics);
    for_each_image!(criterion, "inverse_psnr_3", contrast);
}

criterion_group!(benches, kernels, contrast_by_imageproc);
criterion_main!(benches);
