//! Opens a file or folder as a source of slices, by its content.

use std::fs;
use std::path::{Path, PathBuf};

use crate::folder::Folder;
use crate::grid::Grid;
use crate::place::Place;
use crate::source::{Format, Purpose, Source};
use crate::{Error, Pixels, SlicePixels, nifti_file, picture_folder};

/// The slices of a file or folder in order, read one at a time.
#[derive(Debug)]
pub(crate) struct Slices {
    source: Box<dyn Source>,
    next: usize,
}

impl Slices {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { source: open(path, Purpose::Image)?, next: 0 })
    }

    /// Opens a file whose values are labels.
    pub(crate) fn open_labels(path: &Path) -> Result<Self, Error> {
        Ok(Self { source: open(path, Purpose::Labels)?, next: 0 })
    }

    /// Where its voxels lie; errors call it by its path.
    pub(crate) fn grid(&self, path: &Path) -> Grid {
        Grid::new(&path.display().to_string(), self.shape(), &self.place())
    }

    /// Whether the format changes values.
    pub(crate) fn is_lossy(&self) -> bool {
        self.source.is_lossy()
    }

    /// Slices, height and width.
    pub(crate) fn shape(&self) -> [usize; 3] {
        self.source.shape()
    }

    pub(crate) fn place(&self) -> Place {
        self.source.place()
    }

    pub(crate) fn source(&mut self) -> &mut dyn Source {
        &mut *self.source
    }

    pub(crate) fn is_random_access(&self) -> bool {
        self.source.is_random_access()
    }
}

fn open(path: &Path, purpose: Purpose) -> Result<Box<dyn Source>, Error> {
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    let metadata = fs::metadata(path).map_err(cannot_read)?;
    if metadata.is_dir() {
        return folder(path, purpose);
    }
    if !metadata.is_file() {
        return Err(Error::Unsupported {
            path: path.to_owned(),
            what: "no file but a device, a pipe or the like".to_owned(),
            remedy: "copy what it gives to a file",
        });
    }
    match Format::of_file(path)? {
        Format::Dicom => dicom(path),
        Format::Numpy => numpy(path),
        Format::Tiff => tiff(path, purpose),
        Format::Picture => Ok(Box::new(picture_folder::Slices::open_file(path, purpose)?)),
        Format::Other => Ok(Box::new(nifti_file::Slices::open(path)?)),
    }
}

/// A folder holds a DICOM series, or pictures, and nothing else that is a stack of its own. DICOM goes
/// before pictures: those are previews of it.
fn folder(path: &Path, purpose: Purpose) -> Result<Box<dyn Source>, Error> {
    let Folder { dicom, pictures, stacks, broken } = Folder::list(path)?;
    let named = |path: &Path| path.extension().is_some();
    if let Some(path) = broken.into_iter().find(|path| named(path) || !dicom.is_empty()) {
        let what = "not the DICOM file that it should be".to_owned();
        let remedy = "copy or download it again, or move it out of the folder if it is no slice";
        return Err(Error::Unsupported { path, what, remedy });
    }
    if !dicom.is_empty() {
        match series(path, dicom) {
            // Reports and directories are DICOM files too.
            Err(Error::EmptyFolder { .. }) if !pictures.is_empty() => {}
            Ok(slices) if slices.shape()[0] == 1 && pictures.len() > 1 => {
                return Err(Error::Unsupported {
                    path: path.to_owned(),
                    what: format!("one DICOM slice and {} pictures", pictures.len()),
                    remedy: "leave in it what is the stack, or give the DICOM file itself",
                });
            }
            opened => return opened,
        }
    }
    if let Some(stack) = stacks.into_iter().next() {
        return Err(Error::Unsupported {
            path: path.to_owned(),
            what: format!("{}, which is a stack of its own", stack.display()),
            remedy: "give that file, or move it out of the folder of slices",
        });
    }
    Ok(Box::new(picture_folder::Slices::open(path, pictures, purpose)?))
}

#[cfg(feature = "dicom")]
fn series(path: &Path, files: Vec<PathBuf>) -> Result<Box<dyn Source>, Error> {
    Ok(Box::new(crate::dicom_series::Slices::open(path, files)?))
}

#[cfg(not(feature = "dicom"))]
fn series(path: &Path, _files: Vec<PathBuf>) -> Result<Box<dyn Source>, Error> {
    Err(Error::without(path, "dicom"))
}

#[cfg(feature = "dicom")]
fn dicom(path: &Path) -> Result<Box<dyn Source>, Error> {
    Ok(Box::new(crate::dicom_series::Slices::open_file(path)?))
}

#[cfg(feature = "npy")]
fn numpy(path: &Path) -> Result<Box<dyn Source>, Error> {
    Ok(Box::new(crate::npy_file::Slices::open(path)?))
}

#[cfg(feature = "tiff")]
fn tiff(path: &Path, purpose: Purpose) -> Result<Box<dyn Source>, Error> {
    Ok(Box::new(crate::tiff_file::Slices::open(path, purpose)?))
}

#[cfg(not(feature = "dicom"))]
fn dicom(path: &Path) -> Result<Box<dyn Source>, Error> {
    Err(Error::without(path, "dicom"))
}

#[cfg(not(feature = "npy"))]
fn numpy(path: &Path) -> Result<Box<dyn Source>, Error> {
    Err(Error::without(path, "npy"))
}

#[cfg(not(feature = "tiff"))]
fn tiff(path: &Path, _purpose: Purpose) -> Result<Box<dyn Source>, Error> {
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
pub(crate) fn read(path: &Path, slices: Slices) -> Result<(Pixels, Place), Error> {
    let (shape, place) = (slices.shape(), slices.place());
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
    Ok((all.ok_or_else(empty)?, place))
}
