//! What kind of thing a path is.

use std::path::Path;

use crate::{Error, Geometry, Pixels, SlicePixels, nifti_file, png_folder};

/// The slices of a NIfTI file or of a folder of PNG slices in order, read one at a time.
#[derive(Debug)]
pub(crate) enum Slices {
    Nifti(nifti_file::Slices),
    Png(png_folder::Slices),
}

impl Slices {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let cannot_read = |source| Error::Read { path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(cannot_read)?.is_dir() {
            png_folder::Slices::open(path).map(Self::Png)
        } else {
            nifti_file::Slices::open(path).map(Self::Nifti)
        }
    }

    /// Slices, height and width.
    pub(crate) fn shape(&self) -> [usize; 3] {
        match self {
            Self::Nifti(slices) => slices.shape(),
            Self::Png(slices) => slices.shape(),
        }
    }

    /// Plain images have no geometry of their own.
    pub(crate) fn geometry(&self) -> Geometry {
        match self {
            Self::Nifti(slices) => *slices.geometry(),
            Self::Png(_) => Geometry::default(),
        }
    }
}

impl Iterator for Slices {
    type Item = Result<SlicePixels, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Nifti(slices) => slices.next(),
            Self::Png(slices) => slices.next(),
        }
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
