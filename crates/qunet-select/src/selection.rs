use std::collections::BTreeMap;
use std::fmt;

use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

use crate::{CandidateId, Column, Pool};

/// Why a strategy picked a slice, with the numbers it went by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Reason {
    /// Drawn at random.
    Drawn {
        /// Number of slices it was drawn from.
        among: usize,
        /// Foreground expected in it, where that was asked for.
        foreground: Option<f64>,
    },
    /// The middle of one of several equal parts.
    Spaced {
        /// Which part, from 1.
        part: usize,
        /// Number of parts.
        parts: usize,
    },
    /// Its score.
    Score {
        /// Which score.
        column: Column,
        /// The score.
        score: f64,
        /// Its place among all candidates by this score alone, from 1.
        place: usize,
    },
    /// The slice farthest from all that are annotated or picked.
    Farthest {
        /// Distance in feature space to the nearest of them; `None` for a first slice, which is
        /// the one nearest to the mean.
        distance: Option<f64>,
        /// That nearest slice.
        from: Option<CandidateId>,
    },
    /// The most typical slice of its cluster.
    Typical {
        /// 1 / mean distance to its neighbours within the cluster; `None` where it has none, or
        /// all are equal to it.
        typicality: Option<f64>,
        /// Slices in the cluster.
        cluster_size: usize,
    },
    /// The product of score, distance and spacing.
    Product {
        /// Which score.
        column: Column,
        /// The score.
        score: f64,
        /// Distance in feature space to the nearest annotated or picked slice.
        distance: Option<f64>,
        /// The product that was the highest.
        product: f64,
    },
    /// Numbers of a strategy of one's own, by name.
    Own {
        /// The numbers.
        numbers: BTreeMap<String, f64>,
    },
}

/// A slice that was picked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picked {
    /// 1-based rank; 1 was picked first.
    pub rank: usize,
    /// Which slice.
    pub id: CandidateId,
    /// Distance along z to the nearest slice of its stack that was annotated or picked before;
    /// `None` where there was none.
    pub spacing: Option<f64>,
    /// Why.
    #[serde(flatten)]
    pub reason: Reason,
}

/// What a strategy picked, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Name of the strategy.
    pub strategy: String,
    /// The seed it was given.
    pub seed: u64,
    /// Slices asked for.
    pub asked: usize,
    /// Slices not annotated yet.
    pub open: usize,
    /// Slices that could not be picked, because a number the strategy goes by is undefined there.
    pub undefined: usize,
    /// The slices, first pick first.
    pub picks: Vec<Picked>,
}

impl Selection {
    /// Ranks places of the pool (see [`Pool::ids`]) in the order given, and measures how far each
    /// is along z from what was there before. A place that is annotated or comes twice, or beyond
    /// `asked`, is left out, so that no strategy overspends.
    #[must_use]
    pub fn new(
        strategy: &str,
        pool: &Pool,
        asked: usize,
        seed: u64,
        undefined: usize,
        picks: impl IntoIterator<Item = (usize, Reason)>,
    ) -> Self {
        let mut along = Along::new(pool);
        let mut taken = pool.annotated().to_vec();
        let fresh = |(place, reason): (usize, Reason)| {
            let known = taken.get_mut(place).is_none_or(|taken| std::mem::replace(taken, true));
            (!known).then_some((place, reason))
        };
        let picked = |((place, reason), rank): ((usize, Reason), usize)| {
            let spacing = along.spacing(place);
            along.take(place);
            Picked { rank, id: pool.ids()[place], spacing, reason }
        };
        let picks = picks.into_iter().filter_map(fresh).take(asked).zip(1..).map(picked).collect();
        Self {
            strategy: strategy.to_owned(),
            seed,
            asked,
            open: pool.open().count(),
            undefined,
            picks,
        }
    }

    /// The picked slices, first pick first.
    #[must_use]
    pub fn ids(&self) -> Vec<CandidateId> {
        self.picks.iter().map(|pick| pick.id).collect()
    }

    /// The picked slices of one stack, first pick first.
    #[must_use]
    pub fn slices(&self, stack: usize) -> Vec<SliceId> {
        self.picks.iter().filter(|pick| pick.id.stack == stack).map(|pick| pick.id.slice).collect()
    }
}

/// The slices of each stack that are annotated or picked, along z.
pub(crate) struct Along<'a> {
    pool: &'a Pool,
    taken: BTreeMap<usize, Vec<f64>>,
}

impl<'a> Along<'a> {
    pub(crate) fn new(pool: &'a Pool) -> Self {
        let mut along = Self { pool, taken: BTreeMap::new() };
        let annotated = pool.annotated().iter().enumerate().filter(|(_, annotated)| **annotated);
        for (place, _) in annotated {
            let stack = pool.ids()[place].stack;
            along.taken.entry(stack).or_default().push(pool.positions()[place]);
        }
        along.taken.values_mut().for_each(|positions| positions.sort_by(f64::total_cmp));
        along
    }

    pub(crate) fn take(&mut self, place: usize) {
        let position = self.pool.positions()[place];
        let positions = self.taken.entry(self.pool.ids()[place].stack).or_default();
        let at = positions.partition_point(|&other| other < position);
        positions.insert(at, position);
    }

    /// Distance to the nearest taken slice of the same stack.
    pub(crate) fn spacing(&self, place: usize) -> Option<f64> {
        let position = self.pool.positions()[place];
        let positions = self.taken.get(&self.pool.ids()[place].stack)?;
        let at = positions.partition_point(|&other| other < position);
        let near = positions[at.saturating_sub(1)..(at + 1).min(positions.len())].iter();
        near.map(|other| (other - position).abs()).min_by(f64::total_cmp)
    }
}

impl fmt::Display for Picked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}: ", self.rank, self.id)?;
        match &self.reason {
            Reason::Drawn { among, .. } => write!(f, "drawn from {among}")?,
            Reason::Spaced { part, parts } => write!(f, "middle of part {part} of {parts}")?,
            Reason::Score { column, score, place } => {
                write!(f, "{column} {score:.4}, place {place}")?;
            }
            Reason::Farthest { distance: Some(distance), .. } => {
                write!(f, "farthest, at distance {distance:.4}")?;
            }
            Reason::Farthest { distance: None, .. } => f.write_str("nearest to the mean")?,
            Reason::Typical { cluster_size, .. } => {
                write!(f, "most typical of {cluster_size} slices")?;
            }
            Reason::Product { column, score, product, .. } => {
                write!(f, "{column} {score:.4}, product {product:.4}")?;
            }
            Reason::Own { numbers } => write!(f, "{numbers:?}")?,
        }
        match self.spacing {
            Some(spacing) => write!(f, "; {spacing} along z from the nearest"),
            None => Ok(()),
        }
    }
}
