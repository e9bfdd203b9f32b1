use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The zero-based index of a slice along its stack's slicing axis.
///
/// Ties between slices are always broken by this number, so a selection never depends on the
/// order in which slices were scored.
///
/// ```
/// use qunet_stack::SliceId;
/// assert!(SliceId(3) < SliceId(10));
/// assert_eq!(SliceId(3).to_string(), "3");
/// assert_eq!("3".parse(), Ok(SliceId(3)));
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct SliceId(pub usize);

impl fmt::Display for SliceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SliceId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl From<usize> for SliceId {
    fn from(index: usize) -> Self {
        Self(index)
    }
}
