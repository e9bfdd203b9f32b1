//! Folders of PNG slices in natural order.

use std::fs;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageBuffer, ImageReader, Rgb};
use ndarray::Array2;

use crate::{Error, SlicePixels};

/// The slices of a folder, `2.png` before `10.png`, all of the size and depth of the first.
#[derive(Debug)]
pub(crate) struct Slices {
    files: std::vec::IntoIter<PathBuf>,
    /// The first slice, read to know the size of all.
    first: Option<SlicePixels>,
    shape: [usize; 3],
    bits: u8,
}

impl Slices {
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        let mut files = slices_of(folder)?.into_iter();
        let count = files.len();
        let empty = || Error::EmptyFolder { path: folder.to_owned() };
        let first = read(&files.next().ok_or_else(empty)?)?;
        let (height, width) = first.view().dim();
        let bits = first.view().bits();
        Ok(Self { files, first: Some(first), shape: [count, height, width], bits })
    }

    /// Slices, height and width.
    pub(crate) fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Reads a slice that must be like the first.
    fn read_alike(&self, path: PathBuf) -> Result<SlicePixels, Error> {
        let slice = read(&path)?;
        let (height, width) = slice.view().dim();
        let found = (height, width, slice.view().bits());
        let expected = (self.shape[1], self.shape[2], self.bits);
        if found != expected {
            return Err(Error::UnevenSlices { path, found, expected });
        }
        Ok(slice)
    }
}

impl Iterator for Slices {
    type Item = Result<SlicePixels, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        let path = self.files.next()?;
        Some(self.read_alike(path))
    }
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

fn read(path: &Path) -> Result<SlicePixels, Error> {
    let slice = grey(path)?;
    let shape = (slice.height() as usize, slice.width() as usize);
    let pixels = match slice {
        DynamicImage::ImageLuma16(buffer) => {
            Array2::from_shape_vec(shape, buffer.into_raw()).map(SlicePixels::U16)
        }
        other => Array2::from_shape_vec(shape, other.into_bytes()).map(SlicePixels::U8),
    };
    // A decoded image has as many samples as its size says.
    pixels.map_err(|_| Error::EmptyFolder { path: path.to_owned() })
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
