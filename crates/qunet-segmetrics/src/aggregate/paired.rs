//! Two methods on the same cases.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bootstrap::Bootstrap;
use super::interval::Interval;
use super::signed_rank::{SignedRank, SignedRankOptions};
use super::summary::{Summary, defined};
use crate::{Error, Result, arrays::same_shape};

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
            signed_rank: SignedRank::test(&values, SignedRankOptions::default()),
        })
    }
}

/// What becomes of cases that only one of two methods was measured on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unmatched {
    /// They are an error, which names them.
    #[default]
    Refuse,
    /// They are left out and named in the result.
    LeaveOut,
}

/// The values of two methods on the same cases, brought together by the names of the cases.
///
/// ```
/// use qunet_segmetrics::{Bootstrap, PairedCases, Unmatched};
///
/// let ours = [("ct_02", Some(0.9)), ("ct_01", Some(0.8)), ("ct_03", None)];
/// let theirs = [("ct_01", Some(0.7)), ("ct_02", Some(0.7)), ("ct_04", Some(0.1))];
/// let error = PairedCases::by_name(ours, theirs, Unmatched::Refuse).unwrap_err();
/// assert!(error.to_string().contains("ct_03"));
///
/// let pairs = PairedCases::by_name(ours, theirs, Unmatched::LeaveOut)?;
/// assert_eq!(pairs.cases, ["ct_02", "ct_01"]);
/// assert_eq!((&pairs.only_first[0][..], &pairs.only_second[0][..]), ("ct_03", "ct_04"));
/// let difference = pairs.difference(&Bootstrap::default())?;
/// assert!(difference.differences.mean.is_some_and(|mean| (mean - 0.15).abs() < 1e-12));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PairedCases {
    /// The cases of both methods, in the order of the first.
    pub cases: Vec<String>,
    /// The values of the first method on them.
    pub first: Vec<Option<f64>>,
    /// The values of the second method on them.
    pub second: Vec<Option<f64>>,
    /// Cases of the first method alone, in its order.
    pub only_first: Vec<String>,
    /// Cases of the second method alone, in its order.
    pub only_second: Vec<String>,
}

impl PairedCases {
    /// Matches two lists of cases by name, whatever their orders.
    ///
    /// # Errors
    /// [`Error::Repeated`] for a case that one list has twice; [`Error::Unmatched`] for cases that
    /// only one list has, unless they are to be left out.
    pub fn by_name<N: AsRef<str>, M: AsRef<str>>(
        first: impl IntoIterator<Item = (N, Option<f64>)>,
        second: impl IntoIterator<Item = (M, Option<f64>)>,
        unmatched: Unmatched,
    ) -> Result<Self> {
        let (first, second) = (listed(first), listed(second));
        let of_first = by_case(&first, "the first method")?;
        let of_second = by_case(&second, "the second method")?;
        let mut pairs = Self::default();
        for (case, value) in &first {
            if let Some(other) = of_second.get(case.as_str()) {
                pairs.cases.push(case.clone());
                pairs.first.push(*value);
                pairs.second.push(*other);
            } else {
                pairs.only_first.push(case.clone());
            }
        }
        let alone = second.iter().filter(|(case, _)| !of_first.contains_key(case.as_str()));
        pairs.only_second = alone.map(|(case, _)| case.clone()).collect();
        let all_matched = pairs.only_first.is_empty() && pairs.only_second.is_empty();
        if unmatched == Unmatched::LeaveOut || all_matched {
            return Ok(pairs);
        }
        Err(Error::Unmatched { only_first: pairs.only_first, only_second: pairs.only_second })
    }

    /// How the methods differ, with an interval and a two-sided test.
    ///
    /// # Errors
    /// [`Error::Bootstrap`] for settings out of range.
    pub fn difference(&self, bootstrap: &Bootstrap) -> Result<PairedDifference> {
        PairedDifference::between(&self.first, &self.second, bootstrap)
    }

    /// Wilcoxon's test of first - second on the cases where both are defined; `None` where all
    /// differences are zero.
    ///
    /// # Example
    /// ```
    /// use qunet_segmetrics::{Alternative, PairedCases, SignedRankOptions, Unmatched};
    ///
    /// let ours = [("a", Some(0.9)), ("b", Some(0.8)), ("c", Some(0.7))];
    /// let theirs = [("a", Some(0.8)), ("b", Some(0.6)), ("c", Some(0.4))];
    /// let pairs = PairedCases::by_name(ours, theirs, Unmatched::Refuse)?;
    /// let better = SignedRankOptions { alternative: Alternative::Greater, ..Default::default() };
    /// assert_eq!(pairs.signed_rank(better).map(|test| test.p_value), Some(0.125));
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    #[must_use]
    pub fn signed_rank(&self, options: SignedRankOptions) -> Option<SignedRank> {
        let pairs = self.first.iter().zip(&self.second);
        let (differences, _) = defined(pairs.map(|(first, second)| Some((*first)? - (*second)?)));
        SignedRank::test(&differences, options)
    }
}

fn listed<N: AsRef<str>>(
    values: impl IntoIterator<Item = (N, Option<f64>)>,
) -> Vec<(String, Option<f64>)> {
    values.into_iter().map(|(case, value)| (case.as_ref().to_owned(), value)).collect()
}

fn by_case<'a>(
    values: &'a [(String, Option<f64>)],
    place: &'static str,
) -> Result<BTreeMap<&'a str, Option<f64>>> {
    let mut by_case = BTreeMap::new();
    for (case, value) in values {
        if by_case.insert(case.as_str(), *value).is_some() {
            return Err(Error::Repeated { case: case.clone(), place });
        }
    }
    Ok(by_case)
}
