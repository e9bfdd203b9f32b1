//! Seeded synthetic stacks with truth, so that everything can be tried without any data.

mod anatomy;
mod ct;
mod degrade;
mod noise;
mod oct;

pub use ct::{CtPhantom, Phantom};
pub use oct::OctPhantom;
