//! Slices out to the programs annotators work with, and masks back in. Needs no LibTorch.
//!
//! # Overview
//!
//! * [`Task`] is what an annotator is asked for: slices of one stack, the classes, and a suggestion to
//!   begin with.
//! * [`Format`] is a program: NIfTI (ITK-SNAP), `.seg.nrrd` (3D Slicer), COCO (CVAT), Label Studio,
//!   MONAI Label. [`Format::export`] writes a folder, [`Format::import`] reads masks; a name that is none
//!   is an [`UnknownFormat`]. [`import_binary`] reads masks of two values, and [`import_foreground`]
//!   those of which the values are said.
//! * [`Answers`] are what came back: per slice drawn, blank, waiting, or drawn though nobody asked.
//!   Pixels that nobody annotated are [`IGNORE`].
//! * [`coco`] has run lengths and polygons of COCO, [`label_studio`] the brush of Label Studio.
//! * [`Error`] names file and slice; [`MaskProblem`] and [`NrrdProblem`] say what is wrong with a mask.
//!
//! # Example: out, and nothing drawn yet
//!
//! ```
//! use qunet_exchange::{Format, Task};
//! use qunet_stack::phantom::CtPhantom;
//! use qunet_stack::{Scaling, SliceId};
//!
//! let phantom = CtPhantom { slices: 6, size: 48, seed: 5 }.generate()?;
//! let task = Task {
//!     name: "ct",
//!     stack: &phantom.stack,
//!     asked: &[SliceId(1), SliceId(4)],
//!     classes: &["lesion".to_owned()],
//!     suggestion: None,
//!     scaling: Scaling::lung_window(),
//! };
//! let folder = tempfile::tempdir()?;
//! let out = folder.path().join("for-itk-snap");
//! Format::Nifti.export(&task, &out)?;
//! let answers = Format::Nifti.import(&task, out.join("ct.labels.nii.gz"))?;
//! assert_eq!(answers.blank.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answers;
pub mod coco;
mod error;
mod format;
mod json;
pub mod label_studio;
mod nifti;
mod seg_nrrd;
mod task;

pub use answers::Answers;
pub use error::{Error, MaskProblem, NrrdProblem};
pub use format::{Format, UnknownFormat};
pub use nifti::{import_binary, import_foreground};
pub use qunet_grid::IGNORE;
pub use task::Task;
