//! Multi-page TIFF: one page, one slice, or the planes of a stack behind one page. Values are those
//! that are stored, whatever colours they stand for: white as 0 is not turned round, and a colour
//! table is for masks, whose labels are its indices.

mod contiguous;
mod description;
mod directory;
mod ome;
mod tiles;
mod xml;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::{SampleFormat, Tag};
use tiff::{ColorType, TiffResult};

use self::contiguous::Contiguous;
use self::description::{Planes, Refusal, check_series};
use self::directory::{Directories, Patched};
use self::tiles::Tiles;
use crate::source::{Purpose, Source};
use crate::{Error, SlicePixels};

/// No page unpacks to more than this many times its file (LZW reaches 2,730), or to what is
/// little anyway.
const LARGEST_RATIO: u64 = 2_800;
const LITTLE: u64 = 1 << 20;

/// What numpy calls values of a bit each.
const BIT: &str = "bool";

type Pages = Decoder<BufReader<Patched<File>>>;

/// The pages of a TIFF file, all of the size and type of the first.
pub(crate) struct Slices {
    path: PathBuf,
    decoder: Pages,
    /// The planes without a page of their own.
    contiguous: Option<Contiguous>,
    /// The page of each slice.
    order: Vec<usize>,
    /// The tiles of each page that the decoder takes for a pile of them.
    tiles: Vec<Option<Tiles>>,
    shape: [usize; 3],
    /// What the pages are stored as.
    dtype: &'static str,
}

impl Slices {
    pub(crate) fn open(path: &Path, purpose: Purpose) -> Result<Self, Error> {
        let cannot_read = |source| Error::Read { path: path.to_owned(), source };
        let broken = |source| Error::decode(path, "TIFF file", source);
        let refused = |refusal: Refusal| refusal.of(path);
        let file = File::open(path).map_err(cannot_read)?;
        let length = file.metadata().map_err(cannot_read)?.len();
        let largest = length.saturating_mul(LARGEST_RATIO).max(LITTLE);
        let directories = Directories::read(path, &file)?;
        directories.check(path, purpose)?;
        let tiles = directories.tiles();
        let file = BufReader::new(Patched::new(file, directories.patches()));
        let decoder = Decoder::new(file).map_err(broken)?;
        let mut decoder = decoder.with_limits(limits(length, largest));
        let pages = count(&mut decoder).map_err(broken)?;
        let pages = directories.slices(pages).map_err(refused)?;
        // There is one at least.
        let first = pages.first().copied().unwrap_or_default();
        decoder.seek_to_image(first).map_err(broken)?;
        let [height, width] = size(&mut decoder, &tiles, first).map_err(broken)?;
        let dtype = dtype(path, &mut decoder)?;
        if [height, width].contains(&0) {
            let shape = [pages.len(), height, width];
            return Err(Error::Empty { name: path.display().to_string(), shape });
        }
        let planes = planes(path, &directories, &pages)?;
        let contiguous = match planes.behind_one_page(pages.len()) {
            Some(planes) => Contiguous::find(path, &mut decoder, dtype, [planes, height, width])?,
            None => None,
        };
        let found = contiguous.as_ref().map_or(pages.len(), Contiguous::planes);
        planes.check(pages.len(), found).map_err(refused)?;
        let order = planes.order(pages).map_err(refused)?;
        let shape = [found, height, width];
        // Pages may share what is stored, and each of them takes memory of its own.
        let page = height as u64 * row_bytes(dtype, width) as u64;
        if page.saturating_mul(found as u64) > largest {
            return Err(Error::TooLarge { path: path.to_owned(), shape });
        }
        Ok(Self { path: path.to_owned(), decoder, contiguous, order, tiles, shape, dtype })
    }

    fn check_alike(&mut self, page: usize) -> Result<(), Error> {
        let broken = |source| Error::decode(&self.path, "TIFF file", source);
        let [height, width] = size(&mut self.decoder, &self.tiles, page).map_err(broken)?;
        let dtype = dtype(&self.path, &mut self.decoder)?;
        let found = (height, width, dtype);
        let expected = (self.shape[1], self.shape[2], self.dtype);
        if (height, width) != (self.shape[1], self.shape[2]) {
            let [_, first_height, first_width] = self.shape;
            let what = format!(
                "pages of more than one size (height, width): {:?} and, on page {}, {:?}",
                (first_height, first_width),
                page + 1,
                (height, width)
            );
            let remedy = "save it with only the pages of the stack, which are of one size";
            return Err(Refusal { what, remedy }.of(&self.path));
        }
        if found != expected {
            return Err(Error::UnevenSlices { path: self.path.clone(), found, expected });
        }
        Ok(())
    }
}

fn limits(length: u64, largest: u64) -> Limits {
    let most = usize::try_from(largest).unwrap_or(usize::MAX);
    let mut limits = Limits::default();
    limits.decoding_buffer_size = most;
    limits.intermediate_buffer_size = most;
    limits.ifd_value_size = usize::try_from(length).unwrap_or(usize::MAX);
    limits
}

/// How many pages there are, of which the decoder is at the first and then at the last.
fn count(decoder: &mut Pages) -> TiffResult<usize> {
    let mut pages = 1;
    // The decoder notices pages that refer to one another in a circle.
    while decoder.more_images() {
        decoder.next_image()?;
        pages += 1;
    }
    Ok(pages)
}

/// Height and width of the page that the decoder is at.
fn size(decoder: &mut Pages, tiles: &[Option<Tiles>], page: usize) -> TiffResult<[usize; 2]> {
    let (width, height) = decoder.dimensions()?;
    let tiles = tiles.get(page).copied().flatten();
    Ok(tiles.map_or([height as usize, width as usize], |tiles| tiles.page()))
}

/// What the descriptions of the pages say of the planes.
fn planes(path: &Path, directories: &Directories, pages: &[usize]) -> Result<Planes, Error> {
    let refused = |refusal: Refusal| refusal.of(path);
    let texts = pages.iter().flat_map(|&page| directories.texts(page));
    check_series(texts).map_err(refused)?;
    // The first slice is the first page, but for files that begin with a smaller copy of it.
    let first = pages.first().into_iter().chain(&[0]);
    Planes::of(first.flat_map(|&page| directories.texts(page))).map_err(refused)
}

/// What the values of the page that the decoder is at are stored as.
fn dtype(path: &Path, decoder: &mut Pages) -> Result<&'static str, Error> {
    let broken = |source| Error::decode(path, "TIFF file", source);
    let colour = decoder.colortype().map_err(broken)?;
    let formats = decoder.find_tag_unsigned_vec::<u16>(Tag::SampleFormat).map_err(broken)?;
    let format = formats.and_then(|formats| formats.first().copied());
    let format = format.map_or(SampleFormat::Uint, SampleFormat::from_u16_exhaustive);
    let ColorType::Gray(bits) = colour else {
        return Err(Error::Colour { path: path.to_owned(), colour: format!("{colour:?}") });
    };
    Ok(match (format, bits) {
        (SampleFormat::Uint, 1) => BIT,
        (SampleFormat::Uint, 8) => "uint8",
        (SampleFormat::Uint, 16) => "uint16",
        (SampleFormat::Uint, 32) => "uint32",
        (SampleFormat::Uint, 64) => "uint64",
        (SampleFormat::Int, 8) => "int8",
        (SampleFormat::Int, 16) => "int16",
        (SampleFormat::Int, 32) => "int32",
        (SampleFormat::Int, 64) => "int64",
        (SampleFormat::IEEEFP, 16) => "float16",
        (SampleFormat::IEEEFP, 32) => "float32",
        (SampleFormat::IEEEFP, 64) => "float64",
        _ => {
            let datatype = format!("{bits}-bit {format:?}");
            return Err(Error::VoxelType { path: path.to_owned(), datatype });
        }
    })
}

impl Source for Slices {
    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn read(&mut self, index: usize) -> Result<SlicePixels, Error> {
        if let Some(contiguous) = &mut self.contiguous {
            return contiguous.read(index);
        }
        let path = self.path.clone();
        let broken = |source| Error::decode(&path, "TIFF file", source);
        let page = self.order[index];
        self.decoder.seek_to_image(page).map_err(broken)?;
        self.check_alike(page)?;
        let (width, height) = self.decoder.dimensions().map_err(broken)?;
        let values = self.decoder.read_image().map_err(broken)?;
        let short = || Error::decode(&path, "TIFF file", "a page holds too few values");
        let shape = (height as usize, width as usize);
        let pixels = match values {
            DecodingResult::U8(packed) if self.dtype == BIT => bits(shape, &packed),
            values => pixels(shape, values),
        };
        let pixels = pixels.ok_or_else(short)?;
        Ok(match self.tiles.get(page) {
            Some(Some(tiles)) => tiles.lay_out(&pixels),
            _ => pixels,
        })
    }
}

/// The least bytes of a row, of a byte for each value but for bits.
fn row_bytes(dtype: &str, width: usize) -> usize {
    if dtype == BIT { width.div_ceil(8) } else { width }
}

/// Bits as 0 and 1; a row begins with a byte, and each byte with its highest bit.
fn bits(shape @ (height, width): (usize, usize), packed: &[u8]) -> Option<SlicePixels> {
    let row = row_bytes(BIT, width);
    let bit = |(y, x): (usize, usize)| packed[y * row + x / 8] >> (7 - x % 8) & 1;
    let enough = packed.len() >= height.checked_mul(row)?;
    enough.then(|| SlicePixels::U8(Array2::from_shape_fn(shape, bit)))
}

fn pixels(shape: (usize, usize), page: DecodingResult) -> Option<SlicePixels> {
    macro_rules! wide {
        ($values:expr) => {{
            let values = $values.into_iter().map(|value| value as f32).collect();
            SlicePixels::F32(Array2::from_shape_vec(shape, values).ok()?)
        }};
    }
    Some(match page {
        DecodingResult::U8(values) => SlicePixels::U8(Array2::from_shape_vec(shape, values).ok()?),
        DecodingResult::U16(values) => {
            SlicePixels::U16(Array2::from_shape_vec(shape, values).ok()?)
        }
        DecodingResult::I16(values) => {
            SlicePixels::I16(Array2::from_shape_vec(shape, values).ok()?)
        }
        DecodingResult::F32(values) => {
            SlicePixels::F32(Array2::from_shape_vec(shape, values).ok()?)
        }
        DecodingResult::F16(values) => wide!(values.into_iter().map(f32::from)),
        DecodingResult::I8(values) => wide!(values),
        DecodingResult::U32(values) => wide!(values),
        DecodingResult::I32(values) => wide!(values),
        DecodingResult::U64(values) => wide!(values),
        DecodingResult::I64(values) => wide!(values),
        DecodingResult::F64(values) => wide!(values),
    })
}

impl std::fmt::Debug for Slices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut fields = f.debug_struct("Slices");
        fields.field("path", &self.path).field("shape", &self.shape).finish_non_exhaustive()
    }
}
