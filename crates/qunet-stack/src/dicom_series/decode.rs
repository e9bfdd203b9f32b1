//! The bytes of one frame.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::Path;

use dicom_object::{DefaultDicomObject, OpenFileOptions};
use dicom_pixeldata::PixelDecoder;

use super::frame::{PIXEL_DATA, Stored};
use super::rle;
use super::walk::PixelData;
use crate::Error;
use crate::samples::Number;
use crate::source::read_up_to;

/// RLE Lossless, whose decoder in the library takes bytes for granted that need not be there.
const RLE: &str = "1.2.840.10008.1.2.5";
/// A frame that unpacks to no more than this is never refused for its size.
const LITTLE: u64 = 1 << 26;
/// Nor one that unpacks to no more than this many times its file.
const LARGEST_RATIO: u64 = 1_024;

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

/// A frame that is stored as it is.
pub(super) fn plain(
    path: &Path,
    pixels: &PixelData,
    frame: usize,
    length: usize,
) -> Result<Vec<u8>, Error> {
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(cannot_read)?;
    let place = pixels.offset + frame as u64 * length as u64;
    file.seek(SeekFrom::Start(place)).map_err(cannot_read)?;
    read_up_to(path, &mut file, length)
}

/// A frame that a codec unpacks; the file stays open for the frames that follow.
pub(super) fn packed(
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
    let missing = || broken("it holds no frames".to_owned());
    let (_, object) = open.as_ref().ok_or_else(missing)?;
    if object.meta().transfer_syntax() == RLE {
        let fragments = object.get(PIXEL_DATA).and_then(|pixels| pixels.fragments());
        let fragment = fragments.and_then(|all| all.get(frame)).ok_or_else(missing)?;
        return rle::decode(fragment, stored.number().bytes(), length)
            .ok_or_else(|| broken(format!("frame {frame} is no run-length encoding of its size")));
    }
    let number = u32::try_from(frame).map_err(|_| missing())?;
    let pixels = object.decode_pixel_data_frame(number);
    let pixels = pixels.map_err(|source| broken(chain(&source)))?;
    Ok(pixels.data().to_vec())
}

/// The reader's message with its causes, which name what is wrong.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Values of fewer bits than they take up: the rest is not theirs.
pub(super) fn extend_sign(bytes: &mut [u8], stored: &Stored, big_endian: bool) {
    let unused = u32::from(stored.bits_allocated - stored.bits_stored);
    if unused == 0 {
        return;
    }
    match stored.bits_allocated {
        8 => bytes.iter_mut().for_each(|byte| {
            *byte = if stored.signed {
                ((*byte << unused) as i8 >> unused) as u8
            } else {
                (*byte << unused) >> unused
            };
        }),
        16 => bytes.chunks_exact_mut(2).for_each(|pair| {
            let value = u16::from_ne_bytes([pair[0], pair[1]]);
            let foreign = big_endian != cfg!(target_endian = "big");
            let value = if foreign { value.swap_bytes() } else { value } << unused;
            let value =
                if stored.signed { (value as i16 >> unused) as u16 } else { value >> unused };
            let value = if foreign { value.swap_bytes() } else { value };
            pair.copy_from_slice(&value.to_ne_bytes());
        }),
        _ => {}
    }
}
