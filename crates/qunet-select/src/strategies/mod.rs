//! Strategies, one idea a file: `drawn` (random and evenly spaced slices), `score` (one column, the
//! best or in proportion), `core_set` and `typicality` (feature space), `hybrid` (their product),
//! `spread` (all over the stack), `coverage` (near to what is uncertain),
//! `image_quality` (S0) and `head_disagreement` (Algorithm 1); `config` names them all.

mod config;
mod core_set;
mod coverage;
mod drawn;
mod head_disagreement;
mod hybrid;
mod image_quality;
mod score;
mod spread;
mod typicality;

use std::collections::BTreeSet;

pub use self::config::StrategyConfig;
pub use self::core_set::CoreSet;
pub use self::coverage::Coverage;
pub use self::drawn::{EvenlySpaced, ForegroundRandom, Random};
pub use self::head_disagreement::{DisagreementOrder, HeadDisagreement, QualityThreshold};
pub use self::hybrid::Hybrid;
pub use self::image_quality::{Gap, ImageQuality, NearDuplicates, Scope};
pub use self::score::{ByScore, PowerScore};
pub use self::spread::Spread;
pub use self::typicality::Typicality;
use crate::{Column, Error, Pool, Request, Selection};

/// A rule that chooses which slices to annotate next.
///
/// A selection is a function of pool and request alone: the same on any number of threads and for
/// any order of the candidates. A rule of one's own is one `impl`:
///
/// ```
/// use qunet_select::{Error, Needs, Pool, Reason, Request, Selection, Strategy};
///
/// /// The slices nearest to the top.
/// #[derive(Debug)]
/// struct Topmost;
///
/// impl Strategy for Topmost {
///     fn name(&self) -> &str {
///         "topmost"
///     }
///
///     fn needs(&self) -> Needs {
///         Needs::none()
///     }
///
///     fn select(&self, pool: &Pool, request: &Request) -> Result<Selection, Error> {
///         let mut places: Vec<usize> = pool.open().collect();
///         places.sort_by(|&a, &b| pool.positions()[a].total_cmp(&pool.positions()[b]));
///         let reason = |place: usize| Reason::Own {
///             numbers: [("position".to_owned(), pool.positions()[place])].into(),
///         };
///         let picks = places.into_iter().map(|place| (place, reason(place)));
///         Ok(Selection::new(self.name(), pool, request, picks))
///     }
/// }
///
/// let selection = Topmost.select(&Pool::of_stack(9)?, &Request::new(2, 0))?;
/// assert_eq!(selection.picks()[1].spacing, Some(1.0));
/// # Ok::<(), Error>(())
/// ```
pub trait Strategy: std::fmt::Debug + Send + Sync {
    /// Its name, as in records and errors.
    fn name(&self) -> &str;

    /// The columns of the pool that it reads.
    fn needs(&self) -> Needs;

    /// Checks its settings.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the setting, its value and the rule.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// At most `request.count` slices that are not annotated yet, and why; a verdict on every
    /// other.
    ///
    /// # Errors
    /// [`Error::MissingColumn`] where the pool lacks what the strategy needs,
    /// [`Error::Parameter`] for a setting out of range.
    fn select(&self, pool: &Pool, request: &Request) -> Result<Selection, Error>;
}

/// The columns of a pool that a strategy reads.
///
/// ```
/// use qunet_select::{Column, Hybrid, Space, Strategy};
///
/// let needs = Hybrid::default().needs();
/// assert!(needs.contains(&Column::Features) && needs.network());
/// let quality = Hybrid { column: Column::Quality, space: Space::Quality, ..Hybrid::default() };
/// assert!(!quality.needs().network());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    columns: BTreeSet<Column>,
}

impl Needs {
    /// No column: positions and annotated slices are always there.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// These columns.
    #[must_use]
    pub fn columns(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect() }
    }

    /// Whether this column is among them.
    #[must_use]
    pub fn contains(&self, column: &Column) -> bool {
        self.columns.contains(column)
    }

    /// Whether one of them can only come from a trained network.
    #[must_use]
    pub fn network(&self) -> bool {
        self.columns.iter().any(Column::is_of_network)
    }
}
