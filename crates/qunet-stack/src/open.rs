//! What kind of thing a path is, told by its content.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::source::Source;
use crate::{Error, Geometry, Pixels, SlicePixels, nifti_file, picture_folder};

/// Bytes that tell every format: DICOM has its mark at 128.
const START: usize = 132;
const DICOM_MARK: &[u8] = b"DICM";
const NUMPY_MARK: &[u8] = b"\x93NUMPY";
/// Classic TIFF and BigTIFF in either byte order.
const TIFF_MARKS: [&[u8]; 4] = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];

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

    /// Looks at the first bytes of a file.
    pub(crate) fn of(path: &Path) -> Result<Self, Error> {
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
        } else if picture_folder::is_picture(&start) {
            Self::Picture
        } else {
            Self::Other
        })
    }
}

/// The slices of a file or folder in order, read one at a time.
#[derive(Debug)]
pub(crate) struct Slices {
    source: Box<dyn Source>,
    next: usize,
}

impl Slices {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { source: open(path)?, next: 0 })
    }

    /// Slices, height and width.
    pub(crate) fn shape(&self) -> [usize; 3] {
        self.source.shape()
    }

    pub(crate) fn geometry(&self) -> Geometry {
        self.source.geometry()
    }

    pub(crate) fn source(&mut self) -> &mut dyn Source {
        &mut *self.source
    }

    pub(crate) fn is_random_access(&self) -> bool {
        self.source.is_random_access()
    }
}

fn open(path: &Path) -> Result<Box<dyn Source>, Error> {
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    if fs::metadata(path).map_err(cannot_read)?.is_dir() {
        return folder(path);
    }
    match Format::of(path)? {
        Format::Dicom => dicom(path),
        Format::Numpy => numpy(path),
        Format::Tiff => tiff(path),
        Format::Picture => Ok(Box::new(picture_folder::Slices::of_file(path)?)),
        Format::Other => Ok(Box::new(nifti_file::Slices::open(path)?)),
    }
}

/// Pictures if there are any, else a DICOM series.
fn folder(path: &Path) -> Result<Box<dyn Source>, Error> {
    match picture_folder::Slices::open(path) {
        Err(Error::EmptyFolder { .. }) => dicom(path),
        other => Ok(Box::new(other?)),
    }
}

#[cfg(feature = "dicom")]
fn dicom(path: &Path) -> Result<Box<dyn Source>, Error> {
    Ok(Box::new(crate::dicom_series::Slices::open(path)?))
}

#[cfg(feature = "npy")]
fn numpy(path: &Path) -> Result<Box<dyn Source>, Error> {
    Ok(Box::new(crate::npy_file::Slices::open(path)?))
}

#[cfg(feature = "tiff")]
fn tiff(path: &Path) -> Result<Box<dyn Source>, Error> {
    Ok(Box::new(crate::tiff_file::Slices::open(path)?))
}

#[cfg(not(feature = "dicom"))]
fn dicom(path: &Path) -> Result<Box<dyn Source>, Error> {
    if path.is_dir() {
        return Err(Error::EmptyFolder { path: path.to_owned() });
    }
    Err(Error::without(path, "dicom"))
}

#[cfg(not(feature = "npy"))]
fn numpy(path: &Path) -> Result<Box<dyn Source>, Error> {
    Err(Error::without(path, "npy"))
}

#[cfg(not(feature = "tiff"))]
fn tiff(path: &Path) -> Result<Box<dyn Source>, Error> {
    Err(Error::without(path, "tiff"))
}

impl Iterator for Slices {
    type Item = Result<SlicePixels, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let slices = self.shape()[0];
        if self.next >= slices {
            return None;
        }
        let slice = self.source.read(self.next);
        // Nothing that follows a failure is where it should be.
        self.next = if slice.is_ok() { self.next + 1 } else { slices };
        Some(slice)
    }
}

/// Reads all slices into memory.
pub(crate) fn read(path: &Path) -> Result<(Pixels, Geometry), Error> {
    let slices = Slices::open(path)?;
    let (shape, geometry) = (slices.shape(), slices.geometry());
    // The slices of one file or folder are alike, so that only memory can fail.
    let too_large = || Error::TooLarge { path: path.to_owned(), shape };
    let mut all = None;
    for slice in slices {
        let slice = slice?;
        let pixels = match &mut all {
            Some(pixels) => pixels,
            none => none.insert(Pixels::with_room(shape[0], slice.view()).ok_or_else(too_large)?),
        };
        pixels.push(&slice).map_err(|_| too_large())?;
    }
    let empty = || Error::Empty { name: path.display().to_string(), shape };
    Ok((all.ok_or_else(empty)?, geometry))
}
