//! What the fuzz targets make of the bytes that they are given.

mod kernels;
mod picture;

pub use kernels::check_kernels;
pub use picture::{Layout, Picture, Setting};
