use std::fmt;

use serde::{Deserialize, Serialize};

use super::elbow::elbow;
use crate::Error;
use crate::error::require;

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
    /// The slices with the lowest Q, this share of those observed, in [0, 1], rounded down.
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
    pub(super) fn check(self) -> Result<(), Error> {
        let unit = 0.0..=1.0;
        let (number, rule) = match self {
            Self::Fixed(q0) => (q0, "q0 lies in 0..=1"),
            Self::Fraction(share) => (share, "a share of the slices lies in 0..=1"),
            Self::Count(_) | Self::Elbow => return Ok(()),
        };
        require(unit.contains(&number), "quality_threshold", number, rule)
    }

    /// How many of the slices with these Q, lowest first, are selected, and what q0 comes to.
    pub(super) fn cut(self, sorted: &[f64]) -> (usize, Option<f64>) {
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
