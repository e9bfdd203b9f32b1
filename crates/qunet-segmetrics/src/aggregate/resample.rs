use rand::{
    SeedableRng,
    distr::{Distribution, Uniform},
};
use rand_chacha::ChaCha8Rng;

use super::Bootstrap;
use crate::{Error, Result, parallel::Work};

/// Resamples that share one stream of random numbers. Blocks have streams of their own, so that
/// the numbers do not depend on who computes which block when.
const BLOCK: usize = 64;

impl Bootstrap {
    /// The statistic of each resample of `0..units`, in the order of the draws.
    pub(super) fn resampled(
        &self,
        units: usize,
        statistic: impl Fn(&[u32]) -> f64 + Sync,
    ) -> Result<Vec<f64>> {
        let too_many = Error::Bootstrap {
            name: "number of cases",
            value: units as f64,
            rule: "below 2^32; draw from a part of them",
        };
        let last = u32::try_from(units).ok().and_then(|units| units.checked_sub(1));
        let place = last.and_then(|last| Uniform::new_inclusive(0, last).ok()).ok_or(too_many)?;
        let block = |block: usize| {
            let mut random = ChaCha8Rng::seed_from_u64(self.seed);
            random.set_stream(block as u64);
            let mut drawn = vec![0; units];
            let first = block * BLOCK;
            let resample = |_| {
                drawn.fill_with(|| place.sample(&mut random));
                statistic(&drawn)
            };
            (first..self.resamples.min(first + BLOCK)).map(resample).collect::<Vec<f64>>()
        };
        let blocks = self.resamples.div_ceil(BLOCK);
        Ok(Work::on(self.resamples.saturating_mul(units)).map(blocks, block).concat())
    }
}
