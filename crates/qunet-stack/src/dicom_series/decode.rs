//! The bytes of one frame.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::Path;

use super::frame::Stored;
use super::walk::PixelData;
use crate::Error;
use crate::samples::Number;
use crate::source::read_up_to;

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
