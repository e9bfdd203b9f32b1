//! Which slice, and what can be known of it.

use std::borrow::Cow;
use std::fmt;

use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

/// Which slice of which stack. Candidates are ordered by stack, then slice, and so are ties.
///
/// ```
/// use qunet_select::CandidateId;
/// use qunet_stack::SliceId;
///
/// let id = CandidateId { stack: 1, slice: SliceId(4) };
/// assert!(CandidateId::from(SliceId(9)) < id);
/// assert_eq!(id.to_string(), "slice 4 of stack 1");
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct CandidateId {
    /// Position of the stack among those given.
    pub stack: usize,
    /// The slice of that stack.
    pub slice: SliceId,
}

impl From<SliceId> for CandidateId {
    /// A slice of the first, or only, stack.
    fn from(slice: SliceId) -> Self {
        Self { stack: 0, slice }
    }
}

impl fmt::Display for CandidateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slice {} of stack {}", self.slice, self.stack)
    }
}

/// A number known of each candidate, and the direction in which it asks for annotation.
///
/// ```
/// use qunet_select::Column;
///
/// // The lower the agreement, the more a slice is worth annotating.
/// assert!(!Column::Agreement.highest_first());
/// assert_eq!(Column::Agreement.worth(0.25), 0.75);
/// assert_eq!(Column::Entropy.worth(0.25), 0.25);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Column {
    /// Entropy of the predicted classes, >= 0 nats; highest first.
    Entropy,
    /// Difference of the two most probable classes, in [0, 1]; lowest first.
    Margin,
    /// Mutual information of prediction and weights, >= 0 nats; highest first.
    Bald,
    /// Agreement of the heads, the quality index Q, in [0, 1]; lowest first.
    Agreement,
    /// The disagreement area in pixels, the sum over them of |L3 - L4|, >= 0; highest first.
    Disagreement,
    /// Foreground predicted in the slice, >= 0, in any one unit; highest first.
    Foreground,
    /// Quality cost: blurriness and inverse PSNR, each over the stack's mean, added; >= 0, lowest
    /// first. It comes with the quality records themselves.
    Quality,
    /// Feature vectors, one row for each candidate.
    Features,
    /// Position along z.
    Position,
    /// The slices annotated already.
    Annotated,
    /// A score of one's own, >= 0; highest first.
    Own(Cow<'static, str>),
}

impl Column {
    /// Whether the highest values are the ones to annotate first.
    #[must_use]
    pub fn highest_first(&self) -> bool {
        !matches!(self, Self::Margin | Self::Agreement | Self::Quality)
    }

    /// A value as a worth >= 0, higher = annotate first: 1 - value of margin and agreement,
    /// 1 / (1 + value) of the quality cost, the value itself of all others.
    #[must_use]
    pub fn worth(&self, value: f64) -> f64 {
        match self {
            Self::Margin | Self::Agreement => (1.0 - value).max(0.0),
            Self::Quality => 1.0 / (1.0 + value),
            _ => value,
        }
    }

    /// Whether only a trained network gives it.
    pub(crate) fn is_of_network(&self) -> bool {
        match self {
            Self::Entropy
            | Self::Margin
            | Self::Bald
            | Self::Agreement
            | Self::Disagreement
            | Self::Foreground
            | Self::Features => true,
            Self::Quality | Self::Position | Self::Annotated | Self::Own(_) => false,
        }
    }

    /// The range of its values, both ends allowed.
    pub(crate) fn range(&self) -> (f64, f64) {
        match self {
            Self::Margin | Self::Agreement => (0.0, 1.0),
            Self::Position => (f64::MIN, f64::MAX),
            _ => (0.0, f64::MAX),
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Entropy => "entropy",
            Self::Margin => "margin",
            Self::Bald => "bald",
            Self::Agreement => "agreement",
            Self::Disagreement => "disagreement area",
            Self::Foreground => "foreground",
            Self::Quality => "quality",
            Self::Features => "features",
            Self::Position => "position",
            Self::Annotated => "annotated",
            Self::Own(name) => name,
        })
    }
}
