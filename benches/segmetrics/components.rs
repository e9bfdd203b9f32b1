//! Connected components: found and counted without a label array, and numbered in one.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group};
use ndarray::{Array3, Dimension};
use qunet_segmetrics::{Connectivity, Objects};

/// Side of the volume.
const CUBE: usize = 128;

fn components(criterion: &mut Criterion) {
    // Balls of 3 voxels' radius, eight voxels apart.
    let balls = Array3::from_shape_fn((CUBE, CUBE, CUBE), |(z, y, x)| {
        [z, y, x].map(|place| (place % 8).abs_diff(4).pow(2)).iter().sum::<usize>() <= 9
    });
    assert_eq!(found(&balls).map(|objects| objects.count()), Some((CUBE / 8).pow(3)));
    // Every other voxel at random: short runs, and neighbours that are hard to guess.
    let mut bits = 1_u64;
    let noise = Array3::from_shape_simple_fn((CUBE, CUBE, CUBE), || {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bits >> 63 == 1
    });

    for (name, mask) in [("balls", balls), ("noise", noise)] {
        let mut group = criterion.benchmark_group(format!("components_128x128x128_{name}"));
        group.throughput(Throughput::Elements(mask.len() as u64));
        group.bench_function("found", |b| b.iter(|| found(black_box(&mask))));
        group.bench_function("found and numbered", |b| {
            b.iter(|| found(black_box(&mask)).map(|objects| objects.labels()));
        });
        group.finish();
    }
}

fn found<D: Dimension>(mask: &ndarray::Array<bool, D>) -> Option<Objects<D>> {
    Objects::from_mask(mask, Connectivity::Full).ok()
}

criterion_group!(benches, components);
