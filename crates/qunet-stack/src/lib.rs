#![doc = include_str!("../README.md")]

mod each;
mod error;
mod files;
mod geometry;
mod mask;
mod nifti_file;
mod open;
pub mod phantom;
mod pixels;
mod png_folder;
mod resize;
mod scaling;
mod slice;
mod slice_id;
mod stack;
mod stream;

pub use error::Error;
pub use files::{write_atomically, write_file};
pub use geometry::{Geometry, LengthUnit};
pub use mask::LabelMap;
pub use ndarray;
pub use pixels::Pixels;
pub use resize::{resize_bilinear, resize_nearest};
pub use scaling::Scaling;
pub use slice::{SlicePixels, SliceView};
pub use slice_id::SliceId;
pub use stack::Stack;
pub use stream::{MaskStream, SliceStream};
