//! Folders of PNG files, one for each slice.

use std::fs;
use std::io;
use std::path::Path;

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use ndarray::Array2;

use crate::{Error, SliceId, write_folder};

/// The name of the picture of a slice of a stack of so many: its number, in as many digits as the
/// last one has.
pub(crate) fn name(id: SliceId, slices: usize) -> String {
    let digits = slices.saturating_sub(1).to_string().len();
    format!("{:0digits$}.png", id.0)
}

/// Writes slices of a stack of so many into a new folder.
pub(crate) fn write(
    folder: &Path,
    slices: usize,
    ids: impl IntoIterator<Item = SliceId>,
    slice: impl Fn(SliceId) -> Result<Array2<u8>, Error>,
) -> Result<(), Error> {
    let failed = |source| Error::Write { path: folder.to_owned(), source };
    write_folder(folder, |inside| {
        for id in ids {
            let bytes = encode(&slice(id)?).map_err(failed)?;
            fs::write(inside.join(name(id, slices)), bytes).map_err(failed)?;
        }
        Ok(())
    })
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
