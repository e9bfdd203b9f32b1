//! 3D image stacks with geometry and region of interest: read, write, slice, scale, resize, find the
//! anatomy, and seeded phantoms.
//!
//! # Overview
//!
//! * **Stacks.** [`Stack`] holds [`Pixels`] `(slices, height, width)` in their stored type, a
//!   [`Geometry`] and, where one is known, a region of interest. [`Stack::open`] reads NIfTI, DICOM,
//!   TIFF, NumPy arrays and folders of pictures; the content says what a file is, not its name. A
//!   [`SliceId`] names a slice, a [`SliceView`] is one.
//! * **Masks.** [`LabelMap`] is a mask on the grid of a stack. [`Grid`] and [`Fit`] bring a mask to its
//!   stack ([`Reordering`]), or refuse it, unless it is to be resampled ([`Resample`], [`Resampling`]);
//!   [`MaskParams`] are what a mask is read with. [`Foreground`] says which of its values are inside, and
//!   [`MaskFault`] what speaks against them.
//! * **One slice at a time.** [`SliceStream`] and [`MaskStream`] read the same files in the memory of a
//!   slice ([`SlicePixels`]).
//! * **Archives.** [`find_stacks`] lists the stacks beneath a folder.
//! * **Space.** [`Geometry`] has affine (RAS or LPS), spacing in a [`LengthUnit`] and orientation
//!   ([`millimetres`] prints distances); [`Stack::resliced`] slices the same voxels along another
//!   [`SlicingAxis`].
//! * **Intensities and sizes.** [`Scaling`] makes pixel values [0, 1]; [`resize_bilinear`],
//!   [`resize_area`] and [`resize_nearest`] change the size; [`Region`] crops and puts back.
//! * **Finding.** [`roi::Anatomy`] finds lungs, body, retina or bright foreground in the pixels.
//! * **Writing.** [`Stack::write`], [`Stack::write_labels`], [`Stack::write_segmentation`] (with
//!   [`Segment`]s for 3D Slicer) and folders of PNG. All of it goes through [`write_atomically`],
//!   [`write_file`] and [`write_folder`], which leave a whole file or none; [`is_partial`] knows by its
//!   [`PARTIAL_PREFIX`] what a killed program left behind.
//! * **Trying out.** [`phantom::CtPhantom`] and [`phantom::OctPhantom`] make a chest and a retina with
//!   truth from one seed.
//!
//! Every function gives an [`Error`] that names the file, the value and the remedy. [`ndarray`] is
//! exported, for its types are part of this interface.
//!
//! # Example: out and in again
//!
//! ```
//! use qunet_stack::{LabelMap, Scaling, SliceId, Stack, phantom::CtPhantom};
//!
//! let phantom = CtPhantom { slices: 8, size: 64, seed: 1 }.generate()?;
//! let folder = tempfile::tempdir()?;
//! let (image, mask) = (folder.path().join("ct.nii.gz"), folder.path().join("mask.nii.gz"));
//! phantom.stack.write(&image)?;
//! phantom.stack.write_labels(&mask, phantom.truth.labels())?;
//!
//! let stack = Stack::open(&image)?;
//! let truth = LabelMap::open_binary(&mask, &stack)?;
//! assert_eq!(stack.geometry(), phantom.stack.geometry());
//! assert_eq!(truth, phantom.truth);
//! let slice = stack.scaled_slice(SliceId(3), &Scaling::lung_window())?;
//! assert_eq!(slice.dim(), (64, 64));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is read, and how
//!
//! In a NIfTI file x is the column, y the row and z the slice. Pixels stay in the type they were
//! stored in (u8, u16, i16, f32); wider types and rescaled values become f32, whole Hounsfield units
//! that fit become i16. DICOM values become modality values by rescale slope and intercept of their own
//! slice, or by its modality look-up table. Not read: JPEG XL, high-throughput JPEG 2000, colour; the
//! error names the transfer syntax and the remedy. NumPy arrays in Fortran order are read in pieces of
//! 128 MiB. TIFF, NumPy arrays and pictures say nothing of their place: one millimetre in every direction.
//! Transparent pictures and, as images, pictures with a colour table are refused.
//!
//! Sizes that a header states are checked against the length of its file before memory is asked for,
//! so broken files get a typed error within bounded memory (`tests/hostile.rs`; fuzz targets for every
//! reader). Values and geometry are those that nibabel, pydicom, SimpleITK, tifffile, pynrrd, Pillow
//! and NumPy read (`tests/readers.rs`, where these are installed).
//!
//! Lungs are found with a Dice of 0.954 to 0.977 against those that people drew on five volumes of
//! chest CT (`tests/roi_data.rs` prints the table); the band of the retina holds all of the fluid that
//! was drawn in 55 B-scans of five eyes, and is 0.40 to 0.52 mm thick.
//!
//! # Features
//!
//! | Feature | Gives |
//! |---|---|
//! | `dicom` (default) | DICOM series and files: uncompressed, deflated, JPEG baseline to lossless, JPEG-LS, RLE |
//! | `tiff` (default) | TIFF of one or many pages |
//! | `npy` (default) | NumPy arrays |
//! | `dicom-jpeg2000` | JPEG 2000 in DICOM, by a decoder translated from C that is not memory-safe code: use it for files that you trust |
//! | `faults` | for tests: the environment variable `QUNET_FAULT` makes a step on the disk fail: `kill:17` ends the program at its 17th step (a new folder, a write, a sync or a rename), `full:17` lets no step succeed from the 17th on, as on a full disk |

mod archive;
#[cfg(feature = "dicom")]
mod dicom_series;
mod disk;
mod error;
#[cfg(feature = "faults")]
mod faults;
mod files;
mod folder;
mod foreground;
mod geometry;
mod grid;
mod mask;
mod mask_stream;
mod nifti_file;
#[cfg(feature = "npy")]
mod npy_file;
mod nrrd_file;
mod open;
pub mod phantom;
mod picture_folder;
mod pixels;
mod place;
mod png_files;
mod qform;
mod region;
mod reordering;
mod resampling;
mod resize;
pub mod roi;
mod samples;
mod scaling;
mod slice_id;
mod source;
mod stack;
mod stream;
#[cfg(feature = "tiff")]
mod tiff_file;

pub use archive::find_stacks;
pub use error::{Error, MaskFault};
pub use files::{
    PARTIAL_PREFIX, create_folder, is_partial, write_atomically, write_file, write_folder,
};
pub use foreground::Foreground;
pub use geometry::{Geometry, LengthUnit, SlicingAxis, millimetres};
pub use grid::{Fit, Grid};
pub use mask::LabelMap;
pub use mask_stream::MaskStream;
pub use ndarray;
pub use nrrd_file::Segment;
pub use pixels::{Pixels, SlicePixels, SliceView};
pub use region::Region;
pub use reordering::Reordering;
pub use resampling::{MaskParams, Resample, Resampling};
pub use resize::{resize_area, resize_bilinear, resize_nearest};
pub use scaling::Scaling;
pub use slice_id::SliceId;
pub use stack::Stack;
pub use stream::SliceStream;
