#![doc = include_str!("../README.md")]

mod answers;
pub mod coco;
mod error;
mod files;
mod format;
pub mod label_studio;
mod monai;
mod nifti;
mod seg_nrrd;
mod task;

pub use answers::Answers;
pub use error::{Error, MaskProblem, NrrdProblem};
pub use format::{Format, UnknownFormat};
pub use nifti::import_binary;
pub use task::Task;

/// The label of pixels that nobody annotated.
pub const IGNORE: u8 = 255;
