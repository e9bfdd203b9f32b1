#![doc = include_str!("../README.md")]

#[cfg(feature = "dicom")]
mod dicom_series;
mod each;
mod error;
mod files;
mod geometry;
mod mask;
mod nifti_file;
#[cfg(feature = "npy")]
mod npy_file;
mod nrrd_file;
mod open;
pub mod phantom;
mod picture_folder;
mod pixels;
mod png_files;
mod region;
mod resize;
pub mod roi;
mod samples;
mod scaling;
mod slice;
mod slice_id;
mod source;
mod stack;
mod stream;
#[cfg(feature = "tiff")]
mod tiff_file;

pub use error::Error;
pub use files::{write_atomically, write_file};
pub use geometry::{Geometry, LengthUnit, SlicingAxis};
pub use mask::LabelMap;
pub use ndarray;
pub use nrrd_file::Segment;
pub use pixels::Pixels;
pub use region::Region;
pub use resize::{resize_area, resize_bilinear, resize_nearest};
pub use scaling::Scaling;
pub use slice::{SlicePixels, SliceView};
pub use slice_id::SliceId;
pub use stack::Stack;
pub use stream::{MaskStream, SliceStream};
