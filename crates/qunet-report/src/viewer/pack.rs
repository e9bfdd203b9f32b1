use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{ExtendedColorType, GrayImage, ImageEncoder};
use ndarray::Array2;
use serde::Serialize;

use super::Slice;
use crate::{Error, tile};

/// Sides and qualities of JPEG, best first; the last is taken whatever it needs.
const STEPS: [(u32, u8); 6] = [(256, 85), (256, 70), (192, 70), (160, 60), (128, 50), (96, 40)];

#[derive(Serialize)]
struct Record<'a> {
    id: usize,
    note: &'a str,
    width: u32,
    height: u32,
    image: String,
    truth: Option<String>,
    prediction: Option<String>,
    disagreement: Option<String>,
}

/// The data of a viewer as JSON, and the longest side of its pictures.
pub(super) fn pack(slices: &[Slice], budget: usize) -> Result<(String, u32), Error> {
    let mut packed = (String::new(), 0);
    for (side, quality) in STEPS {
        packed = (at(slices, side, quality, budget)?, side);
        if packed.0.len() <= budget {
            break;
        }
    }
    Ok(packed)
}

/// All slices at a size; stops early where they take more than the budget and it is not the last.
fn at(slices: &[Slice], side: u32, quality: u8, budget: usize) -> Result<String, Error> {
    let last = STEPS.last().is_some_and(|step| *step == (side, quality));
    let mut json = String::from("[");
    for slice in slices {
        if json.len() > 1 {
            json.push(',');
        }
        let record = record(slice, side, quality)?;
        json += &serde_json::to_string(&record).map_err(|source| Error::Json { source })?;
        if json.len() > budget && !last {
            break;
        }
    }
    // Within a script element only this would end it early.
    Ok(json.replace('<', "\\u003c") + "]")
}

fn record(slice: &Slice, side: u32, quality: u8) -> Result<Record<'_>, Error> {
    let (width, height) = slice.image.dimensions();
    let shape = (height as usize, width as usize);
    let size = tile::fit(shape, side.min(width.max(height)));
    let image = match size == (width, height) {
        true => slice.image.clone(),
        false => imageops::resize(&slice.image, size.0, size.1, FilterType::Triangle),
    };
    let mask =
        |at: usize| slice.masks[at].as_ref().map(|mask| runs(&tile::scaled_mask(mask, size)));
    Ok(Record {
        id: slice.id.0,
        note: &slice.note,
        width: size.0,
        height: size.1,
        image: jpeg(&image, quality)?,
        truth: mask(0),
        prediction: mask(1),
        disagreement: mask(2),
    })
}

fn jpeg(image: &GrayImage, quality: u8) -> Result<String, Error> {
    let mut bytes = Vec::new();
    let (width, height) = image.dimensions();
    JpegEncoder::new_with_quality(&mut bytes, quality).write_image(
        image,
        width,
        height,
        ExtendedColorType::L8,
    )?;
    Ok(STANDARD.encode(bytes))
}

/// Lengths of runs row by row, the first outside, in base 36 with spaces between; empty for an empty
/// mask.
fn runs(mask: &Array2<bool>) -> String {
    let (mut text, mut run, mut inside) = (String::new(), 0_u32, false);
    let mut put = |run: u32| {
        let space = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{space}{}", base36(run));
    };
    for &pixel in mask {
        if pixel != inside {
            put(run);
            (run, inside) = (0, pixel);
        }
        run += 1;
    }
    if inside {
        put(run);
    }
    text
}

fn base36(mut number: u32) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit(number % 36, 36).unwrap_or('0'));
        number /= 36;
        if number == 0 {
            break digits.iter().rev().collect();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ndarray::array;
    use qunet_stack::SliceId;

    use super::*;

    #[test]
    fn runs_by_hand() {
        assert_eq!(runs(&array![[false, true], [true, false]]), "1 2");
        assert_eq!(runs(&array![[true, true]]), "0 2");
        assert_eq!(runs(&array![[false, false]]), "");
        assert_eq!([0, 35, 36, 65_536].map(base36), ["0", "z", "10", "1ekg"]);
    }

    #[test]
    fn what_does_not_fit_is_made_smaller() {
        // Noise, which no picture format makes small.
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            image::Luma([(state >> 24) as u8])
        };
        let image = GrayImage::from_fn(256, 256, |_, _| noise());
        let slice = |id| Slice {
            id: SliceId(id),
            note: "</script>".to_owned(),
            image: image.clone(),
            masks: [None, None, None],
        };
        let slices: Vec<Slice> = (0..4).map(slice).collect();
        let (all, side) = pack(&slices, usize::MAX).unwrap();
        assert_eq!(side, 256);
        assert!(!all.contains("</script>"));
        let (half, side) = pack(&slices, all.len() / 2).unwrap();
        assert!(side < 256 && half.len() <= all.len() / 2);
        assert_eq!(pack(&slices, 1).unwrap().1, 96);
    }
}
