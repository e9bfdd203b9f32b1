//! One column of the pool: its best values, or slices drawn in proportion to them.

use serde::{Deserialize, Serialize};

use super::{Needs, Strategy};
use crate::draws::{lowest, uniform};
use crate::error::require;
use crate::{Column, Error, Pool, Reason, Request, Selection, Verdict};

/// The slices with the best values of one column: entropy, margin, BALD, disagreement area, quality
/// cost, or a score of one's own. Ties by stack and slice; the seed is not used.
///
/// ```
/// use qunet_select::{ByScore, Column, Error, Pool, Request, Strategy};
///
/// let bald = ByScore::new(Column::Bald);
/// let error = bald.select(&Pool::of_stack(3)?, &Request::new(1, 0)).unwrap_err();
/// assert_eq!(error.to_string(), "strategy bald needs the column bald; add it to the pool");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ByScore {
    /// Which column.
    pub column: Column,
}

impl Default for ByScore {
    /// The entropy.
    fn default() -> Self {
        Self::new(Column::Entropy)
    }
}

impl ByScore {
    /// The best values of this column.
    #[must_use]
    pub const fn new(column: Column) -> Self {
        Self { column }
    }
}

impl Strategy for ByScore {
    fn name(&self) -> &str {
        match &self.column {
            Column::Entropy => "entropy",
            Column::Margin => "margin",
            Column::Bald => "bald",
            Column::Agreement => "agreement",
            Column::Disagreement => "disagreement_area",
            Column::Quality => "quality_cost",
            Column::Foreground => "foreground",
            Column::Own(name) => name,
            _ => "score",
        }
    }

    fn needs(&self) -> Needs {
        Needs::columns([self.column.clone()])
    }

    fn select(&self, pool: &Pool, request: &Request) -> Result<Selection, Error> {
        let scores = Scores::new(pool, &self.column, self.name())?;
        let best = lowest(scores.keys(), request.count);
        let picks = best.into_iter().zip(1..).map(|(place, rank)| scores.reason(place, rank));
        Ok(Selection::new(self.name(), pool, request, picks).with_verdicts(scores.undefined()))
    }
}

/// PowerBALD and its kin: slices drawn without replacement in proportion to worth^power, so that a
/// batch is not made of near duplicates (Kirsch et al., Stochastic Batch Acquisition, 2021). A worth
/// of 0 is drawn last.
///
/// With strata, a share of the slices is drawn from those on which foreground is predicted, where
/// there are as many, and the rest from all others: rare classes are not drowned by the background
/// (class-stratified power scores; C. Lüth et al., Finally Outshining the Random Baseline, 2026).
///
/// ```
/// use qunet_select::{Column, Pool, PowerScore, Request, Strategy};
/// use qunet_stack::SliceId;
///
/// let column = |values: [f64; 4]| (0..).map(SliceId).zip(values);
/// let pool = Pool::of_stack(4)?
///     .with_column(Column::Bald, column([0.9, 0.8, 0.7, 0.001]))?
///     .with_column(Column::Foreground, column([0.0, 0.0, 0.0, 12.0]))?;
/// let half = PowerScore { strata: 0.5, ..PowerScore::default() };
/// // The first of two slices is the only one with foreground, however little it is worth.
/// assert_eq!(half.select(&pool, &Request::new(2, 0))?.picks()[0].id.slice, SliceId(3));
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PowerScore {
    /// Which score, as a worth ([`Column::worth`]).
    pub column: Column,
    /// The power, >= 0; 0 draws evenly, higher comes closer to the best scores.
    pub power: f64,
    /// The share of the picks, in [0, 1] and rounded up, that is drawn from the slices on which
    /// foreground is predicted ([`Column::Foreground`] above 0); 0 = no strata.
    pub strata: f64,
}

impl Default for PowerScore {
    /// PowerBALD with a power of 1, without strata.
    fn default() -> Self {
        Self { column: Column::Bald, power: 1.0, strata: 0.0 }
    }
}

impl Strategy for PowerScore {
    fn name(&self) -> &str {
        if self.column == Column::Bald { "power_bald" } else { "power_score" }
    }

    fn needs(&self) -> Needs {
        let strata = (self.strata > 0.0).then_some(Column::Foreground);
        Needs::columns(strata.into_iter().chain([self.column.clone()]))
    }

    fn check(&self) -> Result<(), Error> {
        let Self { power, strata, .. } = *self;
        require(power >= 0.0 && power.is_finite(), "power", power, "it is not negative")?;
        require((0.0..=1.0).contains(&strata), "strata", strata, "it lies in [0, 1]")
    }

    fn select(&self, pool: &Pool, request: &Request) -> Result<Selection, Error> {
        self.check()?;
        let power = self.power;
        let scores = Scores::new(pool, &self.column, self.name())?;
        let noise = uniform(pool.ids().len(), request.seed);
        // The Gumbel trick: the highest of power * ln(worth) + g, where g = -ln(-ln u), are a draw
        // without replacement in proportion to worth^power. To draw one after the other would need
        // the sum of what is left each time, and round differently for every count; here each slice
        // has one key, so that the first picks do not depend on the count.
        let key = |(place, value): (usize, f64)| {
            let worth = self.column.worth(value);
            // 0 * ln(0) is no number, but worth^0 is 1.
            let logarithm = if power > 0.0 { power * worth.ln() } else { 0.0 };
            (place, -(logarithm - (-noise[place].ln()).ln()))
        };
        let mut drawn = self.of_foreground(pool, scores.defined().map(key), request.count)?;
        let rest = scores.defined().filter(|(place, _)| !drawn.contains(place)).map(key);
        drawn.extend(lowest(rest, request.count - drawn.len()));
        let mut ranks = vec![0; pool.ids().len()];
        let order = lowest(scores.keys(), pool.ids().len());
        order.into_iter().zip(1..).for_each(|(place, rank)| ranks[place] = rank);
        let picks = drawn.into_iter().map(|place| scores.reason(place, ranks[place]));
        Ok(Selection::new(self.name(), pool, request, picks).with_verdicts(scores.undefined()))
    }
}

impl PowerScore {
    /// The share of the picks that shows predicted foreground, the lowest keys first.
    fn of_foreground(
        &self,
        pool: &Pool,
        keys: impl Iterator<Item = (usize, f64)>,
        count: usize,
    ) -> Result<Vec<usize>, Error> {
        if self.strata == 0.0 {
            return Ok(Vec::new());
        }
        let foreground = pool.column(&Column::Foreground, self.name())?;
        let shows = |place: usize| foreground[place].is_some_and(|pixels| pixels > 0.0);
        let wanted = (self.strata * count as f64).ceil() as usize;
        Ok(lowest(keys.filter(|&(place, _)| shows(place)), wanted))
    }
}

/// The values of a column on the slices that are not annotated.
struct Scores<'a> {
    pool: &'a Pool,
    column: &'a Column,
    values: &'a [Option<f64>],
}

impl<'a> Scores<'a> {
    fn new(pool: &'a Pool, column: &'a Column, strategy: &str) -> Result<Self, Error> {
        Ok(Self { pool, column, values: pool.column(column, strategy)? })
    }

    fn defined(&self) -> impl Iterator<Item = (usize, f64)> {
        self.pool.open().filter_map(|place| Some((place, self.values[place]?)))
    }

    /// Lowest = annotate first.
    fn keys(&self) -> impl Iterator<Item = (usize, f64)> {
        let sign = if self.column.highest_first() { -1.0 } else { 1.0 };
        self.defined().map(move |(place, value)| (place, sign * value))
    }

    fn undefined(&self) -> impl Iterator<Item = (usize, Verdict)> {
        let verdict = |place| (place, Verdict::Undefined { column: self.column.clone() });
        self.pool.open().filter(|&place| self.values[place].is_none()).map(verdict)
    }

    fn reason(&self, place: usize, rank: usize) -> (usize, Reason) {
        let score = self.values[place].unwrap_or_default();
        (place, Reason::Score { column: self.column.clone(), score, place: rank })
    }
}
