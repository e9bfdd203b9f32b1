//! The baselines that every selection should be compared with.

use serde::{Deserialize, Serialize};

use super::{Needs, Strategy};
use crate::draws::{lowest, uniform};
use crate::error::require;
use crate::{Column, Error, Pool, Reason, Request, Selection};

/// Slices drawn without replacement, each equally likely; the first picks do not depend on the
/// count.
///
/// ```
/// use qunet_select::{Pool, Random, Request, Strategy};
///
/// let pool = Pool::of_stack(20)?;
/// let four = Random {}.select(&pool, &Request::new(4, 7))?.ids();
/// assert_eq!(Random {}.select(&pool, &Request::new(5, 7))?.ids()[..4], four);
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Random {}

impl Strategy for Random {
    fn name(&self) -> &str {
        "random"
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn select(&self, pool: &Pool, request: &Request) -> Result<Selection, Error> {
        let keys = uniform(pool.ids().len(), request.seed);
        let drawn = lowest(pool.open().map(|place| (place, keys[place])), request.count);
        let among = pool.open().count();
        let reason = Reason::Drawn { among, foreground: None };
        let picks = drawn.into_iter().map(|place| (place, reason.clone()));
        Ok(Selection::new(self.name(), pool, request, picks))
    }
}

/// The middles of equal parts of all slices that are not annotated yet, stack after stack, so that
/// each stack is asked in proportion to its size.
///
/// ```
/// use qunet_select::{EvenlySpaced, Pool, Request, Strategy};
/// use qunet_stack::SliceId;
///
/// let selection = EvenlySpaced {}.select(&Pool::of_stack(10)?, &Request::new(2, 0))?;
/// assert_eq!(selection.slices(0), [SliceId(2), SliceId(7)]);
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvenlySpaced {}

impl Strategy for EvenlySpaced {
    fn name(&self) -> &str {
        "evenly_spaced"
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn select(&self, pool: &Pool, request: &Request) -> Result<Selection, Error> {
        let open: Vec<usize> = pool.open().collect();
        let parts = request.count.min(open.len());
        let middle = |part: usize| open[(2 * part + 1) * open.len() / (2 * parts)];
        let pick = |part| (middle(part), Reason::Spaced { part: part + 1, parts });
        Ok(Selection::new(self.name(), pool, request, (0..parts).map(pick)))
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

    fn needs(&self) -> Needs {
        Needs::columns([Column::Foreground])
    }

    fn check(&self) -> Result<(), Error> {
        let Self { share, above } = *self;
        require((0.0..=1.0).contains(&share), "share", share, "it lies in [0, 1]")?;
        require(above >= 0.0 && above.is_finite(), "above", above, "it is not negative")
    }

    fn select(&self, pool: &Pool, request: &Request) -> Result<Selection, Error> {
        self.check()?;
        let foreground = pool.column(&Column::Foreground, self.name())?;
        let keys = uniform(pool.ids().len(), request.seed);
        let key = |place: usize| (place, keys[place]);
        let holds = |place: &usize| foreground[*place].is_some_and(|it| it > self.above);
        let wanted = (self.share * request.count as f64).ceil() as usize;
        let first = lowest(pool.open().filter(holds).map(key), wanted);
        let rest = pool.open().filter(|place| !first.contains(place)).map(key);
        let rest = lowest(rest, request.count - first.len());
        let (with, all) = (pool.open().filter(holds).count(), pool.open().count());
        let reason = |among, place: usize| Reason::Drawn { among, foreground: foreground[place] };
        let left = all - first.len();
        let picks = first.into_iter().map(|place| (place, reason(with, place)));
        let picks = picks.chain(rest.into_iter().map(|place| (place, reason(left, place))));
        Ok(Selection::new(self.name(), pool, request, picks))
    }
}
