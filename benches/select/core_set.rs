//! k-centre core-set over feature vectors.

use ndarray::Array2;
use qunet_select::{CoreSet, Pool, Request, Strategy};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::row::Row;
use crate::timing::runs;

const FEATURES: usize = 512;
const PICKS: usize = 100;

pub(crate) fn rows(quick: bool) -> anyhow::Result<Vec<Row>> {
    let sizes: &[usize] = if quick { &[1000] } else { &[1000, 10_000, 100_000] };
    let mut rows = Vec::new();
    for &slices in sizes {
        for (name, features) in [("noise", noise(slices)), ("stacks", stacks(slices))] {
            let pool = Pool::of_stack(slices)?.with_features(&features)?;
            let select = || CoreSet::default().select(&pool, &Request::new(PICKS, 0));
            anyhow::ensure!(select()?.picks().len() == PICKS, "picks are missing");
            let what = format!("core set, {PICKS} picks by {FEATURES} features, {name}");
            rows.push(Row::new(what, slices, runs(3, select)));
        }
    }
    Ok(rows)
}

/// No slice is like another: the worst case.
fn noise(slices: usize) -> Array2<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    Array2::from_shape_simple_fn((slices, FEATURES), || random.random())
}

/// Stacks of 100 slices, each of which resembles the one before.
fn stacks(slices: usize) -> Array2<f32> {
    let mut features = noise(slices);
    let mut random = ChaCha8Rng::seed_from_u64(2);
    for slice in (0..slices).filter(|slice| slice % 100 != 0) {
        for feature in 0..FEATURES {
            let step: f32 = random.random_range(-0.05..0.05);
            features[[slice, feature]] = features[[slice - 1, feature]] + step;
        }
    }
    features
}
