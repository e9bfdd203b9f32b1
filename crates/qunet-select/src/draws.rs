//! Draws that depend on the seed and the place of a candidate alone.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One number in (0, 1) for each of `count` candidates; the first ones do not depend on `count`.
///
/// Every candidate has its number whether it is annotated or not, so that what was annotated before
/// does not shift the draws of all others.
pub(crate) fn uniform(count: usize, seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // The middles of 2^52 equal parts, so that neither end is drawn.
    let draw = |_| ((rng.next_u64() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64;
    (0..count).map(draw).collect()
}

/// The places in the order of their keys, lowest first, ties by place; at most `count`.
pub(crate) fn lowest(keys: impl IntoIterator<Item = (usize, f64)>, count: usize) -> Vec<usize> {
    let mut keys: Vec<(usize, f64)> = keys.into_iter().collect();
    let order = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0));
    if count < keys.len() {
        keys.select_nth_unstable_by(count, order);
        keys.truncate(count);
    }
    keys.sort_unstable_by(order);
    keys.into_iter().map(|(place, _)| place).collect()
}
