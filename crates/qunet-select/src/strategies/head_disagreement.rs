//! Algorithm 1: the slices on which the heads disagree.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Needs, Strategy};
use crate::error::require;
use crate::{Column, Error, Pool, Reason, Request, Selection, Verdict};

/// Step 2 of QU-net++ (Algorithm 1): the slices S_m on which the last two heads disagree, those
/// whose quality index Q is strictly below q0. Ties by stack and slice; the seed is not used.
///
/// ```
/// use qunet_select::{Column, HeadDisagreement, Pool, Request, Strategy, Verdict};
/// use qunet_stack::SliceId;
///
/// let column = |values: [f64; 3]| (0..).map(SliceId).zip(values);
/// let pool = Pool::of_stack(3)?
///     .with_column(Column::Agreement, column([0.25, 0.75, 0.0]))?
///     .with_column(Column::Disagreement, column([40.0, 9.0, 1.0]))?;
/// let selection = HeadDisagreement::paper().select(&pool, &Request::new(1, 0))?;
/// assert_eq!(selection.slices(0), [SliceId(2)]);
/// assert_eq!(selection.verdicts[0].verdict, Verdict::NotReached);
/// assert_eq!(selection.verdicts[1].verdict.to_string(), "the heads agree: Q 0.7500 is not below 0.5000");
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HeadDisagreement {
    /// q0: only slices whose quality index Q is strictly below can be picked.
    pub quality_threshold: QualityThreshold,
    /// Which of the slices below q0 come first.
    pub order: DisagreementOrder,
}

impl Default for HeadDisagreement {
    /// The lowest Q first, whatever it is, as far as the budget goes.
    fn default() -> Self {
        Self { quality_threshold: QualityThreshold::Fraction(1.0), ..Self::paper() }
    }
}

impl HeadDisagreement {
    /// Algorithm 1 as published: Q < 0.5, the lowest first.
    #[must_use]
    pub fn paper() -> Self {
        Self { quality_threshold: QualityThreshold::Fixed(0.5), order: DisagreementOrder::Quality }
    }
}

/// Which of the slices below q0 come first; ties by stack and slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DisagreementOrder {
    /// Those of lowest Q.
    #[default]
    Quality,
    /// Those with the largest disagreement area
    /// ([`AgreementRecord::disagreement_area`](crate::AgreementRecord::disagreement_area)): a stray
    /// pixel on an otherwise empty slice makes Q = 0 and changes next to nothing.
    Area,
}

/// The numbers of a candidate that has both.
#[derive(Clone, Copy)]
struct Candidate {
    place: usize,
    quality_index: f64,
    disagreement_area: f64,
}

impl Strategy for HeadDisagreement {
    fn name(&self) -> &str {
        "head_disagreement"
    }

    fn needs(&self) -> Needs {
        Needs::columns([Column::Agreement, Column::Disagreement])
    }

    fn check(&self) -> Result<(), Error> {
        self.quality_threshold.check()
    }

    fn select(&self, pool: &Pool, request: &Request) -> Result<Selection, Error> {
        self.check()?;
        let agreement = pool.column(&Column::Agreement, self.name())?;
        let area = pool.column(&Column::Disagreement, self.name())?;
        let (mut candidates, mut left) = (Vec::new(), Vec::new());
        for place in pool.open() {
            let undefined = |column| (place, Verdict::Undefined { column });
            match (agreement[place], area[place]) {
                (Some(quality_index), Some(disagreement_area)) => {
                    candidates.push(Candidate { place, quality_index, disagreement_area });
                }
                (None, _) => left.push(undefined(Column::Agreement)),
                (_, None) => left.push(undefined(Column::Disagreement)),
            }
        }
        // Stable: of equal Q the first slice stays first.
        candidates.sort_by(|a, b| a.quality_index.total_cmp(&b.quality_index));
        let sorted: Vec<f64> = candidates.iter().map(|it| it.quality_index).collect();
        let (below, quality_threshold) = self.quality_threshold.cut(&sorted);
        let lowest = sorted.first().copied().unwrap_or_default();
        let threshold = quality_threshold.unwrap_or(lowest);
        left.extend(candidates.drain(below..).map(|Candidate { place, quality_index, .. }| {
            (place, Verdict::Agrees { quality_index, threshold })
        }));
        if self.order == DisagreementOrder::Area {
            candidates.sort_by(|a, b| {
                b.disagreement_area.total_cmp(&a.disagreement_area).then(a.place.cmp(&b.place))
            });
        }
        let picks = candidates.into_iter().map(|it| {
            let Candidate { place, quality_index, disagreement_area } = it;
            (place, Reason::HeadDisagreement { quality_index, disagreement_area })
        });
        let mut selection = Selection::new(self.name(), pool, request, picks).with_verdicts(left);
        selection.thresholds.quality_threshold = quality_threshold;
        Ok(selection)
    }
}

/// What q0 is, below which a slice's quality index Q is too low.
///
/// A configuration file holds a number for a fixed one: `0.5`, `{"fraction": 0.1}`, `{"count": 5}`
/// or `"elbow"`.
///
/// ```
/// use qunet_select::QualityThreshold;
///
/// let read = |text| serde_json::from_str::<QualityThreshold>(text).unwrap();
/// assert_eq!(read("0.5"), QualityThreshold::Fixed(0.5));
/// assert_eq!(read(r#"{"count": 5}"#), QualityThreshold::Count(5));
/// assert_eq!(read(r#""elbow""#), QualityThreshold::Elbow);
/// assert_eq!(QualityThreshold::Fraction(0.1).to_string(), "lowest 0.1 of the slices");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Form", into = "Form")]
#[non_exhaustive]
pub enum QualityThreshold {
    /// This number, in [0, 1]; Q must be strictly below (Algorithm 1, where it is 0.5).
    Fixed(f64),
    /// The slices with the lowest Q, this share of those not annotated, in [0, 1], rounded down.
    Fraction(f64),
    /// The slices with the lowest Q, so many.
    Count(usize),
    /// The elbow of the sorted Q, by Kneedle (Satopaa et al., 2011), unsmoothed.
    ///
    /// Both axes of the curve of Q over rank are scaled to [0, 1]; the elbow is the slice farthest
    /// from the diagonal. Above it, a few low slices rise to a plateau: those before the elbow are
    /// selected. Below it, a plateau of low slices rises to a few high ones: the plateau is
    /// selected. An elbow counts if it lies more than one step of the ranks off the diagonal
    /// (sensitivity 1); without one, or with fewer than four slices, none is selected.
    Elbow,
}

/// As configuration files hold it.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Fixed(f64),
    Found(Found),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Found {
    Fraction(f64),
    Count(usize),
    Elbow,
}

impl From<Form> for QualityThreshold {
    fn from(form: Form) -> Self {
        match form {
            Form::Fixed(q0) => Self::Fixed(q0),
            Form::Found(Found::Fraction(share)) => Self::Fraction(share),
            Form::Found(Found::Count(count)) => Self::Count(count),
            Form::Found(Found::Elbow) => Self::Elbow,
        }
    }
}

impl From<QualityThreshold> for Form {
    fn from(threshold: QualityThreshold) -> Self {
        match threshold {
            QualityThreshold::Fixed(q0) => Self::Fixed(q0),
            QualityThreshold::Fraction(share) => Self::Found(Found::Fraction(share)),
            QualityThreshold::Count(count) => Self::Found(Found::Count(count)),
            QualityThreshold::Elbow => Self::Found(Found::Elbow),
        }
    }
}

impl From<f64> for QualityThreshold {
    fn from(q0: f64) -> Self {
        Self::Fixed(q0)
    }
}

impl Default for QualityThreshold {
    /// The paper's 0.5.
    fn default() -> Self {
        Self::Fixed(0.5)
    }
}

impl fmt::Display for QualityThreshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(q0) => write!(f, "{q0}"),
            Self::Fraction(share) => write!(f, "lowest {share} of the slices"),
            Self::Count(count) => write!(f, "lowest {count} slices"),
            Self::Elbow => f.write_str("elbow"),
        }
    }
}

impl QualityThreshold {
    fn check(self) -> Result<(), Error> {
        let unit = 0.0..=1.0;
        let (number, rule) = match self {
            Self::Fixed(q0) => (q0, "q0 lies in 0..=1"),
            Self::Fraction(share) => (share, "a share of the slices lies in 0..=1"),
            Self::Count(_) | Self::Elbow => return Ok(()),
        };
        require(unit.contains(&number), "quality_threshold", number, rule)
    }

    /// How many of the slices with these Q, lowest first, are selected, and what q0 resolves to.
    fn cut(self, sorted: &[f64]) -> (usize, Option<f64>) {
        let count = match self {
            Self::Fixed(q0) => return (sorted.partition_point(|&q| q < q0), Some(q0)),
            // A share of 0.29 of 100 slices is 29, not the number below 28.999999999999996.
            Self::Fraction(share) => (share * sorted.len() as f64 + 1e-9) as usize,
            Self::Count(count) => count.min(sorted.len()),
            Self::Elbow => match elbow(sorted) {
                Some(count) => count,
                None => return (0, None),
            },
        };
        (count, sorted.get(count).copied())
    }
}

/// How many of the values, sorted upwards, lie before the elbow of their curve; see
/// [`QualityThreshold::Elbow`].
fn elbow(sorted: &[f64]) -> Option<usize> {
    let (low, high) = (sorted.first()?, sorted.last()?);
    let (steps, height) = ((sorted.len() - 1) as f64, high - low);
    if height <= 0.0 {
        return None;
    }
    let off = |(at, value): (usize, &f64)| (at, (value - low) / height - at as f64 / steps);
    let off: Vec<(usize, f64)> = sorted.iter().enumerate().map(off).collect();
    // Kneedle scales both axes to [0, 1] and takes the point farthest from the diagonal. The curve of
    // a few low slices before a plateau bulges above it, that of a plateau before a few high ones
    // below it; which of the two it is decides on which side of the elbow the low slices end.
    // Of equal distances the first above the diagonal, the last below it.
    let above = *off.iter().rev().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let below = *off.iter().rev().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let (count, distance) = if above.1 >= -below.1 { above } else { (below.0 + 1, -below.1) };
    (distance > 1.0 / steps).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elbows_by_hand() {
        let cases: [(&[f64], Option<usize>); 8] = [
            // x = 0, 1/4, 1/2, 3/4, 1; y = 0, 0.1/0.8, 0.7/0.8, 0.75/0.8, 1: farthest above at 2.
            (&[0.1, 0.2, 0.8, 0.85, 0.9], Some(2)),
            // y = 0, 0, 0.02/0.8, 0.05/0.8, 1: farthest below at 3.
            (&[0.1, 0.1, 0.12, 0.15, 0.9], Some(4)),
            // The first of equal values begins the plateau.
            (&[0.0, 0.9, 0.9, 0.9, 0.9], Some(1)),
            (&[0.1, 0.1, 0.1, 0.1, 0.9], Some(4)),
            // On the diagonal, or within a step of it, there is no elbow.
            (&[0.0, 0.25, 0.5, 0.75, 1.0], None),
            (&[0.0, 0.5, 1.0], None),
            (&[0.5, 0.5, 0.5, 0.5], None),
            (&[], None),
        ];
        for (sorted, count) in cases {
            assert_eq!(elbow(sorted), count, "{sorted:?}");
        }
    }
}
