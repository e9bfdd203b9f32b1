//! Intervals of a mean over 1,000 cases, beside plain draws without an interval.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group};
use qunet_segmetrics::{Bootstrap, Interval};

/// Number of cases.
const CASES: usize = 1000;

fn intervals(criterion: &mut Criterion) {
    let values: Vec<f64> = (0..CASES).map(|case| (case * 7919 % CASES) as f64 / 1e3).collect();
    let bootstrap = Bootstrap::default();
    let cases = || values.iter().copied().map(Some);
    let volumes = || values.iter().enumerate().map(|(slice, &value)| (slice / 10, Some(value)));
    // The standard error of the mean is 0.289 / sqrt(1000) = 0.0091.
    let length = |interval: Interval| interval.high - interval.low;
    let found = bootstrap.mean(cases()).ok().flatten().map(length);
    assert!(found.is_some_and(|length| (length - 2.0 * 1.96 * 0.0091).abs() < 0.002));

    let mut group = criterion.benchmark_group("bootstrap_1000_cases_10000_resamples");
    group.sample_size(10);
    group.throughput(Throughput::Elements((CASES * bootstrap.resamples) as u64));
    group.bench_function("mean", |b| b.iter(|| bootstrap.mean(black_box(cases()))));
    group.bench_function("mean of 100 volumes of 10 slices", |b| {
        b.iter(|| bootstrap.clustered_mean(black_box(volumes())));
    });
    group.bench_function("plain sums of drawn values", |b| {
        b.iter(|| plain_sums(black_box(&values), bootstrap.resamples));
    });
    group.finish();
}

/// Sums of values at places from a multiplicative generator: the least that drawing can cost.
fn plain_sums(values: &[f64], resamples: usize) -> Vec<f64> {
    let mut state = 1_u64;
    let mut draw = || {
        state = state.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        values[(((state >> 32) * values.len() as u64) >> 32) as usize]
    };
    (0..resamples).map(|_| (0..values.len()).map(|_| draw()).sum()).collect()
}

criterion_group!(benches, intervals);
