//! Seeded synthetic stacks with truth, so that everything can be tried without any data.

mod anatomy;
mod ct;
mod oct;
mod scanner;

pub use ct::CtPhantom;
pub use oct::OctPhantom;

use crate::{Error, LabelMap, Stack};

/// A generated stack and what is known about it.
#[derive(Clone, Debug)]
pub struct Phantom {
    /// The image stack with its region of interest.
    pub stack: Stack,
    /// The lesions.
    pub truth: LabelMap,
}

fn check(field: &'static str, value: usize, least: usize, rule: &'static str) -> Result<(), Error> {
    if value >= least {
        return Ok(());
    }
    Err(Error::Parameter { field, value: value as f64, rule })
}
