use serde::{Deserialize, Serialize};

use super::Strategy;
use crate::draws::{lowest, uniform};
use crate::error::require;
use crate::{Column, Error, Pool, Reason, Selection};

/// Slices drawn without replacement, each equally likely. The baseline of every comparison; the
/// first picks do not depend on the count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Random {}

impl Strategy for Random {
    fn name(&self) -> &str {
        "random"
    }

    fn select(&self, pool: &Pool, count: usize, seed: u64) -> Result<Selection, Error> {
        let keys = uniform(pool.ids().len(), seed);
        let drawn = lowest(pool.open().map(|place| (place, keys[place])), count);
        let among = pool.open().count();
        let reason = Reason::Drawn { among, foreground: None };
        let picks = drawn.into_iter().map(|place| (place, reason.clone()));
        Ok(Selection::new(self.name(), pool, count, seed, 0, picks))
    }
}

/// Random slices, a share of which must hold foreground by [`Column::Foreground`]; where there
/// are too few of those, others take their place.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForegroundRandom {
    /// Share of the picks that must hold foreground, in [0, 1], rounded up.
    pub share: f64,
    /// A slice holds foreground where its estimate is above this, >= 0.
    pub above: f64,
}

impl Default for ForegroundRandom {
    /// Two thirds, above 0.
    fn default() -> Self {
        Self { share: 2.0 / 3.0, above: 0.0 }
    }
}

impl Strategy for ForegroundRandom {
    fn name(&self) -> &str {
        "foreground_random"
    }

    fn select(&self, pool: &Pool, count: usize, seed: u64) -> Result<Selection, Error> {
        require((0.0..=1.0).contains(&self.share), "share", self.share, "it lies in [0, 1]")?;
        let above = self.above;
        require(above >= 0.0 && above.is_finite(), "above", above, "it is not negative")?;
        let foreground = pool.column(&Column::Foreground, self.name())?;
        let keys = uniform(pool.ids().len(), seed);
        let key = |place: usize| (place, keys[place]);
        let holds = |place: &usize| foreground[*place].is_some_and(|it| it > self.above);
        let wanted = (self.share * count as f64).ceil() as usize;
        let first = lowest(pool.open().filter(holds).map(key), wanted);
        let rest = pool.open().filter(|place| !first.contains(place)).map(key);
        let rest = lowest(rest, count - first.len());
        let (with, all) = (pool.open().filter(holds).count(), pool.open().count());
        let reason = |among, place: usize| Reason::Drawn { among, foreground: foreground[place] };
        let left = all - first.len();
        let picks = first.into_iter().map(|place| (place, reason(with, place)));
        let picks = picks.chain(rest.into_iter().map(|place| (place, reason(left, place))));
        Ok(Selection::new(self.name(), pool, count, seed, 0, picks))
    }
}
