//! What kind of thing a path is.

use std::path::Path;

use crate::{Error, Geometry, Pixels, nifti_file, png_folder};

/// Reads a NIfTI file or a folder of PNG slices; plain images have no geometry of their own.
pub(crate) fn read(path: &Path) -> Result<(Pixels, Geometry), Error> {
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(cannot_read)?.is_dir() {
        Ok((png_folder::read(path)?, Geometry::default()))
    } else {
        nifti_file::read(path)
    }
}
