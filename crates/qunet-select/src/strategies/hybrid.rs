use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Needs, Strategy};
use crate::error::require;
use crate::features::{Nearest, Space, Vectors};
use crate::selection::Taken;
use crate::{CandidateId, Column, Error, Pool, Reason, Request, Selection, Verdict};

/// Again and again the slice with the highest worth^a * distance^b * spacing^c, but no neighbour of
/// a slice that is annotated or picked while any other has a product above 0.
///
/// The worth is that of a column, the distance is the one in feature space to the nearest slice
/// that is annotated or picked, the spacing the one along z within the stack. A power of 0 leaves a
/// factor out, and its column is not needed. Without such a slice the distance is 1 and the spacing
/// the extent of the stack plus 1. Neighbours are slices of one stack whose numbers differ by 1.
/// Ties by stack and slice; the seed is not used.
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

    fn needs(&self) -> Needs {
        let score = (self.score > 0.0).then(|| self.column.clone());
        let space = (self.diversity > 0.0).then(|| self.space.column());
        Needs::columns(score.into_iter().chain(space))
    }

    fn check(&self) -> Result<(), Error> {
        let powers =
            [("score", self.score), ("diversity", self.diversity), ("spacing", self.spacing)];
        powers.into_iter().try_for_each(|(field, power)| {
            require(power >= 0.0 && power.is_finite(), field, power, "a power is not negative")
        })
    }

    fn select(&self, pool: &Pool, request: &Request) -> Result<Selection, Error> {
        self.check()?;
        let vectors = (self.diversity > 0.0).then(|| self.space.vectors(pool, self.name()));
        let vectors = vectors.transpose()?;
        let values = (self.score > 0.0).then(|| pool.column(&self.column, self.name()));
        let values = values.transpose()?;
        let (mut open, mut undefined) = (Vec::new(), Vec::new());
        for place in pool.open() {
            let column = if values.is_some_and(|values| values[place].is_none()) {
                Some(self.column.clone())
            } else {
                let outside = vectors.as_ref().is_some_and(|vectors| !vectors.defined[place]);
                outside.then(|| self.space.column())
            };
            match column {
                None => open.push(place),
                Some(column) => undefined.push((place, Verdict::Undefined { column })),
            }
        }
        let mut round = Round::new(self, pool, values, vectors.as_ref());
        let picks: Vec<(usize, Reason)> =
            (0..request.count).map_while(|_| round.pick(&mut open)).collect();
        Ok(Selection::new(self.name(), pool, request, picks).with_verdicts(undefined))
    }
}

/// The picks on their way: what each is measured against.
struct Round<'a> {
    hybrid: &'a Hybrid,
    pool: &'a Pool,
    values: Option<&'a [Option<f64>]>,
    nearest: Option<Nearest<'a>>,
    along: Taken<'a>,
    /// Whether each place is next to a slice that is annotated or picked.
    neighbour: Vec<bool>,
    /// How far the slices of each stack reach along z, plus 1.
    extents: Vec<f64>,
}

impl<'a> Round<'a> {
    fn new(
        hybrid: &'a Hybrid,
        pool: &'a Pool,
        values: Option<&'a [Option<f64>]>,
        vectors: Option<&'a Vectors<'a>>,
    ) -> Self {
        let mut round = Self {
            hybrid,
            pool,
            values,
            nearest: vectors.map(|vectors| Nearest::new(&vectors.rows)),
            along: Taken::annotated(pool, pool.positions()),
            neighbour: vec![false; pool.ids().len()],
            extents: (0..pool.stacks()).map(|stack| pool.extent(stack)).collect(),
        };
        for place in pool.places().filter(|&place| pool.annotated()[place]) {
            round.mark_neighbours(place);
            if let Some(nearest) = &mut round.nearest
                && vectors.is_some_and(|vectors| vectors.defined[place])
            {
                nearest.take(place);
            }
        }
        round
    }

    /// Takes the best of the open slices out.
    fn pick(&mut self, open: &mut Vec<usize>) -> Option<(usize, Reason)> {
        let key = |(index, &place): (usize, &usize)| {
            let product = self.product(place);
            ((product > 0.0 && !self.neighbour[place], product), index)
        };
        let keys = open.par_iter().enumerate().with_min_len(1024).map(key);
        // Of slices that agree in whether they count as apart, the highest product, then the first.
        let best = keys.max_by(|(a, at), (b, other)| {
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(other.cmp(at))
        });
        let ((_, product), index) = best?;
        let place = open.remove(index);
        let column = self.hybrid.column.clone();
        let (score, distance) = (self.score(place), self.distance(place));
        self.nearest.iter_mut().for_each(|nearest| nearest.take(place));
        self.along.take(place);
        self.mark_neighbours(place);
        Some((place, Reason::Product { column, score, distance, product }))
    }

    fn product(&self, place: usize) -> f64 {
        let Hybrid { column, score, diversity, spacing, .. } = self.hybrid;
        let stack = self.pool.ids()[place].stack;
        let along = self.along.nearest(place).map_or(self.extents[stack], |(along, _)| along);
        power(column.worth(self.score(place)), *score)
            * power(self.distance(place).unwrap_or(1.0), *diversity)
            * power(along, *spacing)
    }

    fn score(&self, place: usize) -> f64 {
        self.values.and_then(|values| values[place]).unwrap_or_default()
    }

    fn distance(&self, place: usize) -> Option<f64> {
        Some(self.nearest.as_ref()?.to(place)?.0)
    }

    fn mark_neighbours(&mut self, place: usize) {
        let ids = self.pool.ids();
        let CandidateId { stack, slice } = ids[place];
        let next = |id: &CandidateId| id.stack == stack && id.slice.0.abs_diff(slice.0) == 1;
        for other in [place.wrapping_sub(1), place + 1] {
            if ids.get(other).is_some_and(next) {
                self.neighbour[other] = true;
            }
        }
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
