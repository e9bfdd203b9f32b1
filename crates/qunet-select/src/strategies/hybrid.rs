use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Strategy;
use crate::error::require;
use crate::features::{Nearest, Space};
use crate::selection::Along;
use crate::{Column, Error, Pool, Reason, Selection};

/// Again and again the slice with the highest worth^a * distance^b * spacing^c.
///
/// The worth is that of a column, the distance is the one in feature space to the nearest slice
/// that is annotated or picked, the spacing the one along z within the stack. A power of 0 leaves a
/// factor out, and its column is not needed. Without such a slice the distance is 1 and the spacing
/// the extent of the stack plus 1. Ties by stack and slice; the seed is not used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hybrid {
    /// Which score, as a worth ([`Column::worth`]).
    pub column: Column,
    /// Power a of the worth, >= 0.
    pub score: f64,
    /// Power b of the distance, >= 0.
    pub diversity: f64,
    /// Power c of the spacing, >= 0.
    pub spacing: f64,
    /// Where distances are taken.
    pub space: Space,
}

impl Default for Hybrid {
    /// Disagreement area of the heads, diversity and spacing, each to the power of 1.
    fn default() -> Self {
        let (column, space) = (Column::Disagreement, Space::Features);
        Self { column, score: 1.0, diversity: 1.0, spacing: 1.0, space }
    }
}

impl Strategy for Hybrid {
    fn name(&self) -> &str {
        "hybrid"
    }

    fn select(&self, pool: &Pool, count: usize, seed: u64) -> Result<Selection, Error> {
        let powers =
            [("score", self.score), ("diversity", self.diversity), ("spacing", self.spacing)];
        for (field, power) in powers {
            require(power >= 0.0 && power.is_finite(), field, power, "a power is not negative")?;
        }
        let diverse = self.diversity > 0.0;
        let vectors = diverse.then(|| self.space.vectors(pool, self.name())).transpose()?;
        let values = (self.score > 0.0).then(|| pool.column(&self.column, self.name()));
        let values = values.transpose()?;
        let value = |place: usize| values.map_or(Some(0.0), |values| values[place]);
        let has_vector = |place: usize| vectors.as_ref().is_none_or(|it| it.defined[place]);
        let mut open: Vec<usize> =
            pool.open().filter(|&at| value(at).is_some() && has_vector(at)).collect();
        let undefined = pool.open().count() - open.len();
        let mut nearest = vectors.as_ref().map(|vectors| Nearest::new(&vectors.rows));
        let annotated = |&place: &usize| pool.annotated()[place] && has_vector(place);
        if let Some(nearest) = &mut nearest {
            (0..pool.ids().len()).filter(annotated).for_each(|place| nearest.take(place));
        }
        let mut along = Along::new(pool);
        let extents = extents(pool);
        let mut picks = Vec::with_capacity(count.min(open.len()));
        while picks.len() < count && !open.is_empty() {
            let distance = |place| Some(nearest.as_ref()?.of(place)?.0);
            let product = |(index, &place): (usize, &usize)| {
                let worth = self.column.worth(value(place).unwrap_or_default());
                let spacing =
                    along.spacing(place).unwrap_or_else(|| extents[pool.ids()[place].stack]);
                let product = power(worth, self.score)
                    * power(distance(place).unwrap_or(1.0), self.diversity)
                    * power(spacing, self.spacing);
                (product, index)
            };
            let products = open.par_iter().enumerate().with_min_len(1024).map(product);
            let best = products.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            let Some((product, index)) = best else { break };
            let place = open.remove(index);
            let score = value(place).unwrap_or_default();
            let column = self.column.clone();
            let distance = distance(place);
            picks.push((place, Reason::Product { column, score, distance, product }));
            nearest.iter_mut().for_each(|nearest| nearest.take(place));
            along.take(place);
        }
        Ok(Selection::new(self.name(), pool, count, seed, undefined, picks))
    }
}

/// Plain values where the power is 0 or 1: exact, and the same with every library of mathematics.
fn power(value: f64, power: f64) -> f64 {
    match power {
        0.0 => 1.0,
        1.0 => value,
        _ => value.powf(power),
    }
}

/// How far the slices of each stack reach along z, plus 1.
fn extents(pool: &Pool) -> Vec<f64> {
    let stacks = pool.ids().last().map_or(0, |id| id.stack + 1);
    let mut spans = vec![(f64::INFINITY, f64::NEG_INFINITY); stacks];
    for (id, &position) in pool.ids().iter().zip(pool.positions()) {
        let span = &mut spans[id.stack];
        *span = (span.0.min(position), span.1.max(position));
    }
    spans.into_iter().map(|(low, high)| if high >= low { high - low + 1.0 } else { 1.0 }).collect()
}
