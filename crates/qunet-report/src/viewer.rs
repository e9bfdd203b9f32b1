//! A stack to scroll through on the page.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{ExtendedColorType, GrayImage, ImageEncoder};
use ndarray::{Array2, ArrayRef2};
use plotters::style::RGBColor;
use qunet_stack::SliceId;
use serde::Serialize;

use crate::Error;
use crate::palette::{ORANGE, SKY, YELLOW};
use crate::tile::{self, Tile};

/// Longest side of a slice as it is kept.
const SIDE: u32 = 256;
/// Bytes that a viewer may take on the page, pictures in base64 included.
const BUDGET: usize = 8_000_000;
/// Sides and qualities of JPEG, best first; the last is taken whatever it needs.
const STEPS: [(u32, u8); 6] = [(256, 85), (256, 70), (192, 70), (160, 60), (128, 50), (96, 40)];

/// Key, name and colour of the masks; the page's script draws in these colours.
const LAYERS: [(&str, &str, RGBColor); 3] = [
    ("truth", "annotated", YELLOW),
    ("prediction", "network", SKY),
    ("disagreement", "the last two heads differ", ORANGE),
];

/// The masks that can lie over a slice.
#[derive(Clone, Copy, Debug, Default)]
pub struct ViewerMasks<'a> {
    /// The annotation or the ground truth.
    pub truth: Option<&'a ArrayRef2<bool>>,
    /// The network's prediction.
    pub prediction: Option<&'a ArrayRef2<bool>>,
    /// Where the last two heads differ.
    pub disagreement: Option<&'a ArrayRef2<bool>>,
}

/// All slices of a stack, one at a time: wheel, slider, arrow keys; masks can be shown and hidden; a
/// click on a row of a slice table shows that slice.
///
/// Slices are kept at 256 pixels, less where a thousand of them would make the page too large: a
/// viewer takes at most 8 MB.
///
/// ```
/// use ndarray::Array2;
/// use qunet_report::{Section, Viewer, ViewerMasks};
/// use qunet_stack::SliceId;
///
/// let (image, lesion) = (Array2::from_elem((64, 64), 0.5), Array2::from_elem((64, 64), true));
/// let mut viewer = Viewer::new("chest CT");
/// viewer.add(SliceId(0), &image, ViewerMasks { truth: Some(&lesion), ..Default::default() }, "picked")?;
/// let section = Section::new("Slices").viewer(&viewer)?;
/// # Ok::<(), qunet_report::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Viewer {
    name: String,
    budget: usize,
    slices: Vec<Slice>,
    /// The note below the viewer where a slice is not shown in the range [0, 1].
    note: &'static str,
}

/// A slice as it is kept until the page is made.
#[derive(Clone, Debug)]
struct Slice {
    id: SliceId,
    note: String,
    image: GrayImage,
    /// Truth, prediction, disagreement, of the picture's size.
    masks: [Option<Array2<bool>>; 3],
}

/// A viewer as it stands on a page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PackedViewer {
    pub(crate) name: String,
    pub(crate) slices: usize,
    pub(crate) json: String,
    /// Which masks any slice has: truth, prediction, disagreement.
    pub(crate) has: [bool; 3],
    pub(crate) note: &'static str,
}

impl Viewer {
    /// A viewer without slices.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), budget: BUDGET, slices: Vec::new(), note: "" }
    }

    /// Sets how many bytes it may take on the page, where there are several viewers.
    #[must_use]
    pub fn within(self, bytes: usize) -> Self {
        Self { budget: bytes, ..self }
    }

    /// Adds a slice and a note on it. Where its pixels are not in [0, 1], its smallest value is black
    /// and its largest white, and the page says so.
    ///
    /// # Errors
    /// [`Error::EmptyImage`], [`Error::InvalidPixel`] where a pixel is infinite or no number,
    /// [`Error::ShapeMismatch`] where a mask does not have the shape of the image.
    pub fn add(
        &mut self,
        id: SliceId,
        image: &ArrayRef2<f32>,
        masks: ViewerMasks<'_>,
        note: impl Into<String>,
    ) -> Result<(), Error> {
        let tile = Tile::new(id, image)?;
        let size = tile.size(SIDE.min(image.nrows().max(image.ncols()) as u32));
        let masks = [masks.truth, masks.prediction, masks.disagreement];
        for (mask, (what, ..)) in masks.iter().zip(LAYERS) {
            mask.map_or(Ok(()), |mask| tile.check_shape(what, mask.dim()))?;
        }
        let masks = masks.map(|mask| mask.map(|mask| tile::scaled_mask(mask, size)));
        let image = tile.levels(size);
        if self.note.is_empty() {
            self.note = tile::display_note([&tile]);
        }
        self.slices.push(Slice { id, note: note.into(), image, masks });
        Ok(())
    }

    /// The viewer within its budget: as large and as good as fits.
    pub(crate) fn packed(&self) -> Result<PackedViewer, Error> {
        if self.slices.is_empty() {
            return Err(Error::Empty { what: "slice viewer" });
        }
        let (json, _) = pack(&self.slices, self.budget)?;
        let has = [0, 1, 2].map(|at| self.slices.iter().any(|slice| slice.masks[at].is_some()));
        Ok(PackedViewer {
            name: self.name.clone(),
            slices: self.slices.len(),
            json,
            has,
            note: self.note,
        })
    }
}

impl PackedViewer {
    /// Key, name and colour (red, green, blue) of the masks that any slice has.
    pub(crate) fn layers(&self) -> Vec<(&'static str, &'static str, String)> {
        let shown = LAYERS.into_iter().zip(self.has).filter(|(_, has)| *has);
        let layer = |((key, name, RGBColor(r, g, b)), _)| (key, name, format!("{r},{g},{b}"));
        shown.map(layer).collect()
    }
}

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
fn pack(slices: &[Slice], budget: usize) -> Result<(String, u32), Error> {
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
    use super::*;
    use ndarray::array;

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
