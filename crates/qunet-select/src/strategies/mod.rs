mod config;
mod core_set;
mod drawn;
mod hybrid;
mod power;
mod score;
mod spaced;
mod typical;

pub use config::StrategyConfig;
pub use core_set::CoreSet;
pub use drawn::{ForegroundRandom, Random};
pub use hybrid::Hybrid;
pub use power::PowerScore;
pub use score::ByScore;
pub use spaced::EvenlySpaced;
pub use typical::Typicality;

use crate::{Error, Pool, Selection};

/// A rule that chooses which slices to annotate next.
///
/// A selection is a function of pool, count and seed alone: the same on any number of threads and
/// for any order of the candidates. A rule of one's own is one `impl`:
///
/// ```
/// use qunet_select::{Error, Pool, Reason, Selection, Strategy};
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
///     fn select(&self, pool: &Pool, count: usize, seed: u64) -> Result<Selection, Error> {
///         let mut places: Vec<usize> = pool.open().collect();
///         places.sort_by(|&a, &b| pool.positions()[a].total_cmp(&pool.positions()[b]));
///         let reason = |place: usize| Reason::Own {
///             numbers: [("position".to_owned(), pool.positions()[place])].into(),
///         };
///         let picks = places.into_iter().map(|place| (place, reason(place)));
///         Ok(Selection::new(self.name(), pool, count, seed, 0, picks))
///     }
/// }
///
/// let selection = Topmost.select(&Pool::of_stack(9)?, 2, 0)?;
/// assert_eq!(selection.picks[1].spacing, Some(1.0));
/// # Ok::<(), Error>(())
/// ```
pub trait Strategy: std::fmt::Debug + Send + Sync {
    /// Its name, as in records and errors.
    fn name(&self) -> &str;

    /// At most `count` slices that are not annotated yet, and why.
    ///
    /// # Errors
    /// [`Error::MissingColumn`] where the pool lacks what the strategy goes by,
    /// [`Error::Parameter`] for a setting out of range.
    fn select(&self, pool: &Pool, count: usize, seed: u64) -> Result<Selection, Error>;
}
