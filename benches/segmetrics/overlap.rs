//! Overlap metrics and head agreement of a slice, each beside a plain loop.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group};
use ndarray::Array2;
use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, OverlapScores, head_agreement};

use crate::masks::{SIDE, disc};

/// Probabilities that fall off from 1 around (`y`, `x`).
fn hill(y: usize, x: usize) -> Array2<f32> {
    Array2::from_shape_fn((SIDE, SIDE), |(row, col)| {
        let distance = row.abs_diff(y).pow(2) + col.abs_diff(x).pow(2);
        1.0 / (1.0 + distance as f32 / 2000.0)
    })
}

fn five_metrics(criterion: &mut Criterion) {
    let (prediction, truth) = (disc(128, 120, 60), disc(126, 130, 58));
    let ours = |prediction: &Array2<bool>, truth: &Array2<bool>| {
        let counts = ConfusionCounts::from_masks(prediction, truth);
        counts.map(|counts| counts.scores(EmptyPolicy::Undefined))
    };
    assert_eq!(ours(&prediction, &truth), Ok(plain_scores(&prediction, &truth)));

    let mut group = criterion.benchmark_group("five_metrics_256");
    group.throughput(Throughput::Elements((SIDE * SIDE) as u64));
    group.bench_function("qunet", |b| {
        b.iter(|| ours(black_box(&prediction), black_box(&truth)));
    });
    group.bench_function("plain loop", |b| {
        b.iter(|| plain_scores(black_box(&prediction), black_box(&truth)));
    });
    group.finish();
}

/// The metrics from a match on every pair of pixels.
fn plain_scores(prediction: &Array2<bool>, truth: &Array2<bool>) -> OverlapScores {
    let (mut tp, mut fp, mut fneg, mut tn) = (0.0, 0.0, 0.0, 0.0);
    for pair in prediction.iter().zip(truth) {
        match pair {
            (true, true) => tp += 1.0,
            (true, false) => fp += 1.0,
            (false, true) => fneg += 1.0,
            (false, false) => tn += 1.0,
        }
    }
    OverlapScores {
        precision: Some(tp / (tp + fp)),
        recall: Some(tp / (tp + fneg)),
        jaccard: Some(tp / (tp + fp + fneg)),
        dice: Some(2.0 * tp / (2.0 * tp + fp + fneg)),
        accuracy: Some((tp + tn) / (tp + fp + fneg + tn)),
    }
}

fn agreement(criterion: &mut Criterion) {
    let (level3, level4) = (hill(128, 120), hill(126, 130));
    let ours = |level3: &Array2<f32>, level4: &Array2<f32>| head_agreement(level3, level4, 0.5);
    let found = ours(&level3, &level4).ok().and_then(|heads| heads.jaccard());
    assert_eq!(found, Some(plain_agreement(&level3, &level4)));

    let mut group = criterion.benchmark_group("head_agreement_256");
    group.throughput(Throughput::Elements((SIDE * SIDE) as u64));
    group.bench_function("qunet", |b| {
        b.iter(|| ours(black_box(&level3), black_box(&level4)));
    });
    group.bench_function("plain loop with masks", |b| {
        b.iter(|| plain_agreement(black_box(&level3), black_box(&level4)));
    });
    group.finish();
}

/// Writes both masks, then counts.
fn plain_agreement(level3: &Array2<f32>, level4: &Array2<f32>) -> f64 {
    let (mask3, mask4) = (level3.mapv(|p| p > 0.5), level4.mapv(|p| p > 0.5));
    let intersection = (&mask3 & &mask4).iter().filter(|pixel| **pixel).count();
    let union = (&mask3 | &mask4).iter().filter(|pixel| **pixel).count();
    intersection as f64 / union as f64
}

criterion_group!(benches, five_metrics, agreement);
