#![doc = include_str!("../README.md")]

mod verdict;

pub use verdict::{Degenerate, SliceVerdict, Verdict};
