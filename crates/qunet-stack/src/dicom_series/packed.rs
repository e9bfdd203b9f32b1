//! A frame that a codec unpacks.

use std::borrow::Cow;
use std::path::Path;

use dicom_object::mem::InMemElement;
use dicom_object::{DefaultDicomObject, OpenFileOptions};
use dicom_pixeldata::PixelDecoder;
use jpeg_decoder::{Decoder, PixelFormat};

use super::frame::{self, PIXEL_DATA, Stored};
use super::rle;
use crate::Error;

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

/// A frame in this machine's byte order; the file stays open for the frames that follow.
///
/// RLE and JPEG are decoded here, because the library's adapters take it for granted that a frame
/// is as large as the file says.
pub(super) fn decode(
    path: &Path,
    file: usize,
    frame: usize,
    stored: &Stored,
    open: &mut Option<(usize, Box<DefaultDicomObject>)>,
) -> Result<Vec<u8>, Error> {
    let broken = |source: String| Error::decode(path, "DICOM file", source);
    let length = stored.frame_bytes();
    let most = std::fs::metadata(path).map_or(0, |data| data.len().saturating_mul(LARGEST_RATIO));
    if length as u64 > most.max(LITTLE) {
        return Err(broken(format!("a frame of {length} bytes cannot lie in it")));
    }
    if open.as_ref().is_none_or(|(number, _)| *number != file) {
        let object = OpenFileOptions::new().open_file(path);
        let object = object.map_err(|source| broken(source.to_string()))?;
        *open = Some((file, Box::new(object)));
    }
    let missing = || broken(format!("frame {frame} is missing"));
    let (_, object) = open.as_ref().ok_or_else(missing)?;
    let syntax = object.meta().transfer_syntax();
    if syntax != RLE && !JPEG.contains(&syntax) {
        let number = u32::try_from(frame).map_err(|_| missing())?;
        let pixels = object.decode_pixel_data_frame(number);
        let pixels = pixels.map_err(|source| broken(chain(&source)))?;
        return Ok(pixels.data().to_vec());
    }
    let pixels = object.get(PIXEL_DATA).ok_or_else(missing)?;
    let bytes = bytes(pixels, frame, frame::count(object)).ok_or_else(missing)?;
    if syntax == RLE {
        let unpacked = rle::decode(&bytes, stored.number().bytes(), length);
        return unpacked
            .ok_or_else(|| broken(format!("frame {frame} is no run-length encoding of its size")));
    }
    jpeg(&bytes, stored).map_err(broken)
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
fn jpeg(bytes: &[u8], stored: &Stored) -> Result<Vec<u8>, String> {
    let mut decoder = Decoder::new(bytes);
    decoder.read_info().map_err(|source| source.to_string())?;
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
        return Err(format!(
            "a JPEG frame is {found:?} (rows, columns, bytes of a grey value), not {expected:?}"
        ));
    }
    decoder.decode().map_err(|source| source.to_string())
}

/// The reader's message with its causes, which name what is wrong.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
