//! Folders of PNG, JPEG and TIFF pictures in natural order.

mod indices;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageBuffer, ImageError, ImageReader, Rgb};
use ndarray::Array2;

use crate::source::{Format, Purpose, Source, read_up_to};
use crate::{Error, SlicePixels};

/// The slices of a folder, `2.png` before `10.png`, all of the size and type of the first.
#[derive(Debug)]
pub(crate) struct Slices {
    files: Vec<PathBuf>,
    /// The first slice, read to know the size of all.
    first: Option<SlicePixels>,
    shape: [usize; 3],
    dtype: &'static str,
    purpose: Purpose,
    /// Whether there is a JPEG file among them.
    lossy: bool,
}

impl Slices {
    /// The pictures of a folder, of which there must be one at least.
    pub(crate) fn open(
        folder: &Path,
        files: Vec<PathBuf>,
        purpose: Purpose,
    ) -> Result<Self, Error> {
        if files.is_empty() {
            return Err(Error::EmptyFolder { path: folder.to_owned() });
        }
        Self::from_files(files, purpose)
    }

    /// One picture, a stack of one slice.
    pub(crate) fn open_file(path: &Path, purpose: Purpose) -> Result<Self, Error> {
        Self::from_files(vec![path.to_owned()], purpose)
    }

    fn from_files(files: Vec<PathBuf>, purpose: Purpose) -> Result<Self, Error> {
        let empty = || Error::EmptyFolder { path: PathBuf::new() };
        let first = read(files.first().ok_or_else(empty)?, purpose)?;
        let (height, width) = first.view().dim();
        let (shape, dtype) = ([files.len(), height, width], first.view().dtype());
        let lossy = files.iter().any(|file| is_jpeg(file));
        Ok(Self { files, first: Some(first), shape, dtype, purpose, lossy })
    }
}

impl Source for Slices {
    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn is_lossy(&self) -> bool {
        self.lossy
    }

    /// Reads a slice that must be like the first.
    fn read(&mut self, index: usize) -> Result<SlicePixels, Error> {
        if index == 0
            && let Some(first) = self.first.take()
        {
            return Ok(first);
        }
        let slice = read(&self.files[index], self.purpose)?;
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

fn read(path: &Path, purpose: Purpose) -> Result<SlicePixels, Error> {
    #[cfg(feature = "tiff")]
    if Format::of_file(path)? == Format::Tiff {
        return tiff_page(path, purpose);
    }
    if purpose == Purpose::Labels
        && let Some(indices) = indices::read(path)?
    {
        return Ok(indices);
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
fn tiff_page(path: &Path, purpose: Purpose) -> Result<SlicePixels, Error> {
    let mut pages = crate::tiff_file::Slices::open(path, purpose)?;
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
    let decoded = reader.decode().map_err(|source| match source {
        ImageError::IoError(source) => Error::decode(path, "picture", source),
        other => Error::decode(path, "picture", other),
    })?;
    match decoded {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageLuma16(_) => Ok(decoded),
        _ if has_holes(&decoded) => Err(Error::Unsupported {
            path: path.to_owned(),
            what: "a picture with transparent pixels, whose transparency may be what is drawn"
                .to_owned(),
            remedy: "flatten it onto a background and save it as grey without transparency",
        }),
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

/// Whether a pixel is not opaque.
fn has_holes(picture: &DynamicImage) -> bool {
    match picture {
        DynamicImage::ImageLumaA8(pixels) => pixels.pixels().any(|pixel| pixel[1] < u8::MAX),
        DynamicImage::ImageLumaA16(pixels) => pixels.pixels().any(|pixel| pixel[1] < u16::MAX),
        DynamicImage::ImageRgba8(pixels) => pixels.pixels().any(|pixel| pixel[3] < u8::MAX),
        DynamicImage::ImageRgba16(pixels) => pixels.pixels().any(|pixel| pixel[3] < u16::MAX),
        _ => false,
    }
}

fn is_jpeg(path: &Path) -> bool {
    let mut start = [0; 3];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == [0xff, 0xd8, 0xff]
}

fn limits(path: &Path) -> Result<image::Limits, Error> {
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(most_memory(path)?);
    Ok(limits)
}

/// Deflate unpacks to at most 1032 times its size, a JPEG block of 64 pixels takes bits, and a byte of a
/// PNG file holds up to eight pixels.
fn most_memory(path: &Path) -> Result<u64, Error> {
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    let mut file = fs::File::open(path).map_err(cannot_read)?;
    let length = file.metadata().map_err(cannot_read)?.len();
    let start = read_up_to(path, &mut file, PNG_DEPTH + 1)?;
    let depth = start.get(PNG_DEPTH).filter(|_| start.starts_with(PNG_MARK));
    let pixels = depth.map_or(1, |&depth| 8 / u64::from(depth.clamp(1, 8)));
    Ok(length.saturating_mul(1040 * pixels).max(1 << 24))
}

/// The first bytes of a PNG file, and where it tells the bits of a sample.
const PNG_MARK: &[u8] = b"\x89PNG";
const PNG_DEPTH: usize = 24;

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
