//! The bytes of one frame, stored as they are or packed by a codec.

use std::borrow::Cow;
use std::io::{Seek, SeekFrom};
use std::path::Path;

use dicom_object::mem::InMemElement;
use dicom_object::{DefaultDicomObject, FileMetaTableBuilder, InMemDicomObject};
use dicom_pixeldata::PixelDecoder;
use dicom_transfer_syntax_registry::{TransferSyntaxIndex, TransferSyntaxRegistry};
use jpeg_decoder::{Decoder, PixelFormat};

use super::content::Content;
use super::frame::{Object, PIXEL_DATA, Stored};
use super::syntax::{JPEG_LS, REMEDY};
use super::walk::Walked;
use super::{SeriesFile, rle};
use crate::Error;
use crate::samples::Number;
use crate::source::read_up_to;

/// A frame that unpacks to no more than this is never refused for its size.
const LITTLE: u64 = 1 << 26;
/// Nor one that unpacks to no more than this many times its file.
const LARGEST_RATIO: u64 = 1_024;
const RLE: &str = "1.2.840.10008.1.2.5";
/// Baseline, extended, lossless, and lossless of the first kind of prediction.
const JPEG: [&str; 4] = [
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70",
];

impl Stored {
    pub(super) fn number(&self) -> Number {
        match (self.bits_allocated, self.signed) {
            (8, false) => Number::U8,
            (8, true) => Number::I8,
            (16, false) => Number::U16,
            (16, true) => Number::I16,
            (_, false) => Number::U32,
            (_, true) => Number::I32,
        }
    }

    pub(super) fn frame_bytes(&self) -> usize {
        usize::from(self.rows) * usize::from(self.columns) * self.number().bytes()
    }
}

/// The elements of a file that are read, with the pixels or without. No others reach the reader, and
/// of these all lengths are checked.
pub(super) fn object(
    path: &Path,
    walked: &Walked,
    pixels: bool,
) -> Result<DefaultDicomObject, Error> {
    let broken = |source: String| Error::decode(path, "DICOM file", source);
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    let mut file = Content::open(path, walked.deflated)?;
    let mut bytes = Vec::new();
    let headers = walked.elements.len() - usize::from(!pixels);
    for element in &walked.elements[..headers] {
        file.seek(SeekFrom::Start(element.start)).map_err(cannot_read)?;
        let length = usize::try_from(element.end - element.start).unwrap_or(usize::MAX);
        bytes.append(&mut read_up_to(path, &mut file, length)?);
    }
    let syntax = TransferSyntaxRegistry.get(&walked.syntax);
    let syntax = syntax.ok_or_else(|| broken("its transfer syntax is unknown".to_owned()))?;
    let object = InMemDicomObject::read_dataset_with_ts(&bytes[..], syntax);
    let object = object.map_err(|source| broken(chain(&source)))?;
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(&walked.syntax)
        .media_storage_sop_class_uid("")
        .media_storage_sop_instance_uid("");
    let meta = meta.build().map_err(|source| broken(chain(&source)))?;
    Ok(object.with_exact_meta(meta))
}

/// A frame that is stored as it is; the file stays open for the frames that follow.
pub(super) fn plain(
    file: &SeriesFile,
    (number, frame): (usize, usize),
    open: &mut Option<(usize, Content)>,
) -> Result<Vec<u8>, Error> {
    let SeriesFile { path, walked, stored, .. } = file;
    let length = stored.frame_bytes();
    let mut content = match open.take() {
        Some((of, content)) if of == number => content,
        _ => Content::open(path, walked.deflated)?,
    };
    let place = walked.pixels.offset + frame as u64 * length as u64;
    let cannot_read = |source| Error::Read { path: path.clone(), source };
    content.seek(SeekFrom::Start(place)).map_err(cannot_read)?;
    let bytes = read_up_to(path, &mut content, length)?;
    *open = Some((number, content));
    Ok(bytes)
}

/// Values of fewer bits than they take up: the rest is not theirs.
pub(super) fn extend_sign(bytes: &mut [u8], stored: &Stored, big_endian: bool) {
    if stored.bits_allocated == stored.bits_stored {
        return;
    }
    let size = stored.number().bytes();
    let unused = u32::BITS - u32::from(stored.bits_stored);
    let turn = |value: &mut [u8]| {
        if big_endian {
            value.reverse();
        }
    };
    for value in bytes.chunks_exact_mut(size) {
        turn(value);
        let mut wide = [0; 4];
        wide[..size].copy_from_slice(value);
        let bits = u32::from_le_bytes(wide) << unused;
        let bits = if stored.signed { (bits as i32 >> unused) as u32 } else { bits >> unused };
        value.copy_from_slice(&bits.to_le_bytes()[..size]);
        turn(value);
    }
}

/// A frame in this machine's byte order; the file stays open for the frames that follow.
///
/// RLE, JPEG and JPEG-LS are decoded here, because the library's adapters take it for granted that a frame
/// is as large as the file says.
pub(super) fn packed(
    file: &SeriesFile,
    (number, frame): (usize, usize),
    open: &mut Option<(usize, Box<DefaultDicomObject>)>,
) -> Result<Vec<u8>, Error> {
    let SeriesFile { path, walked, stored, .. } = file;
    let broken = |source: String| Error::decode(path, "DICOM file", source);
    let length = stored.frame_bytes();
    let most = std::fs::metadata(path).map_or(0, |data| data.len().saturating_mul(LARGEST_RATIO));
    if length as u64 > most.max(LITTLE) {
        return Err(broken(format!("a frame of {length} bytes cannot lie in it")));
    }
    if open.as_ref().is_none_or(|(of, _)| *of != number) {
        *open = Some((number, Box::new(object(path, walked, true)?)));
    }
    let missing = || broken(format!("frame {frame} is missing"));
    let (_, object) = open.as_ref().ok_or_else(missing)?;
    let syntax = object.meta().transfer_syntax();
    let [jpeg_coded, jpeg_ls_coded] = [JPEG.contains(&syntax), JPEG_LS.contains(&syntax)];
    if syntax != RLE && !jpeg_coded && !jpeg_ls_coded {
        let number = u32::try_from(frame).map_err(|_| missing())?;
        let pixels = object.decode_pixel_data_frame(number);
        let pixels = pixels.map_err(|source| broken(chain(&source)))?;
        return Ok(pixels.data().to_vec());
    }
    let pixels = object.get(PIXEL_DATA).ok_or_else(missing)?;
    let bytes = bytes(pixels, frame, Object { path, object }.count()?).ok_or_else(missing)?;
    if syntax == RLE {
        let unpacked = rle::decode(&bytes, stored.number().bytes(), length);
        return unpacked
            .ok_or_else(|| broken(format!("frame {frame} is no run-length encoding of its size")));
    }
    match jpeg_ls_coded {
        true => jpeg_ls(&bytes, stored).map_err(broken),
        false => jpeg(path, &bytes, stored),
    }
}

/// The packed bytes of a frame: its fragment, or those from its offset to that of the next.
fn bytes(pixels: &InMemElement, frame: usize, frames: usize) -> Option<Cow<'_, [u8]>> {
    let fragments = pixels.fragments()?;
    if fragments.len() == frames {
        return fragments.get(frame).map(|fragment| Cow::Borrowed(&fragment[..]));
    }
    let offsets = pixels.value().offset_table().unwrap_or_default();
    let (from, to) = match frames {
        1 => (0, u64::MAX),
        _ => {
            let offset = |frame: usize| offsets.get(frame).map(|&offset| u64::from(offset));
            (offset(frame)?, offset(frame + 1).unwrap_or(u64::MAX))
        }
    };
    let mut at = 0;
    let mut bytes = Vec::new();
    for fragment in fragments {
        if (from..to).contains(&at) {
            bytes.extend_from_slice(fragment);
        }
        // Each lies behind a tag and a length.
        at += fragment.len() as u64 + 8;
    }
    Some(Cow::Owned(bytes))
}

/// A JPEG image that is as large as the file says.
fn jpeg(path: &Path, bytes: &[u8], stored: &Stored) -> Result<Vec<u8>, Error> {
    let refused = |source| match source {
        jpeg_decoder::Error::Unsupported(feature) => Error::Unsupported {
            path: path.to_owned(),
            what: format!("a JPEG frame of a kind that is not read here ({feature:?})"),
            remedy: REMEDY,
        },
        source => Error::decode(path, "DICOM file", source),
    };
    let mut decoder = Decoder::new(bytes);
    decoder.read_info().map_err(refused)?;
    let found = decoder.info().map(|info| {
        let size = match info.pixel_format {
            PixelFormat::L8 => 1,
            PixelFormat::L16 => 2,
            _ => 0,
        };
        (info.height, info.width, size)
    });
    let expected = (stored.rows, stored.columns, stored.number().bytes());
    if found != Some(expected) {
        let problem = format!(
            "a JPEG frame is {found:?} (rows, columns, bytes of a grey value), not {expected:?}"
        );
        return Err(Error::decode(path, "DICOM file", problem));
    }
    decoder.decode().map_err(refused)
}

/// A JPEG-LS image that is as large as the file says.
fn jpeg_ls(bytes: &[u8], stored: &Stored) -> Result<Vec<u8>, String> {
    let (columns, rows) = (stored.columns.into(), stored.rows.into());
    let image = jpegls::decode(bytes, columns, rows);
    let (values, ..) =
        image.map_err(|source| format!("a JPEG-LS frame cannot be read: {source}"))?;
    match stored.number().bytes() {
        1 => {
            let byte = |&value: &u16| {
                u8::try_from(value)
                    .map_err(|_| format!("a JPEG-LS frame holds {value}, and BitsAllocated is 8"))
            };
            values.iter().map(byte).collect()
        }
        2 => Ok(values.into_iter().flat_map(u16::to_ne_bytes).collect()),
        _ => {
            Err("a JPEG-LS frame has values of 16 bits at most, and BitsAllocated is 32".to_owned())
        }
    }
}

/// The reader's message with its causes, which name what is wrong.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
