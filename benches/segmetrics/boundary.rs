//! Surface distances of an image, beside all pairs of surface pixels, and of volumes.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group};
use ndarray::{Array2, Array3, ArrayRef, Dimension};
use qunet_segmetrics::{BoundaryOptions, SurfaceDistances};

use crate::masks::{SIDE, ball, disc};

/// Side of a volume.
const CUBE: usize = 64;

fn image(criterion: &mut Criterion) {
    let (prediction, truth) = (disc(128, 120, 40), disc(126, 130, 38));
    assert_eq!(hausdorff(&prediction, &truth), Some(plain_hausdorff(&prediction, &truth)));

    let mut group = criterion.benchmark_group("surface_distances_256");
    group.throughput(Throughput::Elements((SIDE * SIDE) as u64));
    group.bench_function("qunet", |b| {
        b.iter(|| hausdorff(black_box(&prediction), black_box(&truth)));
    });
    group.bench_function("all pairs", |b| {
        b.iter(|| plain_hausdorff(black_box(&prediction), black_box(&truth)));
    });
    group.finish();
}

fn volume(criterion: &mut Criterion) {
    let checkerboard = Array3::from_shape_fn((CUBE, CUBE, CUBE), |(z, y, x)| (z + y + x) % 2 == 1);
    let full = Array3::from_elem((CUBE, CUBE, CUBE), true);
    let cases = [
        ("balls", ball(CUBE, 16, 0), ball(CUBE, 16, 3)),
        ("checkerboard", checkerboard.clone(), !checkerboard),
        ("full", full.clone(), full),
    ];
    let mut group = criterion.benchmark_group("surface_distances_64x64x64");
    group.throughput(Throughput::Elements((CUBE * CUBE * CUBE) as u64));
    for (name, prediction, truth) in cases {
        assert!(hausdorff(&prediction, &truth).is_some());
        group.bench_function(name, |b| {
            b.iter(|| hausdorff(black_box(&prediction), black_box(&truth)));
        });
    }
    group.finish();
}

fn hausdorff<D: Dimension>(
    prediction: &ArrayRef<bool, D>,
    truth: &ArrayRef<bool, D>,
) -> Option<f64> {
    let spacing = vec![1.0; prediction.ndim()];
    let options = BoundaryOptions::default();
    SurfaceDistances::between(prediction, truth, &spacing, options).ok()?.hausdorff()
}

/// The farthest of the nearest, over all pairs of surface pixels.
fn plain_hausdorff(prediction: &Array2<bool>, truth: &Array2<bool>) -> f64 {
    let (prediction, truth) = (surface(prediction), surface(truth));
    let directed = |from: &[(usize, usize)], to: &[(usize, usize)]| {
        let square = |a: &(usize, usize), b: &(usize, usize)| {
            a.0.abs_diff(b.0).pow(2) + a.1.abs_diff(b.1).pow(2)
        };
        let nearest = |a| to.iter().map(|b| square(a, b)).min().unwrap_or(usize::MAX);
        from.iter().map(nearest).max().unwrap_or(0)
    };
    (directed(&prediction, &truth).max(directed(&truth, &prediction)) as f64).sqrt()
}

/// The pixels of a mask, which does not touch the edge, with a background pixel on one of four sides.
fn surface(mask: &Array2<bool>) -> Vec<(usize, usize)> {
    let on_surface = |(y, x): (usize, usize)| {
        let inner = mask[(y - 1, x)] && mask[(y + 1, x)] && mask[(y, x - 1)] && mask[(y, x + 1)];
        mask[(y, x)] && !inner
    };
    let foreground = mask.indexed_iter().filter(|(_, inside)| **inside).map(|(place, _)| place);
    foreground.filter(|&place| on_surface(place)).collect()
}

criterion_group!(benches, image, volume);
