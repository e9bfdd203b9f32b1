use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A number known of each candidate, and the way in which it asks for annotation.
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
    /// The disagreement area, the sum over the pixels of |L3 - L4|, >= 0; highest first.
    Disagreement,
    /// Foreground predicted in the slice, >= 0, in any one unit; highest first.
    Foreground,
    /// Quality cost: blurriness and inverse PSNR, each over the stack's mean, added; >= 0, lowest
    /// first.
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

    /// The range of its values, both ends allowed.
    pub(super) fn range(&self) -> (f64, f64) {
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
