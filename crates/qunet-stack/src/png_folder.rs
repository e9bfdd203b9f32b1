//! Folders of PNG slices in natural order.

use std::fs;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageBuffer, ImageReader, Rgb};
use ndarray::Array3;

use crate::{Error, Pixels};

/// Reads every `.png` of a folder, `2.png` before `10.png`.
pub(crate) fn read(folder: &Path) -> Result<Pixels, Error> {
    let files = slices_of(folder)?;
    let first = grey(&files[0])?;
    let expected = kind(&first);
    let mut bytes = Vec::new();
    let mut words = Vec::new();
    for (number, path) in files.iter().enumerate() {
        let slice = if number == 0 { first.clone() } else { grey(path)? };
        if kind(&slice) != expected {
            return Err(Error::UnevenSlices { path: path.clone(), found: kind(&slice), expected });
        }
        match slice {
            DynamicImage::ImageLuma16(buffer) => words.extend_from_slice(buffer.as_raw()),
            other => bytes.extend_from_slice(other.as_bytes()),
        }
    }
    let (height, width, bits) = expected;
    let shape = (files.len(), height, width);
    let pixels = if bits == 16 {
        Array3::from_shape_vec(shape, words).map(Pixels::U16)
    } else {
        Array3::from_shape_vec(shape, bytes).map(Pixels::U8)
    };
    // Every slice was checked to have this size, so the lengths agree.
    pixels.map_err(|_| Error::EmptyFolder { path: folder.to_owned() })
}

/// The folder's PNG files in natural order, at least one.
pub(crate) fn slices_of(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let cannot_read = |source| Error::Read { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot_read)? {
        let path = entry.map_err(cannot_read)?.path();
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png")) {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(Error::EmptyFolder { path: folder.to_owned() });
    }
    // `1.png` and `01.png` are equal to the natural order.
    files.sort_by(|a, b| {
        natord::compare(&a.to_string_lossy(), &b.to_string_lossy()).then_with(|| a.cmp(b))
    });
    Ok(files)
}

fn kind(slice: &DynamicImage) -> (usize, usize, u8) {
    let bits = if matches!(slice, DynamicImage::ImageLuma16(_)) { 16 } else { 8 };
    (slice.height() as usize, slice.width() as usize, bits)
}

/// One slice as 8- or 16-bit grey; colour files whose channels are all alike count as grey.
fn grey(path: &Path) -> Result<DynamicImage, Error> {
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    let reader = ImageReader::open(path).map_err(cannot_read)?;
    let reader = reader.with_guessed_format().map_err(cannot_read)?;
    let decoded =
        reader.decode().map_err(|source| Error::Image { path: path.to_owned(), source })?;
    match decoded {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageLuma16(_) => Ok(decoded),
        DynamicImage::ImageLumaA8(_) => Ok(decoded.to_luma8().into()),
        DynamicImage::ImageLumaA16(_) => Ok(decoded.to_luma16().into()),
        DynamicImage::ImageRgb8(_) | DynamicImage::ImageRgba8(_) => {
            let rgb = decoded.to_rgb8();
            let grey = first_channel(&rgb).ok_or_else(|| colour(path, &decoded))?;
            Ok(DynamicImage::ImageLuma8(grey))
        }
        other => {
            let grey = first_channel(&other.to_rgb16()).ok_or_else(|| colour(path, &other))?;
            Ok(DynamicImage::ImageLuma16(grey))
        }
    }
}

fn colour(path: &Path, slice: &DynamicImage) -> Error {
    Error::Colour { path: path.to_owned(), colour: format!("{:?}", slice.color()) }
}

/// The one channel of a grey image that is stored as colour; a conversion would weight and round.
fn first_channel<T>(
    rgb: &ImageBuffer<Rgb<T>, Vec<T>>,
) -> Option<ImageBuffer<image::Luma<T>, Vec<T>>>
where
    Rgb<T>: image::Pixel<Subpixel = T>,
    T: image::Primitive,
{
    if rgb.pixels().any(|Rgb([red, green, blue])| red != green || green != blue) {
        return None;
    }
    Some(ImageBuffer::from_fn(rgb.width(), rgb.height(), |x, y| {
        image::Luma([rgb.get_pixel(x, y)[0]])
    }))
}
