use std::fmt;

use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

/// Which slice of which stack; candidates are ordered by stack, then slice, and so are ties.
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
