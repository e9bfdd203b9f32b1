//! What lies in a folder of slices.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::source::Format;

/// The names by which pictures are known that cannot be read.
const PICTURES: &[&str] = &["png", "jpg", "jpeg", "tif", "tiff", "bmp", "gif", "webp"];
/// And those of DICOM files.
const DICOM: &[&str] = &["dcm", "dicom", "ima"];
/// And those of files that hold a whole stack.
const STACKS: &[&str] = &["nii", "nii.gz", "hdr", "img", "npy", "nrrd", "nhdr"];

/// The files of a folder by kind, each in natural order (`2.png` before `10.png`). Folders, hidden
/// files and everything else, such as notes and thumbnails, are left out.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    pub(crate) dicom: Vec<PathBuf>,
    pub(crate) pictures: Vec<PathBuf>,
    /// NIfTI files and others that are stacks by themselves.
    pub(crate) stacks: Vec<PathBuf>,
    /// DICOM files by their name whose content is something else, and empty files without an ending.
    pub(crate) broken: Vec<PathBuf>,
}

impl Folder {
    pub(crate) fn list(folder: &Path) -> Result<Self, Error> {
        let cannot_read = |source| Error::Read { path: folder.to_owned(), source };
        let mut found = Self::default();
        for entry in fs::read_dir(folder).map_err(cannot_read)? {
            let path = entry.map_err(cannot_read)?.path();
            // Among them the `._` twins that macOS leaves on other disks.
            let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes()[0] == b'.');
            // A pipe or a device may never end; a link that leads nowhere is a slice that is missing.
            if hidden || (path.exists() && !path.is_file()) {
                continue;
            }
            // By its name a picture, whatever is in it: a broken slice is an error, not a gap.
            let picture = ends_with(&path, PICTURES);
            let format = if path.is_file() { Format::of_file(&path).ok() } else { None };
            match format {
                Some(Format::Dicom) => found.dicom.push(path),
                Some(format) if picture || format.is_picture() => found.pictures.push(path),
                None if picture => found.pictures.push(path),
                _ if ends_with(&path, STACKS) => found.stacks.push(path),
                _ if ends_with(&path, DICOM) || is_empty(&path) => found.broken.push(path),
                _ => {}
            }
        }
        let Self { dicom, pictures, stacks, broken } = &mut found;
        for files in [dicom, pictures, stacks, broken] {
            // `1.png` and `01.png` are equal to the natural order.
            files.sort_by(|a, b| {
                natord::compare(&a.to_string_lossy(), &b.to_string_lossy()).then_with(|| a.cmp(b))
            });
        }
        Ok(found)
    }
}

/// Whether a name ends in a dot and one of these.
fn ends_with(path: &Path, endings: &[&str]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    endings.iter().any(|ending| name.ends_with(&format!(".{ending}")))
}

/// Whether nothing is in a file whose name does not say what should be.
fn is_empty(path: &Path) -> bool {
    path.extension().is_none() && fs::metadata(path).is_ok_and(|file| file.len() == 0)
}
