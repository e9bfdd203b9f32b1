//! What the fuzz targets make of the bytes that they are given.

pub mod annotations;
mod kernels;
mod masks;
mod picture;
pub mod readers;
mod segmetrics;

pub use kernels::check_kernels;
pub use picture::{Layout, Picture, Setting};
pub use segmetrics::{check_boundary, check_components, check_overlap};
