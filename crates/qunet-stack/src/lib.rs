#![doc = include_str!("../README.md")]

mod slice_id;

pub use slice_id::SliceId;
