use ndarray::{Array2, ArrayRef2};

use crate::error::MaskProblem;

/// Bits of the length of a run, by the two bits that choose among them.
const LENGTH_BITS: [u32; 4] = [3, 4, 8, 16];

/// A mask as Label Studio's brush writes it: the bytes of a picture with four channels, all of them
/// 255 inside and 0 outside, as a stream of bits.
///
/// 32 bits for the number of bytes, 5 for the bits of a byte less 1, four times 4 for
/// the bits of the four sizes of lengths less 1; then blocks: 1 bit that is set where one byte is
/// repeated, 2 bits for the size of the length, the length less 1, and the byte, or as many bytes.
///
/// ```
/// use ndarray::array;
/// use qunet_exchange::label_studio::{decode_brush, encode_brush};
///
/// let mask = array![[false, true, true]];
/// assert_eq!(decode_brush(&encode_brush(&mask), (1, 3))?, mask);
/// # Ok::<(), qunet_exchange::MaskProblem>(())
/// ```
#[must_use]
pub fn encode_brush(mask: &ArrayRef2<bool>) -> Vec<u8> {
    let mut bits = Writer::default();
    bits.put(4 * mask.len() as u64, 32);
    bits.put(7, 5);
    LENGTH_BITS.iter().for_each(|&size| bits.put(u64::from(size) - 1, 4));
    let mut pixels = mask.iter().peekable();
    while let Some(&inside) = pixels.next() {
        let mut length = 4_u64;
        while pixels.next_if(|&&next| next == inside).is_some() {
            length += 4;
        }
        while length > 0 {
            let part = length.min(1 << 16);
            let size = LENGTH_BITS.iter().position(|&size| part <= 1 << size).unwrap_or(3);
            bits.put(1, 1);
            bits.put(size as u64, 2);
            bits.put(part - 1, LENGTH_BITS[size]);
            bits.put(if inside { 255 } else { 0 }, 8);
            length -= part;
        }
    }
    bits.bytes
}

/// The mask `(height, width)` of a stream of bits: where the fourth channel is above 0.
///
/// # Errors
/// [`MaskProblem`] where the stream is cut short or of another number of bytes.
pub fn decode_brush(
    bytes: &[u8],
    (height, width): (usize, usize),
) -> Result<Array2<bool>, MaskProblem> {
    let mut bits = Reader { bytes, at: 0 };
    let (found, expected) = (bits.take(32)?, 4 * (height * width) as u64);
    if found != expected {
        return Err(MaskProblem::Length { found: found / 4, expected: expected / 4 });
    }
    let word = bits.take(5)? as u32 + 1;
    if word != 8 {
        return Err(MaskProblem::WordSize { bits: word });
    }
    let mut sizes = [0; 4];
    for size in &mut sizes {
        *size = bits.take(4)? as u32 + 1;
    }
    let mut mask = Array2::from_elem((height, width), false);
    let mut alpha = mask.iter_mut();
    let mut at = 0;
    while at < expected {
        let repeated = bits.take(1)? == 1;
        let size = sizes[bits.take(2)? as usize];
        let length = bits.take(size)? + 1;
        if at + length > expected {
            return Err(MaskProblem::Length { found: (at + length) / 4, expected: expected / 4 });
        }
        let mut value = 0;
        for place in 0..length {
            if place == 0 || !repeated {
                value = bits.take(8)?;
            }
            if (at + place) % 4 == 3
                && let Some(pixel) = alpha.next()
            {
                *pixel = value > 0;
            }
        }
        at += length;
    }
    Ok(mask)
}

/// Bits into bytes, highest first.
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    /// Bits of the last byte that are written; 0 where it is full.
    used: u32,
}

impl Writer {
    fn put(&mut self, value: u64, bits: u32) {
        for place in (0..bits).rev() {
            if self.used == 0 {
                self.bytes.push(0);
            }
            let bit = (value >> place & 1) as u8;
            if let Some(last) = self.bytes.last_mut() {
                *last |= bit << (7 - self.used);
            }
            self.used = (self.used + 1) % 8;
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, bits: u32) -> Result<u64, MaskProblem> {
        let mut value = 0;
        for _ in 0..bits {
            let byte = self.bytes.get(self.at / 8).ok_or(MaskProblem::CutShort)?;
            value = value << 1 | u64::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Ok(value)
    }
}
