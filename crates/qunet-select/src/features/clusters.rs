use ndarray::{Array2, ArrayRef2};
use rayon::prelude::*;

use super::squared_distance;
use crate::draws::uniform;

/// Rounds of Lloyd's algorithm, if it does not converge before.
const ROUNDS: usize = 25;

/// The cluster of each of the given rows: k-means from k-means++ starts.
///
/// The same on any number of threads and in any order of the candidates: starts are drawn with one
/// number each from one seed, distances are independent of each other and run in parallel, and the
/// sums that depend on their order (weights, centres) run on one thread in the order of the rows.
pub(crate) fn clusters(
    features: &ArrayRef2<f32>,
    rows: &[usize],
    count: usize,
    seed: u64,
) -> Vec<usize> {
    let mut centres = starts(features, rows, count, seed);
    let mut nearest = assign(features, rows, &centres);
    for _ in 0..ROUNDS {
        move_centres(features, rows, &nearest, &mut centres);
        let next = assign(features, rows, &centres);
        if next == nearest {
            break;
        }
        nearest = next;
    }
    nearest
}

fn row(features: &ArrayRef2<f32>, place: usize) -> &[f32] {
    features.row(place).to_slice().unwrap_or_default()
}

/// Each start is drawn in proportion to the squared distance from those before.
fn starts(features: &ArrayRef2<f32>, rows: &[usize], count: usize, seed: u64) -> Array2<f32> {
    let mut centres = Array2::zeros((count, features.ncols()));
    let mut weights = vec![f64::INFINITY; rows.len()];
    for (index, draw) in uniform(count, seed).into_iter().enumerate() {
        let chosen = if index == 0 {
            ((draw * rows.len() as f64) as usize).min(rows.len() - 1)
        } else {
            drawn(&weights, draw)
        };
        let start = row(features, rows[chosen]);
        centres.row_mut(index).assign(&features.row(rows[chosen]));
        weights.par_iter_mut().zip(rows).with_min_len(256).for_each(|(weight, &place)| {
            *weight = weight.min(squared_distance(row(features, place), start));
        });
    }
    centres
}

/// The place at which the running sum of the weights passes that share of the whole; the first
/// where all weights are 0.
fn drawn(weights: &[f64], share: f64) -> usize {
    let whole: f64 = weights.iter().sum();
    let mut sum = 0.0;
    let passes = |weight: &f64| {
        sum += weight;
        sum > share * whole
    };
    weights.iter().position(passes).unwrap_or(0)
}

fn assign(features: &ArrayRef2<f32>, rows: &[usize], centres: &Array2<f32>) -> Vec<usize> {
    let nearest = |&place: &usize| {
        let distance =
            |&centre: &usize| squared_distance(row(features, place), row(centres, centre));
        (0..centres.nrows())
            .map(|centre| (distance(&centre), centre))
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
            .map_or(0, |(_, centre)| centre)
    };
    rows.par_iter().with_min_len(64).map(nearest).collect()
}

/// Each centre becomes the mean of its rows, added in their order; one without rows stays.
fn move_centres(
    features: &ArrayRef2<f32>,
    rows: &[usize],
    nearest: &[usize],
    centres: &mut Array2<f32>,
) {
    let mut sums = Array2::<f64>::zeros(centres.dim());
    let mut sizes = vec![0_usize; centres.nrows()];
    for (&place, &centre) in rows.iter().zip(nearest) {
        sizes[centre] += 1;
        for (sum, &value) in sums.row_mut(centre).iter_mut().zip(row(features, place)) {
            *sum += f64::from(value);
        }
    }
    for (index, &size) in sizes.iter().enumerate().filter(|(_, size)| **size > 0) {
        for (value, sum) in centres.row_mut(index).iter_mut().zip(sums.row(index)) {
            *value = (sum / size as f64) as f32;
        }
    }
}
