use serde::{Deserialize, Serialize};

use super::Strategy;
use crate::draws::lowest;
use crate::{Column, Error, Pool, Reason, Selection};

/// The slices with the best values of one column: entropy, margin, BALD, the agreement of the
/// heads (Algorithm 1), quality alone, or a score of one's own. Ties by stack and slice.
///
/// ```
/// use qunet_select::{ByScore, Column, Error, Pool, Strategy};
///
/// let error = ByScore::new(Column::Bald).select(&Pool::of_stack(3)?, 1, 0).unwrap_err();
/// assert_eq!(error.to_string(), "strategy bald needs the column bald; add it to the pool");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByScore {
    /// Which column.
    pub column: Column,
    /// Only slices strictly better than this, such as q0 for the agreement; `None` = all.
    #[serde(default)]
    pub limit: Option<f64>,
    #[serde(skip)]
    name: Option<&'static str>,
}

impl ByScore {
    /// The best values of this column.
    #[must_use]
    pub fn new(column: Column) -> Self {
        Self { column, limit: None, name: None }
    }

    /// Algorithm 1: the lowest agreement of the heads, strictly below q0 where one is given.
    #[must_use]
    pub fn disagreement(quality_threshold: Option<f64>) -> Self {
        let name = Some("disagreement");
        Self { column: Column::Agreement, limit: quality_threshold, name }
    }
}

impl Strategy for ByScore {
    fn name(&self) -> &str {
        match (self.name, &self.column) {
            (Some(name), _) => name,
            (None, Column::Entropy) => "entropy",
            (None, Column::Margin) => "margin",
            (None, Column::Bald) => "bald",
            (None, Column::Agreement) => "disagreement",
            (None, Column::Disagreement) => "disagreement_area",
            (None, Column::Quality) => "quality",
            (None, Column::Foreground) => "foreground",
            (None, Column::Own(name)) => name,
            (None, _) => "score",
        }
    }

    fn select(&self, pool: &Pool, count: usize, seed: u64) -> Result<Selection, Error> {
        let values = pool.column(&self.column, self.name())?;
        let sign = if self.column.highest_first() { -1.0 } else { 1.0 };
        let passes = |value: f64| self.limit.is_none_or(|limit| sign * value < sign * limit);
        let defined = pool.open().filter_map(|place| Some((place, values[place]?)));
        let keys = defined.filter(|(_, value)| passes(*value)).map(|(at, it)| (at, sign * it));
        let undefined = pool.open().filter(|&place| values[place].is_none()).count();
        let reason = |(place, rank): (usize, usize)| {
            let score = values[place].unwrap_or_default();
            (place, Reason::Score { column: self.column.clone(), score, place: rank })
        };
        let picks = lowest(keys, count).into_iter().zip(1..).map(reason);
        Ok(Selection::new(self.name(), pool, count, seed, undefined, picks))
    }
}
