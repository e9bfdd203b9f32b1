use serde::{Deserialize, Serialize};

use super::Strategy;
use crate::draws::{lowest, uniform};
use crate::error::require;
use crate::{Column, Error, Pool, Reason, Selection};

/// PowerBALD and its kin: slices drawn without replacement in proportion to worth^power, by adding
/// Gumbel noise to power * ln(worth), so that a batch is not made of look-alikes (Kirsch et al.,
/// Stochastic Batch Acquisition, 2021). A worth of 0 is drawn last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PowerScore {
    /// Which score, as a worth ([`Column::worth`]).
    pub column: Column,
    /// The power, >= 0; 0 draws evenly, higher comes closer to the best scores.
    pub power: f64,
}

impl Default for PowerScore {
    /// PowerBALD with a power of 1.
    fn default() -> Self {
        Self { column: Column::Bald, power: 1.0 }
    }
}

impl Strategy for PowerScore {
    fn name(&self) -> &str {
        if self.column == Column::Bald { "power_bald" } else { "power_score" }
    }

    fn select(&self, pool: &Pool, count: usize, seed: u64) -> Result<Selection, Error> {
        let power = self.power;
        require(power >= 0.0 && power.is_finite(), "power", power, "it is not negative")?;
        let values = pool.column(&self.column, self.name())?;
        let noise = uniform(pool.ids().len(), seed);
        let scored: Vec<(usize, f64)> =
            pool.open().filter_map(|place| Some((place, values[place]?))).collect();
        let key = |&(place, value): &(usize, f64)| {
            let worth = self.column.worth(value);
            // 0 * ln(0) is no number, but worth^0 is 1.
            let logarithm = if power > 0.0 { power * worth.ln() } else { 0.0 };
            (place, -(logarithm - (-noise[place].ln()).ln()))
        };
        let drawn = lowest(scored.iter().map(key), count);
        let sign = if self.column.highest_first() { -1.0 } else { 1.0 };
        let order = lowest(scored.iter().map(|&(place, it)| (place, sign * it)), scored.len());
        let mut ranks = vec![0; pool.ids().len()];
        order.into_iter().zip(1..).for_each(|(place, rank)| ranks[place] = rank);
        let reason = |place: usize| {
            let score = values[place].unwrap_or_default();
            (place, Reason::Score { column: self.column.clone(), score, place: ranks[place] })
        };
        let undefined = pool.open().count() - scored.len();
        let picks = drawn.into_iter().map(reason);
        Ok(Selection::new(self.name(), pool, count, seed, undefined, picks))
    }
}
