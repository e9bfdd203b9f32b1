//! Separate objects of a mask (lesions, cells) and how those of two masks match.

mod components;
mod matching;
mod overlaps;
mod runs;

pub use components::{Connectivity, Objects};
pub use matching::{LesionScores, PanopticQuality};
pub use overlaps::{ObjectOverlap, ObjectOverlaps};
