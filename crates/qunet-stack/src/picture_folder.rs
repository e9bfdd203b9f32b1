//! Folders of PNG, JPEG and TIFF pictures in natural order.

use std::fs;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageBuffer, ImageReader, Rgb};
use ndarray::Array2;

use crate::source::{Format, Source};
use crate::{Error, SlicePixels};

const ENDINGS: [&str; 3] = ["png", "jpg", "jpeg"];

/// The slices of a folder, `2.png` before `10.png`, all of the size and type of the first.
#[derive(Debug)]
pub(crate) struct Slices {
    files: Vec<PathBuf>,
    /// The first slice, read to know the size of all.
    first: Option<SlicePixels>,
    shape: [usize; 3],
    dtype: &'static str,
}

impl Slices {
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        Self::from_files(slices_of(folder)?)
    }

    /// One picture, a stack of one slice.
    pub(crate) fn open_file(path: &Path) -> Result<Self, Error> {
        Self::from_files(vec![path.to_owned()])
    }

    fn from_files(files: Vec<PathBuf>) -> Result<Self, Error> {
        let empty = || Error::EmptyFolder { path: PathBuf::new() };
        let first = read(files.first().ok_or_else(empty)?)?;
        let (height, width) = first.view().dim();
        let dtype = first.view().dtype();
        Ok(Self { shape: [files.len(), height, width], files, first: Some(first), dtype })
    }
}

impl Source for Slices {
    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Reads a slice that must be like the first.
    fn read(&mut self, index: usize) -> Result<SlicePixels, Error> {
        if index == 0
            && let Some(first) = self.first.take()
        {
            return Ok(first);
        }
        let slice = read(&self.files[index])?;
        let (height, width) = slice.view().dim();
        let found = (height, width, slice.view().dtype());
        let expected = (self.shape[1], self.shape[2], self.dtype);
        if found != expected {
            let path = self.files[index].clone();
            return Err(Error::UnevenSlices { path, found, expected });
        }
        Ok(slice)
    }
}

/// The folder's pictures in natural order, at least one.
fn slices_of(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let cannot_read = |source| Error::Read { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot_read)? {
        let path = entry.map_err(cannot_read)?.path();
        if has_ending(&path) || is_picture_file(&path) {
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

/// By its name a picture, whatever is in it: a broken slice is an error, not a gap.
fn has_ending(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

fn is_picture_file(path: &Path) -> bool {
    path.is_file() && Format::of_file(path).is_ok_and(Format::is_picture)
}

fn read(path: &Path) -> Result<SlicePixels, Error> {
    #[cfg(feature = "tiff")]
    if Format::of_file(path)? == Format::Tiff {
        return tiff_page(path);
    }
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

/// A TIFF file of one page.
#[cfg(feature = "tiff")]
fn tiff_page(path: &Path) -> Result<SlicePixels, Error> {
    let mut pages = crate::tiff_file::Slices::open(path)?;
    match pages.shape() {
        [1, ..] => pages.read(0),
        shape => Err(Error::NotAVolume { path: path.to_owned(), shape: shape.to_vec() }),
    }
}

/// One slice as 8- or 16-bit grey; colour files whose channels are all alike count as grey.
fn grey(path: &Path) -> Result<DynamicImage, Error> {
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    let mut reader = ImageReader::open(path).map_err(cannot_read)?;
    reader = reader.with_guessed_format().map_err(cannot_read)?;
    reader.limits(limits(path)?);
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

/// Deflate unpacks to at most 1032 times its size, and a JPEG block of 64 pixels takes bits.
fn limits(path: &Path) -> Result<image::Limits, Error> {
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    let length = fs::metadata(path).map_err(cannot_read)?.len();
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(length.saturating_mul(1040).max(1 << 24));
    Ok(limits)
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
