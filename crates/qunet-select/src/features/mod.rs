//! Distances between candidates.

mod clusters;
mod distance;
mod space;

pub(crate) use clusters::clusters;
pub(crate) use distance::{Nearest, squared_distance};
pub use space::Space;
