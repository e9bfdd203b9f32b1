use serde::{Deserialize, Serialize};

use super::{Bootstrap, Interval, SignedRank, SignedRankOptions, Summary, defined};
use crate::{Result, shape::same_shape};

/// How two methods differ on the same cases: mean difference with interval and a two-sided
/// signed-rank test.
///
/// [`PairedCases`](crate::PairedCases) brings values together by the names of the cases, and has
/// the one-sided tests.
///
/// ```
/// use qunet_segmetrics::{Bootstrap, PairedDifference};
///
/// let ours = [0.91, 0.85, 0.88, 0.92, 0.95].map(Some);
/// let theirs = [0.89, 0.80, 0.89, 0.88, 0.92].map(Some);
/// let difference = PairedDifference::between(&ours, &theirs, &Bootstrap::default())?;
/// assert!(difference.interval.is_some_and(|interval| interval.low > 0.0));
/// assert_eq!(difference.signed_rank.map(|test| test.p_value), Some(0.125));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedDifference {
    /// Of first - second, over the cases where both are defined; the others are counted.
    pub differences: Summary,
    /// Confidence interval of the mean difference; `None` without a defined pair.
    pub interval: Option<Interval>,
    /// Whether the median difference is zero; `None` where all differences are.
    pub signed_rank: Option<SignedRank>,
}

impl PairedDifference {
    /// Compares the values of two methods, the same case at the same place.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) for a different number of cases,
    /// [`Error::Bootstrap`](crate::Error::Bootstrap) for settings out of range.
    pub fn between(
        first: &[Option<f64>],
        second: &[Option<f64>],
        bootstrap: &Bootstrap,
    ) -> Result<Self> {
        same_shape("second method", &[first.len()], &[second.len()])?;
        let difference =
            |(first, second): (&Option<f64>, &Option<f64>)| Some((*first)? - (*second)?);
        let differences: Vec<Option<f64>> = first.iter().zip(second).map(difference).collect();
        let (values, _) = defined(differences.iter().copied());
        Ok(Self {
            differences: Summary::from_values(differences.iter().copied()),
            interval: bootstrap.mean(differences)?,
            signed_rank: SignedRank::of(&values, SignedRankOptions::default()),
        })
    }
}
