use ndarray::{Array2, ArrayRef2};

use crate::error::MaskProblem;

/// A mask as lengths of runs, column by column, outside and inside in turn.
///
/// ```
/// use ndarray::array;
/// use qunet_exchange::coco::{Rle, decode_text, encode_text};
///
/// let mask = array![[false, true], [true, true]];
/// let rle = Rle::encode(&mask);
/// assert_eq!(rle.counts, [1, 3]);
/// assert_eq!(encode_text(&rle), "13");
/// assert_eq!(decode_text("13")?.decode((2, 2))?, mask);
/// # Ok::<(), qunet_exchange::MaskProblem>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rle {
    /// Lengths; the first run lies outside, and may be 0.
    pub counts: Vec<u64>,
}

impl Rle {
    /// The runs of a mask `(height, width)`.
    #[must_use]
    pub fn encode(mask: &ArrayRef2<bool>) -> Self {
        let (mut counts, mut run, mut inside) = (Vec::new(), 0, false);
        for &pixel in mask.t() {
            if pixel != inside {
                counts.push(run);
                (run, inside) = (0, pixel);
            }
            run += 1;
        }
        counts.push(run);
        Self { counts }
    }

    /// The mask `(height, width)` of these runs.
    ///
    /// # Errors
    /// [`MaskProblem::Length`] where they do not add up to its pixels.
    pub fn decode(&self, (height, width): (usize, usize)) -> Result<Array2<bool>, MaskProblem> {
        let expected = (height * width) as u64;
        let found = self.counts.iter().fold(0_u64, |sum, &run| sum.saturating_add(run));
        if found != expected {
            return Err(MaskProblem::Length { found, expected });
        }
        let runs = self.counts.iter().enumerate();
        let mut pixels =
            runs.flat_map(|(place, &run)| std::iter::repeat_n(place % 2 == 1, run as usize));
        let mut mask = Array2::from_elem((width, height), false);
        mask.iter_mut().for_each(|pixel| *pixel = pixels.next().unwrap_or_default());
        Ok(mask.reversed_axes())
    }

    /// Pixels inside.
    #[must_use]
    pub fn area(&self) -> u64 {
        self.counts.iter().skip(1).step_by(2).sum()
    }
}

/// Runs in the text form of the COCO tools: from the third run on the difference to the run two
/// before, in groups of five bits, lowest first, each a character from `0` to `o`.
#[must_use]
pub fn encode_text(rle: &Rle) -> String {
    let mut text = String::new();
    for (place, &run) in rle.counts.iter().enumerate() {
        let before = if place > 2 { rle.counts[place - 2] } else { 0 };
        let mut rest = run as i64 - before as i64;
        loop {
            let bits = (rest & 0x1f) as u8;
            rest >>= 5;
            // The sign is the highest of the last five bits.
            let last = rest == if bits & 0x10 == 0 { 0 } else { -1 };
            text.push(char::from(48 + bits + if last { 0 } else { 0x20 }));
            if last {
                break;
            }
        }
    }
    text
}

/// The reverse of [`encode_text`].
///
/// # Errors
/// [`MaskProblem`] for another character, a run that is cut short or of impossible length.
pub fn decode_text(text: &str) -> Result<Rle, MaskProblem> {
    let mut counts: Vec<u64> = Vec::new();
    let mut bytes = text.bytes();
    while let Some(first) = bytes.next() {
        let (mut value, mut shift, mut byte) = (0_i64, 0, first);
        loop {
            let bits = byte.checked_sub(48).filter(|bits| *bits < 64);
            let bits = i64::from(bits.ok_or(MaskProblem::Character { byte })?);
            value |= (bits & 0x1f) << shift;
            shift += 5;
            if bits & 0x20 == 0 {
                if bits & 0x10 != 0 {
                    value |= -1 << shift;
                }
                break;
            }
            // Longer than any image is large.
            if shift > 45 {
                return Err(MaskProblem::Run);
            }
            byte = bytes.next().ok_or(MaskProblem::CutShort)?;
        }
        let place = counts.len();
        let before = if place > 2 { counts[place - 2] } else { 0 };
        let run = before.checked_add_signed(value).ok_or(MaskProblem::Run)?;
        counts.push(run);
    }
    Ok(Rle { counts })
}
