use serde::{Deserialize, Serialize};

use super::Strategy;
use crate::baselines::middle;
use crate::{Error, Pool, Reason, Selection};

/// The middles of equal parts of all slices that are not annotated yet, stack after stack, so that
/// each stack is asked in proportion to its size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvenlySpaced {}

impl Strategy for EvenlySpaced {
    fn name(&self) -> &str {
        "evenly_spaced"
    }

    fn select(&self, pool: &Pool, count: usize, seed: u64) -> Result<Selection, Error> {
        let open: Vec<usize> = pool.open().collect();
        let parts = count.min(open.len());
        let pick = |part| {
            (open[middle(part, parts, open.len())], Reason::Spaced { part: part + 1, parts })
        };
        Ok(Selection::new(self.name(), pool, count, seed, 0, (0..parts).map(pick)))
    }
}
