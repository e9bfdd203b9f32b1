//! Separate objects of a mask (lesions, cells) and how those of two masks match.

mod components;
mod contacts;
mod matching;
mod overlaps;
mod roots;
mod runs;
mod select;
mod stats;

pub use components::{Connectivity, Objects};
pub use matching::{LesionScores, PanopticQuality};
pub use overlaps::{ObjectOverlap, ObjectOverlaps};
pub use stats::ObjectStats;
