use serde::{Deserialize, Serialize};

use super::{Needs, Strategy};
use crate::error::require;
use crate::{Column, Error, Pool, Reason, Request, Selection, Verdict};

/// Again and again the slice that brings drawn slices nearest to those that need them: the one that
/// lowers the sum over all slices of need * distance the most.
///
/// The need of a slice is the worth of a column, divided by the mean worth, plus `floor`, which all
/// slices have, those without a value too. The distance is the one along z to the nearest slice of
/// the stack that is annotated or picked; in a stack without any it is the stack's extent plus 1.
/// This is the greedy solution of a weighted k-median (G. Cornuéjols, M. Fisher, G. Nemhauser,
/// Location of bank accounts to optimize float, 1977): a pick stands in the middle of what is
/// uncertain and far from all that is drawn, and two picks are neighbours only where nothing else
/// is left. Slices whose column is undefined are not picked. Ties by stack and slice; the seed is
/// not used.
///
/// ```
/// use qunet_select::{Column, Coverage, Pool, Request, Strategy};
/// use qunet_stack::SliceId;
///
/// // Nine slices, the first and the last drawn; the heads disagree on slices 2 and 3 alone.
/// let area = |slice| if slice == 2 || slice == 3 { 80.0 } else { 0.0 };
/// let areas = (0..9).map(|slice| (SliceId(slice), area(slice)));
/// let pool = Pool::of_stack(9)?.with_annotated([SliceId(0), SliceId(8)])?;
/// let pool = pool.with_column(Column::Disagreement, areas)?;
/// let selection = Coverage::default().select(&pool, &Request::new(1, 0))?;
/// // Slice 3 serves slice 2, too, and the middle of the stack better than slice 2 would.
/// assert_eq!(selection.slices(0), [SliceId(3)]);
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Coverage {
    /// Which score, as a worth ([`Column::worth`]).
    pub column: Column,
    /// What every slice needs beside its score, as a share of the mean score, >= 0: 0 = nothing,
    /// and the larger, the more even the picks.
    pub floor: f64,
}

impl Default for Coverage {
    /// The disagreement area of the heads; every slice needs four times the mean besides, so that
    /// gaps are filled first.
    fn default() -> Self {
        Self { column: Column::Disagreement, floor: 4.0 }
    }
}

impl Strategy for Coverage {
    fn name(&self) -> &str {
        "coverage"
    }

    fn needs(&self) -> Needs {
        Needs::columns([self.column.clone()])
    }

    fn check(&self) -> Result<(), Error> {
        let holds = self.floor >= 0.0 && self.floor.is_finite();
        require(holds, "floor", self.floor, "a share is not negative")
    }

    fn select(&self, pool: &Pool, request: &Request) -> Result<Selection, Error> {
        self.check()?;
        let values = pool.column(&self.column, self.name())?;
        let (open, undefined): (Vec<usize>, Vec<usize>) =
            pool.open().partition(|&place| values[place].is_some());
        let mut round = Round::new(self, pool, values, &open);
        let picks: Vec<(usize, Reason)> = (0..request.count).map_while(|_| round.pick()).collect();
        let verdict = |place| (place, Verdict::Undefined { column: self.column.clone() });
        let undefined = undefined.into_iter().map(verdict);
        Ok(Selection::new(self.name(), pool, request, picks).with_verdicts(undefined))
    }
}

/// The picks on their way.
struct Round<'a> {
    column: &'a Column,
    pool: &'a Pool,
    values: &'a [Option<f64>],
    /// Which slices may still be picked.
    open: Vec<bool>,
    /// What each slice needs.
    needs: Vec<f64>,
    /// How far along z the nearest drawn or picked slice is.
    distances: Vec<f64>,
    /// By how much each open slice would lower the sum.
    gains: Vec<f64>,
}

impl<'a> Round<'a> {
    fn new(
        coverage: &'a Coverage,
        pool: &'a Pool,
        values: &'a [Option<f64>],
        open: &[usize],
    ) -> Self {
        let needs = needs(coverage, pool, values);
        let extents: Vec<f64> = (0..pool.stacks()).map(|stack| pool.extent(stack)).collect();
        let mut round = Self {
            column: &coverage.column,
            pool,
            values,
            open: vec![false; needs.len()],
            distances: pool.ids().iter().map(|id| extents[id.stack]).collect(),
            gains: vec![0.0; needs.len()],
            needs,
        };
        open.iter().for_each(|&place| round.open[place] = true);
        for place in pool.places().filter(|&place| pool.annotated()[place]) {
            round.shorten(place);
        }
        (0..pool.stacks()).for_each(|stack| round.rate(stack));
        round
    }

    /// Takes the best of the open slices out.
    fn pick(&mut self) -> Option<(usize, Reason)> {
        let open = self.pool.places().filter(|&place| self.open[place]);
        let better =
            |a: &usize, b: &usize| self.gains[*a].total_cmp(&self.gains[*b]).then(b.cmp(a));
        let place = open.max_by(better)?;
        self.open[place] = false;
        let reason = Reason::Coverage {
            column: self.column.clone(),
            score: self.values[place].unwrap_or_default(),
            distance: self.distances[place],
            gain: self.gains[place],
        };
        self.shorten(place);
        self.rate(self.pool.ids()[place].stack);
        Some((place, reason))
    }

    fn along(&self, one: usize, other: usize) -> f64 {
        (self.pool.positions()[one] - self.pool.positions()[other]).abs()
    }

    /// Notes that a slice is drawn.
    fn shorten(&mut self, drawn: usize) {
        for place in self.pool.of(self.pool.ids()[drawn].stack) {
            self.distances[place] = self.distances[place].min(self.along(place, drawn));
        }
    }

    /// Rates the open slices of a stack.
    fn rate(&mut self, stack: usize) {
        for pick in self.pool.of(stack).filter(|&place| self.open[place]) {
            let saved = |place: usize| {
                self.needs[place] * (self.distances[place] - self.along(place, pick)).max(0.0)
            };
            self.gains[pick] = self.pool.of(stack).map(saved).sum();
        }
    }
}

/// What each slice needs: its worth by the mean, and the floor; drawn slices need nothing.
fn needs(coverage: &Coverage, pool: &Pool, values: &[Option<f64>]) -> Vec<f64> {
    let worth = |place: usize| values[place].map_or(0.0, |value| coverage.column.worth(value));
    let open: Vec<usize> = pool.open().collect();
    let mean = open.iter().map(|&place| worth(place)).sum::<f64>() / open.len().max(1) as f64;
    let mut needs = vec![0.0; values.len()];
    for place in open {
        let share = if mean > 0.0 { worth(place) / mean } else { 0.0 };
        needs[place] = share + coverage.floor;
    }
    needs
}
