//! What every reader of slices does, and how the formats are told apart.

use std::fmt::Debug;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::place::Place;
use crate::{Error, Geometry, SlicePixels};

/// What the values of a file are read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Grey values.
    Image,
    /// Labels: of a picture with a colour table its indices.
    Labels,
}

/// Slices of one file or folder that are read one at a time.
pub(crate) trait Source: Debug + Send {
    /// Slices, height and width.
    fn shape(&self) -> [usize; 3];

    /// Plain pictures say nothing of their place.
    fn place(&self) -> Place {
        Place::assumed(Geometry::default())
    }

    /// Whether the format changes values, as JPEG does.
    fn is_lossy(&self) -> bool {
        false
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

/// What a file starts like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Dicom,
    Numpy,
    Tiff,
    Picture,
    Other,
}

/// Explicit types of the first elements of a data set without a preamble.
const FIRST_TYPES: [&[u8]; 6] = [b"UL", b"CS", b"UI", b"OB", b"SH", b"DA"];

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
        let marked = start.len() == START && start.ends_with(DICOM_MARK);
        Ok(if marked || is_bare_dicom(&start) {
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

/// Whether a file starts like a DICOM data set that lacks preamble and mark, as programs before 1993
/// and some since write them: a first element of the group 2 or 8 and another one behind it.
fn is_bare_dicom(start: &[u8]) -> bool {
    let &[group @ (2 | 8), 0, _, 0, ref value @ ..] = start else { return false };
    let long = |bytes: &[u8]| {
        let length = bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))?;
        usize::try_from(length).ok()
    };
    let (head, length) = match value {
        [b'O', b'B', 0, 0, rest @ ..] => (8, long(rest)),
        [a, b, low, high, ..] if FIRST_TYPES.contains(&&[*a, *b][..]) => {
            (4, Some(usize::from(u16::from_le_bytes([*low, *high]))))
        }
        rest if group == 8 => (4, long(rest)),
        _ => return false,
    };
    let Some(next) = length.and_then(|length| value.get(head + length..)) else { return false };
    matches!(next, [2 | 8 | 0x10 | 0x18 | 0x20 | 0x28, 0, ..])
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
