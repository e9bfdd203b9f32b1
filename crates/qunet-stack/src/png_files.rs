//! Folders of PNG files out.

use std::fs;
use std::io;
use std::path::Path;

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use ndarray::Array2;

use crate::Error;

/// Writes slices of a stack of so many under a temporary name, which then becomes `folder`'s.
pub(crate) fn write(
    folder: &Path,
    of: usize,
    slices: impl IntoIterator<Item = usize>,
    slice: impl Fn(usize) -> Result<Array2<u8>, Error>,
) -> Result<(), Error> {
    let failed = |source| Error::Write { path: folder.to_owned(), source };
    let parent = match folder.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let temporary = tempfile::Builder::new().prefix(".partial-").tempdir_in(parent);
    let temporary = temporary.map_err(failed)?;
    let digits = of.saturating_sub(1).to_string().len();
    for index in slices {
        let name = format!("{index:0digits$}.png");
        let bytes = encode(&slice(index)?).map_err(failed)?;
        fs::write(temporary.path().join(name), bytes).map_err(failed)?;
    }
    // Gives the usual rights; a temporary folder is private.
    #[cfg(unix)]
    fs::set_permissions(temporary.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .map_err(failed)?;
    fs::rename(temporary.path(), folder).map_err(failed)?;
    // Nothing is left under the old name to be removed.
    let _renamed = temporary.keep();
    Ok(())
}

fn encode(slice: &Array2<u8>) -> io::Result<Vec<u8>> {
    let too_long = |_| io::Error::from(io::ErrorKind::InvalidInput);
    let (height, width) = slice.dim();
    let (height, width) =
        (u32::try_from(height).map_err(too_long)?, u32::try_from(width).map_err(too_long)?);
    let pixels: Vec<u8> = slice.iter().copied().collect();
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&pixels, width, height, ExtendedColorType::L8)
        .map_err(io::Error::other)?;
    Ok(bytes)
}
