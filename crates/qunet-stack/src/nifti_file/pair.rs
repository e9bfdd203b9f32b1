//! A header and its voxels in two files.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::Error;

/// The header that goes with a path: itself, unless it is the `.img` half of a pair.
pub(super) fn header_of(path: &Path) -> PathBuf {
    partner(path, "img", "hdr").filter(|header| header.is_file()).unwrap_or_else(|| path.to_owned())
}

/// The voxels that go with the header of a pair.
pub(super) fn voxels_of(header: &Path) -> Result<PathBuf, Error> {
    let missing = || Error::Unsupported {
        path: header.to_owned(),
        what: "a NIfTI-1 header whose voxels lie in another file".to_owned(),
        remedy: "put the .img file beside the .hdr file, under the same name",
    };
    partner(header, "hdr", "img").filter(|voxels| voxels.is_file()).ok_or_else(missing)
}

/// The same name with the other ending; each half may be packed or plain.
fn partner(path: &Path, ending: &str, other: &str) -> Option<PathBuf> {
    let is = |path: &Path, ending: &str| {
        path.extension().is_some_and(|found| found.eq_ignore_ascii_case(OsStr::new(ending)))
    };
    let plain = if is(path, "gz") { path.with_extension("") } else { path.to_owned() };
    if !is(&plain, ending) {
        return None;
    }
    let candidates = [other.to_owned(), format!("{other}.gz"), other.to_ascii_uppercase()];
    let mut paths = candidates.iter().map(|other| plain.with_extension(other));
    paths.find(|path| path.is_file())
}
