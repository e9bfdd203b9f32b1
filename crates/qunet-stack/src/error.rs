use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use crate::SliceId;
use crate::geometry::Short;

/// What is wrong with a file that is cut short.
const ENDS: &str = "it ends too early";

/// What can go wrong with a stack, a mask or a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing at that path, or no permission.
    #[error("cannot read {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The file could not be written; nothing is left behind.
    #[error("cannot write {path}")]
    Write {
        /// The file that was to be written.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// A packed file that cannot be unpacked.
    #[error("{path} is damaged ({problem}); copy or download it again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the unpacker says.
        problem: String,
    },
    /// The content is of no known format.
    #[error(
        "{path} is not an image stack: it starts like no NIfTI, DICOM, TIFF, NumPy, PNG or JPEG \
         file; give one of these, or a folder of slices"
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// The NIfTI header or data is broken.
    #[error(
        "{path} is not a readable NIfTI-1 file: {}; copy it again, or write it anew with the program \
         that it comes from",
        in_nifti(problem)
    )]
    Nifti {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: nifti::NiftiError,
    },
    /// A file of another format is broken.
    #[error(
        "{path} is not a readable {format}: {problem}; copy it again, correct it, or write it anew \
         with the program that it comes from"
    )]
    Decode {
        /// The file.
        path: PathBuf,
        /// What it was taken for.
        format: &'static str,
        /// What is wrong with it.
        problem: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something that is valid and that is not read here.
    #[error("{path} holds {what}; {remedy}")]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What is in it.
        what: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// A DICOM series whose slices are not evenly spaced.
    #[error(
        "{path}: slice {slice} lies {} mm after the one before ({before}), where the others lie {} mm \
         apart; a slice is missing or there twice",
        Short(*gap),
        Short(*expected)
    )]
    UnevenGaps {
        /// The file.
        path: PathBuf,
        /// The file of the slice before.
        before: PathBuf,
        /// The slice, sorted by position.
        slice: SliceId,
        /// Its distance from the one before, in mm.
        gap: f64,
        /// The median of all gaps.
        expected: f64,
    },
    /// Fewer voxels than the header promises.
    #[error(
        "{path} is cut short: its header asks for {expected} bytes of voxels and it holds at most \
         {found}; copy or download it again"
    )]
    CutShort {
        /// The file.
        path: PathBuf,
        /// Bytes of voxels by the header.
        expected: u64,
        /// Bytes of voxels that there are, or that there can be at most.
        found: u64,
    },
    /// More voxels than fit into memory.
    #[error(
        "{path} with shape {shape:?} (slices, height, width) does not fit into memory; \
         read it a slice at a time"
    )]
    TooLarge {
        /// The file or folder.
        path: PathBuf,
        /// Its shape.
        shape: [usize; 3],
    },
    /// The NIfTI volume could not be written; nothing is left behind.
    #[error("cannot write {path} as NIfTI-1")]
    NiftiWrite {
        /// The file that was to be written.
        path: PathBuf,
        /// The error of the writer.
        source: nifti::NiftiError,
    },
    /// A voxel type that holds no single grey value.
    #[error(
        "{path} holds {datatype} voxels; convert them to one grey value each, an integer of 8 to 64 \
         bits or a float of 32 or 64"
    )]
    VoxelType {
        /// The file.
        path: PathBuf,
        /// The name of the type in its format.
        datatype: String,
    },
    /// Not a 3D volume.
    #[error("{path} has shape {shape:?}; a stack has three axes, split a series into volumes")]
    NotAVolume {
        /// The file.
        path: PathBuf,
        /// Its axes in file order.
        shape: Vec<usize>,
    },
    /// A header whose voxel sizes or orientation make no sense.
    #[error(
        "{path} has a broken orientation: {field} is {}; correct it, or set sform and qform to the \
         matrix that is meant and their codes to 1",
        Short(*value)
    )]
    BrokenGeometry {
        /// The file.
        path: PathBuf,
        /// The header field.
        field: &'static str,
        /// Its value.
        value: f64,
    },
    /// A folder without slices.
    #[error(
        "{path} holds no PNG, JPEG, TIFF or DICOM slices; give the folder with the slices themselves"
    )]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A colour image.
    #[error(
        "{path} is a colour image ({colour}); convert images to 8- or 16-bit grey; of masks save \
            the labels (0, 1, 2, ...), not their colours"
    )]
    Colour {
        /// The file.
        path: PathBuf,
        /// Its colour type.
        colour: String,
    },
    /// Slices of one folder must agree.
    #[error(
        "{path} holds a slice of {found:?} (height, width, type) beside others of {expected:?}; all \
         slices of a stack have one size and type, leave out what is none of them"
    )]
    UnevenSlices {
        /// The odd file.
        path: PathBuf,
        /// Its height, width and type of pixel, as numpy names it.
        found: (usize, usize, &'static str),
        /// Those of the first slice.
        expected: (usize, usize, &'static str),
    },
    /// A mask that does not fit its stack.
    #[error(
        "{name} has shape {found:?} (slices, height, width) but the stack has {expected:?}; \
         a mask lies on the grid of its image, resample it to that (--resample nearest, where both \
         say where they lie)"
    )]
    ShapeMismatch {
        /// The mask.
        name: String,
        /// Its shape.
        found: [usize; 3],
        /// The stack's shape.
        expected: [usize; 3],
    },
    /// A mask that lies on other voxels than its stack.
    #[error(
        "{name} lies up to {} mm from {stack}: it has {found}; the stack has {expected}; \
         resample it to the grid of its stack, by nearest neighbour (--resample nearest)",
        crate::geometry::millimetres(*distance)
    )]
    Elsewhere {
        /// The mask.
        name: String,
        /// The largest distance between corners, in mm.
        distance: f64,
        /// Where the mask lies, in words.
        found: String,
        /// The stack.
        stack: String,
        /// Where the stack lies, in words.
        expected: String,
    },
    /// A way of resampling that there is not.
    #[error("there is no way of resampling {name:?}; name one of never, nearest")]
    UnknownResample {
        /// The name given.
        name: String,
    },
    /// A mask with values from which nobody can tell what is inside.
    #[error(
        "{path} is no mask: {fault} (values: {values}); {remedy}save it with 0 outside and 1 inside, \
         as PNG or NIfTI: JPEG and smoothing change values"
    )]
    MaskValues {
        /// The file or folder.
        path: PathBuf,
        /// What speaks against the values.
        fault: MaskFault,
        /// The values found, in words.
        values: String,
        /// What else to do, with an "or" behind it; empty where there is nothing else.
        remedy: &'static str,
    },
    /// A stack needs at least one pixel.
    #[error("{name} has shape {shape:?} (slices, height, width): a stack needs at least one pixel")]
    Empty {
        /// The stack.
        name: String,
        /// Its shape.
        shape: [usize; 3],
    },
    /// NaN or infinity among the pixels.
    #[error(
        "{name}: pixel (row {row}, column {column}) of slice {slice} is {value}; \
         replace non-finite pixels first"
    )]
    NonFinite {
        /// The stack.
        name: String,
        /// The slice.
        slice: SliceId,
        /// Row of the pixel.
        row: usize,
        /// Column of the pixel.
        column: usize,
        /// Its value.
        value: f32,
    },
    /// No part of the stack is like the anatomy to be found.
    #[error("{name} shows no {anatomy}; give a region of interest as a mask")]
    NoRegion {
        /// The stack.
        name: String,
        /// The anatomy.
        anatomy: &'static str,
    },
    /// A slice number past the end.
    #[error("slice {slice} does not exist: {name} has {slices} slices, numbered from 0")]
    NoSuchSlice {
        /// The number asked for.
        slice: SliceId,
        /// The stack.
        name: String,
        /// How many slices there are.
        slices: usize,
    },
    /// A region that does not lie in its slice.
    #[error(
        "rows {rows:?} and columns {columns:?} do not fit {shape:?} (height, width); a region holds \
         at least a pixel and lies within its slice"
    )]
    Region {
        /// The rows of the region.
        rows: Range<usize>,
        /// Its columns.
        columns: Range<usize>,
        /// Height and width of what it is used on.
        shape: (usize, usize),
    },
    /// A mask whose parts cannot be numbered.
    #[error(transparent)]
    Grid(#[from] qunet_grid::Error),
    /// A setting out of range.
    #[error("{field} is {value}: {rule}")]
    Parameter {
        /// The setting.
        field: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        rule: &'static str,
    },
}

/// What speaks against values as those of a mask.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum MaskFault {
    /// A value between whole numbers, as of a probability or a smoothed mask.
    Fraction(f32),
    /// A value below 0.
    Negative(f32),
    /// More values than a mask has.
    TooMany,
    /// More labels than a region of interest has.
    TooManyLabels,
    /// None of the labels that were asked for, or nothing above the threshold.
    NoForeground,
    /// No voxel is 0.
    NoBackground,
}

impl fmt::Display for MaskFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fraction(value) => write!(f, "{} is no label", Short(f64::from(*value))),
            Self::Negative(value) => write!(f, "{} is below 0", Short(f64::from(*value))),
            Self::TooMany => f.write_str("a mask has two values, 0 outside and another inside"),
            Self::TooManyLabels => f.write_str("a region of interest has 16 labels at most"),
            Self::NoForeground => f.write_str("nothing of it is what was asked for"),
            Self::NoBackground => f.write_str("no voxel is background, which is 0"),
        }
    }
}

impl Error {
    /// What a failure to read means: content that is not as it was written, or the system's refusal.
    pub(crate) fn reading(path: &std::path::Path, source: std::io::Error) -> Self {
        use std::io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        let path = path.to_owned();
        match source.kind() {
            InvalidData | InvalidInput | UnexpectedEof => {
                let ends = source.kind() == UnexpectedEof && source.get_ref().is_none();
                let problem = if ends { ENDS.to_owned() } else { source.to_string() };
                Self::Damaged { path, problem }
            }
            _ => Self::Read { path, source },
        }
    }

    /// A file that its reader refuses: for its end, which says nothing of its format, or for a reason
    /// that the reader names.
    pub(crate) fn decode(
        path: &std::path::Path,
        format: &'static str,
        problem: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        let (path, problem) = (path.to_owned(), problem.into());
        let first: &(dyn std::error::Error + 'static) = &*problem;
        let mut causes = std::iter::successors(Some(first), |error| error.source());
        let ends = |error: &(dyn std::error::Error + 'static)| {
            let error = error.downcast_ref::<std::io::Error>();
            error.is_some_and(|error| error.kind() == std::io::ErrorKind::UnexpectedEof)
        };
        match causes.any(ends) {
            true => Self::Damaged { path, problem: ENDS.to_owned() },
            false => Self::Decode { path, format, problem },
        }
    }

    #[cfg(not(all(feature = "dicom", feature = "npy", feature = "tiff")))]
    pub(crate) fn without(path: &std::path::Path, feature: &'static str) -> Self {
        let what = format!("what needs the feature {feature}");
        let remedy = "build with that feature, which is on by default";
        Self::Unsupported { path: path.to_owned(), what, remedy }
    }
}

/// What is wrong with a NIfTI file.
fn in_nifti(problem: &nifti::NiftiError) -> String {
    match problem {
        nifti::NiftiError::InvalidFormat => {
            "its header has neither mark, n+1 nor ni1 (one of Analyze \
             7.5 has none, and does not say where left is)"
                .to_owned()
        }
        other => other.to_string(),
    }
}
