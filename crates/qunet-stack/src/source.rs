//! What every reader of slices does, and how the formats are told apart.

use std::fmt::Debug;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::{Error, Geometry, SlicePixels};

/// Slices of one file or folder that are read one at a time.
pub(crate) trait Source: Debug + Send {
    /// Slices, height and width.
    fn shape(&self) -> [usize; 3];

    /// Plain pictures have no geometry of their own.
    fn geometry(&self) -> Geometry {
        Geometry::default()
    }

    /// Whether a slice costs the same in any order.
    fn is_random_access(&self) -> bool {
        true
    }

    /// Reads the slice of that number, which exists; in ascending order each costs one slice.
    fn read(&mut self, index: usize) -> Result<SlicePixels, Error>;
}

/// Bytes that tell every format: DICOM has its mark at 128.
const START: usize = 132;
const DICOM_MARK: &[u8] = b"DICM";
const NUMPY_MARK: &[u8] = b"\x93NUMPY";
/// Classic TIFF and BigTIFF in either byte order.
const TIFF_MARKS: [&[u8]; 4] = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];

/// PNG and JPEG.
const PICTURE_MARKS: [&[u8]; 2] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"];

/// A format that is not NIfTI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Dicom,
    Numpy,
    Tiff,
    Picture,
    Other,
}

impl Format {
    /// Whether files of it make a folder of pictures.
    pub(crate) fn is_picture(self) -> bool {
        self == Self::Picture || (cfg!(feature = "tiff") && self == Self::Tiff)
    }

    /// By the first bytes of a file.
    pub(crate) fn of_file(path: &Path) -> Result<Self, Error> {
        let cannot_read = |source| Error::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(cannot_read)?;
        let mut start = Vec::with_capacity(START);
        file.take(START as u64).read_to_end(&mut start).map_err(cannot_read)?;
        Ok(if start.len() == START && start.ends_with(DICOM_MARK) {
            Self::Dicom
        } else if start.starts_with(NUMPY_MARK) {
            Self::Numpy
        } else if TIFF_MARKS.iter().any(|mark| start.starts_with(mark)) {
            Self::Tiff
        } else if PICTURE_MARKS.iter().any(|mark| start.starts_with(mark)) {
            Self::Picture
        } else {
            Self::Other
        })
    }
}

/// Exactly `length` bytes, or all there are; memory is asked for first and may be refused.
pub(crate) fn read_up_to(
    path: &Path,
    source: &mut dyn Read,
    length: usize,
) -> Result<Vec<u8>, Error> {
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|source| cannot_read(source.into()))?;
    source.take(length as u64).read_to_end(&mut bytes).map_err(cannot_read)?;
    Ok(bytes)
}
