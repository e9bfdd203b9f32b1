//! Every metric of every slice of a stack, with and without a region of interest, on one and two threads.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use ndarray::{Array3, ArrayRef3, Axis};
use qunet_quality::{
    Border, LaplacianKernel, QualityParams, QualityRecord, score_volume, variance_of_laplacian,
};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::images::{discs, stack};
use crate::plain::assert_close;

/// Slices and side of a CT of the chest, and of what stands for it where nothing is measured.
const WHOLE: (usize, usize) = (829, 512);
const SMALL: (usize, usize) = (5, 64);

pub(crate) fn all(criterion: &mut Criterion) {
    let (slices, side) = if measuring() { WHOLE } else { SMALL };
    let (volume, rois) = (stack(slices, side), discs(slices, side));
    let mut group = criterion.benchmark_group(format!("score_volume_{slices}x{side}x{side}_u8"));
    group.sample_size(10).throughput(Throughput::Elements(volume.len() as u64));
    for (name, roi) in [("without ROI", None), ("with ROI", Some(&*rois))] {
        check(&volume, &score(&volume, roi));
        for pool in [1, 2].into_iter().filter_map(pool) {
            let id = BenchmarkId::new(name, format!("{} threads", pool.current_num_threads()));
            group.bench_with_input(id, &volume, |b, volume| {
                b.iter(|| pool.install(|| score(black_box(volume), roi)));
            });
        }
    }
    group.finish();
}

/// Whether this is not a run under `--test`, which calls each bench once.
fn measuring() -> bool {
    !std::env::args().any(|argument| argument == "--test")
}

fn pool(threads: usize) -> Option<ThreadPool> {
    ThreadPoolBuilder::new().num_threads(threads).build().ok()
}

fn score(volume: &ArrayRef3<u8>, roi: Option<&ArrayRef3<bool>>) -> Vec<QualityRecord> {
    score_volume(volume, roi, &QualityParams::default()).unwrap_or_default()
}

/// Asserts that there is a record of each slice, the last one of the last slice.
fn check(volume: &Array3<u8>, records: &[QualityRecord]) {
    assert_eq!(records.len(), volume.len_of(Axis(0)));
    let last = volume.index_axis(Axis(0), records.len() - 1);
    let alone = variance_of_laplacian(&last, LaplacianKernel::FourNeighbour, Border::Reflect101);
    let found = records.last().map(|record| record.variance_of_laplacian);
    assert_close(found, alone.unwrap_or(f64::NAN));
}
