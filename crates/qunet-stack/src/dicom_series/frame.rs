//! What a DICOM object says about each of its frames.

use std::borrow::Cow;
use std::path::Path;
use std::str::FromStr;

use dicom_object::mem::InMemElement;
use dicom_object::{DefaultDicomObject, InMemDicomObject, Tag};

use crate::Error;
use crate::geometry::Short;

pub(super) const PIXEL_DATA: Tag = Tag(0x7FE0, 0x0010);
const ROWS: Tag = Tag(0x0028, 0x0010);
const COLUMNS: Tag = Tag(0x0028, 0x0011);
const SAMPLES_PER_PIXEL: Tag = Tag(0x0028, 0x0002);
const PHOTOMETRIC: Tag = Tag(0x0028, 0x0004);
const NUMBER_OF_FRAMES: Tag = Tag(0x0028, 0x0008);
const BITS_ALLOCATED: Tag = Tag(0x0028, 0x0100);
const BITS_STORED: Tag = Tag(0x0028, 0x0101);
const PIXEL_REPRESENTATION: Tag = Tag(0x0028, 0x0103);
const RESCALE_INTERCEPT: Tag = Tag(0x0028, 0x1052);
const RESCALE_SLOPE: Tag = Tag(0x0028, 0x1053);
const PIXEL_SPACING: Tag = Tag(0x0028, 0x0030);
const SLICE_THICKNESS: Tag = Tag(0x0018, 0x0050);
const SPACING_BETWEEN_SLICES: Tag = Tag(0x0018, 0x0088);
const IMAGER_PIXEL_SPACING: Tag = Tag(0x0018, 0x1164);
const POSITION: Tag = Tag(0x0020, 0x0032);
const ORIENTATION: Tag = Tag(0x0020, 0x0037);
const INSTANCE_NUMBER: Tag = Tag(0x0020, 0x0013);
const SERIES: Tag = Tag(0x0020, 0x000E);
const MODALITY: Tag = Tag(0x0008, 0x0060);
const SHARED_GROUPS: Tag = Tag(0x5200, 0x9229);
const PER_FRAME_GROUPS: Tag = Tag(0x5200, 0x9230);
const PIXEL_MEASURES: Tag = Tag(0x0028, 0x9110);
const PLANE_POSITION: Tag = Tag(0x0020, 0x9113);
const PLANE_ORIENTATION: Tag = Tag(0x0020, 0x9116);
const PIXEL_VALUES: Tag = Tag(0x0028, 0x9145);

/// The elements that are read, and the modality look-up tables.
const READ: [Tag; 23] = [
    ROWS,
    COLUMNS,
    SAMPLES_PER_PIXEL,
    PHOTOMETRIC,
    NUMBER_OF_FRAMES,
    BITS_ALLOCATED,
    BITS_STORED,
    PIXEL_REPRESENTATION,
    RESCALE_INTERCEPT,
    RESCALE_SLOPE,
    PIXEL_SPACING,
    SLICE_THICKNESS,
    SPACING_BETWEEN_SLICES,
    IMAGER_PIXEL_SPACING,
    POSITION,
    ORIENTATION,
    INSTANCE_NUMBER,
    SERIES,
    MODALITY,
    SHARED_GROUPS,
    PER_FRAME_GROUPS,
    super::modality::MODALITY_TABLES,
    // How the pixels are laid out in a frame of packed colour, which decoders ask for.
    Tag(0x0028, 0x0006),
];

/// Those of 16 bits; all others are text.
const BINARY: [Tag; 6] =
    [ROWS, COLUMNS, SAMPLES_PER_PIXEL, BITS_ALLOCATED, BITS_STORED, PIXEL_REPRESENTATION];

/// Whether an element is read.
pub(super) fn is_read(tag: u32) -> bool {
    READ.contains(&Tag((tag >> 16) as u16, tag as u16))
}

/// How the values of an object are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) rows: u16,
    pub(super) columns: u16,
    pub(super) bits_allocated: u16,
    pub(super) bits_stored: u16,
    pub(super) signed: bool,
}

/// Where a frame lies and how its values are meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    /// The first pixel's centre in mm, in DICOM's LPS frame.
    pub(super) position: Option<[f64; 3]>,
    /// Direction of a row, then of a column.
    pub(super) orientation: Option<[f64; 6]>,
    /// Between rows, then between columns, in mm.
    pub(super) spacing: Option<[f64; 2]>,
    /// From a slice to the next in mm, else the thickness of a slice.
    pub(super) step: Option<f64>,
    pub(super) slope: f64,
    pub(super) intercept: f64,
    /// Whether slope and intercept are stated; they are 1 and 0 where they are not.
    pub(super) rescaled: [bool; 2],
    pub(super) instance: Option<i64>,
}

/// A DICOM object and its file.
pub(super) struct Object<'a> {
    pub(super) path: &'a Path,
    pub(super) object: &'a DefaultDicomObject,
}

/// A tag and its name.
type Named = (Tag, &'static str);

impl Object<'_> {
    /// Whether there is a picture in the object; a series may hold reports and plans too.
    pub(super) fn has_rows(&self) -> bool {
        self.object.get(ROWS).is_some()
    }

    /// The object's series.
    pub(super) fn series(&self) -> String {
        self.text(SERIES)
    }

    /// Whether small values are white.
    pub(super) fn is_inverted(&self) -> bool {
        self.text(PHOTOMETRIC) == "MONOCHROME1"
    }

    /// What made the object: `CT`, `MR`, `SEG` for a segmentation.
    pub(super) fn modality(&self) -> String {
        self.text(MODALITY)
    }

    pub(super) fn stored(&self) -> Result<Stored, Error> {
        let whole = |tag, name| {
            let value = self.whole((tag, name))?.and_then(|value| u16::try_from(value).ok());
            value.ok_or_else(|| self.broken(&format!("{name} is missing or broken")))
        };
        let samples = self.whole((SAMPLES_PER_PIXEL, "SamplesPerPixel"))?.unwrap_or(1);
        let photometric = self.text(PHOTOMETRIC);
        if samples != 1 || !(photometric.is_empty() || photometric.starts_with("MONOCHROME")) {
            let colour = if photometric.is_empty() { "RGB".to_owned() } else { photometric };
            return Err(Error::Colour { path: self.path.to_owned(), colour });
        }
        let bits_allocated = whole(BITS_ALLOCATED, "BitsAllocated")?;
        if !matches!(bits_allocated, 8 | 16 | 32) {
            let datatype = format!("{bits_allocated}-bit");
            return Err(Error::VoxelType { path: self.path.to_owned(), datatype });
        }
        let sign = self.whole((PIXEL_REPRESENTATION, "PixelRepresentation"))?;
        Ok(Stored {
            rows: whole(ROWS, "Rows")?,
            columns: whole(COLUMNS, "Columns")?,
            bits_allocated,
            bits_stored: whole(BITS_STORED, "BitsStored")?.clamp(1, bits_allocated),
            signed: sign == Some(1),
        })
    }

    /// How many frames the object says it has.
    pub(super) fn count(&self) -> Result<usize, Error> {
        let frames = self.whole_if_stated((NUMBER_OF_FRAMES, "NumberOfFrames"))?.unwrap_or(1);
        let frames = usize::try_from(frames).ok().filter(|&frames| frames > 0);
        frames.ok_or_else(|| self.broken("NumberOfFrames is not above 0"))
    }

    /// The place of one frame: from its own functional groups, the shared ones, or the object.
    pub(super) fn place(&self, frame: usize) -> Result<Place, Error> {
        let element = |group, tag| self.element(group, tag, frame);
        // One that may also be left empty.
        let stated = |group, tag| element(group, tag).filter(|it| !words(it).is_empty());
        let between_pixels = element(PIXEL_MEASURES, PIXEL_SPACING);
        let spacing = match self.optional::<2>(between_pixels, "PixelSpacing")? {
            // On the detector: of a projection there is no other.
            None => self.optional(self.object.get(IMAGER_PIXEL_SPACING), "ImagerPixelSpacing")?,
            found => found,
        };
        if let Some(sizes) = spacing
            && sizes.iter().any(|size| *size <= 0.0)
        {
            let [down, across] = sizes.map(Short);
            return Err(self.broken(&format!("PixelSpacing is {down}\\{across}, not above 0")));
        }
        let one = |element, name| -> Result<Option<f64>, Error> {
            Ok(self.optional::<1>(element, name)?.map(|[value]| value))
        };
        let between = stated(PIXEL_MEASURES, SPACING_BETWEEN_SLICES);
        let between = one(between, "SpacingBetweenSlices")?;
        let thickness = one(stated(PIXEL_MEASURES, SLICE_THICKNESS), "SliceThickness")?;
        let slope = one(element(PIXEL_VALUES, RESCALE_SLOPE), "RescaleSlope")?;
        let intercept = one(element(PIXEL_VALUES, RESCALE_INTERCEPT), "RescaleIntercept")?;
        if slope == Some(0.0) {
            return Err(self.broken("RescaleSlope is 0"));
        }
        let positive = |mm: &f64| *mm > 0.0;
        let position = stated(PLANE_POSITION, POSITION);
        let orientation = stated(PLANE_ORIENTATION, ORIENTATION);
        let orientation = self.optional(orientation, "ImageOrientationPatient")?;
        let position = self.optional(position, "ImagePositionPatient")?;
        Ok(Place {
            position: match item(self.object, PER_FRAME_GROUPS, frame) {
                // One position for all frames is that of the first.
                None => following(position, orientation, between.unwrap_or(0.0) * frame as f64),
                Some(_) => position,
            },
            orientation,
            spacing,
            step: between.map(f64::abs).filter(positive).or(thickness.filter(positive)),
            slope: slope.unwrap_or(1.0),
            intercept: intercept.unwrap_or(0.0),
            rescaled: [slope.is_some(), intercept.is_some()],
            instance: self.whole_if_stated((INSTANCE_NUMBER, "InstanceNumber"))?,
        })
    }

    /// The numbers of an element that may be missing, as many as they must be.
    fn optional<const N: usize>(
        &self,
        element: Option<&InMemElement>,
        name: &str,
    ) -> Result<Option<[f64; N]>, Error> {
        element.map(|element| self.numbers(element, name)).transpose()
    }

    /// What a frame has in its own functional group, in the shared one, or the object for all.
    fn element(&self, group: Tag, tag: Tag, frame: usize) -> Option<&InMemElement> {
        let own = item(self.object, PER_FRAME_GROUPS, frame);
        let shared = item(self.object, SHARED_GROUPS, 0);
        let of = |from| item(from, group, 0).and_then(|measures| measures.get(tag));
        own.and_then(of).or_else(|| shared.and_then(of)).or_else(|| self.object.get(tag))
    }

    fn numbers<const N: usize>(
        &self,
        element: &InMemElement,
        name: &str,
    ) -> Result<[f64; N], Error> {
        let words = words(element);
        let numbers: Option<Vec<f64>> = words.iter().map(|word| number::<f64>(word)).collect();
        let numbers = numbers.filter(|numbers| numbers.iter().all(|it| it.is_finite()));
        numbers.and_then(|numbers| numbers.try_into().ok()).ok_or_else(|| {
            let count = if N == 1 { "a number".to_owned() } else { format!("{N} numbers") };
            self.broken(&format!(
                "{name} is {:?}, not {count} with decimal points",
                words.join("\\")
            ))
        })
    }

    /// A whole number; `None` where the element is missing or empty.
    fn whole_if_stated(&self, named: Named) -> Result<Option<i64>, Error> {
        let stated = self.object.get(named.0).is_some_and(|it| !words(it).is_empty());
        if stated { self.whole(named) } else { Ok(None) }
    }

    /// A whole number; `None` where the element is missing.
    fn whole(&self, (tag, name): Named) -> Result<Option<i64>, Error> {
        let Some(element) = self.object.get(tag) else { return Ok(None) };
        let words = words(element);
        let number = match &words[..] {
            [word] => number(word),
            _ => None,
        };
        let broken =
            || self.broken(&format!("{name} is {:?}, not a whole number", words.join("\\")));
        number.ok_or_else(broken).map(Some)
    }

    fn text(&self, tag: Tag) -> String {
        self.object.get(tag).map(|element| words(element).join("\\")).unwrap_or_default()
    }

    fn broken(&self, problem: &str) -> Error {
        Error::decode(self.path, "DICOM file", problem)
    }
}

/// The values of an element as text, without what pads them; none of an empty one.
fn words(element: &InMemElement) -> Vec<String> {
    let text =
        if element.vr().to_string() == "UN" { untyped(element) } else { element.to_str().ok() };
    let text = text.unwrap_or_default();
    let words = text.split('\\').map(|word| word.trim_matches(['\0', ' ']).to_owned());
    let words: Vec<String> = words.collect();
    if words.iter().all(String::is_empty) { Vec::new() } else { words }
}

/// The text of a standard element whose type the file does not tell: a number of 16 bits in
/// little-endian order, or text as it is.
fn untyped(element: &InMemElement) -> Option<Cow<'_, str>> {
    let bytes = element.to_bytes().ok()?;
    if BINARY.contains(&element.header().tag) {
        let [low, high] = bytes[..].try_into().ok()?;
        return Some(u16::from_le_bytes([low, high]).to_string().into());
    }
    Some(String::from_utf8_lossy(&bytes).into_owned().into())
}

/// A position so many mm further along the normal of the slices.
fn following(
    position: Option<[f64; 3]>,
    orientation: Option<[f64; 6]>,
    distance: f64,
) -> Option<[f64; 3]> {
    let (Some([x, y, z]), Some([a, b, c, d, e, f])) = (position, orientation) else {
        return position;
    };
    let normal = [b * f - c * e, c * d - a * f, a * e - b * d].map(|part| part * distance);
    Some([x + normal[0], y + normal[1], z + normal[2]])
}

fn number<T: FromStr>(word: &str) -> Option<T> {
    // Rust reads `inf` and `NaN` too, which DICOM has not.
    word.chars().all(|c| !c.is_alphabetic() || matches!(c, 'e' | 'E')).then_some(word)?.parse().ok()
}

fn item(object: &InMemDicomObject, sequence: Tag, index: usize) -> Option<&InMemDicomObject> {
    object.get(sequence)?.items()?.get(index)
}
