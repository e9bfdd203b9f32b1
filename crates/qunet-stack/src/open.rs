//! Opens a file or folder as a source of slices, by its content.

use std::fs;
use std::path::Path;

use crate::source::{Format, Source};
use crate::{Error, Geometry, Pixels, SlicePixels, nifti_file, picture_folder};

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
    match Format::of_file(path)? {
        Format::Dicom => dicom(path),
        Format::Numpy => numpy(path),
        Format::Tiff => tiff(path),
        Format::Picture => Ok(Box::new(picture_folder::Slices::open_file(path)?)),
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
