//! What a DICOM object says about each of its frames.

use std::path::Path;

use dicom_object::mem::InMemElement;
use dicom_object::{DefaultDicomObject, InMemDicomObject, Tag};

use crate::Error;

pub(super) const PIXEL_DATA: Tag = Tag(0x7FE0, 0x0010);
const ROWS: Tag = Tag(0x0028, 0x0010);
const COLUMNS: Tag = Tag(0x0028, 0x0011);
const SAMPLES_PER_PIXEL: Tag = Tag(0x0028, 0x0002);
const NUMBER_OF_FRAMES: Tag = Tag(0x0028, 0x0008);
const BITS_ALLOCATED: Tag = Tag(0x0028, 0x0100);
const BITS_STORED: Tag = Tag(0x0028, 0x0101);
const PIXEL_REPRESENTATION: Tag = Tag(0x0028, 0x0103);
const RESCALE_INTERCEPT: Tag = Tag(0x0028, 0x1052);
const RESCALE_SLOPE: Tag = Tag(0x0028, 0x1053);
const PIXEL_SPACING: Tag = Tag(0x0028, 0x0030);
const SLICE_THICKNESS: Tag = Tag(0x0018, 0x0050);
const POSITION: Tag = Tag(0x0020, 0x0032);
const ORIENTATION: Tag = Tag(0x0020, 0x0037);
const INSTANCE_NUMBER: Tag = Tag(0x0020, 0x0013);
const SERIES: Tag = Tag(0x0020, 0x000E);
const SHARED_GROUPS: Tag = Tag(0x5200, 0x9229);
const PER_FRAME_GROUPS: Tag = Tag(0x5200, 0x9230);
const PIXEL_MEASURES: Tag = Tag(0x0028, 0x9110);
const PLANE_POSITION: Tag = Tag(0x0020, 0x9113);
const PLANE_ORIENTATION: Tag = Tag(0x0020, 0x9116);
const PIXEL_VALUES: Tag = Tag(0x0028, 0x9145);

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
    pub(super) thickness: Option<f64>,
    pub(super) slope: f64,
    pub(super) intercept: f64,
    pub(super) instance: i64,
}

/// The object's series.
pub(super) fn series(object: &DefaultDicomObject) -> String {
    let text = object.get(SERIES).and_then(|element| element.to_str().ok());
    text.map(|text| text.trim_end_matches(['\0', ' ']).to_owned()).unwrap_or_default()
}

/// Whether there is a picture in the object; a series may hold reports and plans too.
pub(super) fn has_rows(object: &DefaultDicomObject) -> bool {
    object.get(ROWS).is_some()
}

pub(super) fn stored(path: &Path, object: &DefaultDicomObject) -> Result<Stored, Error> {
    let number = |tag, name| {
        let value = integer(object, tag).and_then(|value| u16::try_from(value).ok());
        value.ok_or_else(|| {
            Error::decode(path, "DICOM file", format!("{name} is missing or broken"))
        })
    };
    if integer(object, SAMPLES_PER_PIXEL).is_some_and(|samples| samples != 1) {
        return Err(Error::Colour { path: path.to_owned(), colour: "RGB".to_owned() });
    }
    let bits_allocated = number(BITS_ALLOCATED, "BitsAllocated")?;
    if !matches!(bits_allocated, 8 | 16 | 32) {
        let datatype = format!("{bits_allocated}-bit");
        return Err(Error::VoxelType { path: path.to_owned(), datatype });
    }
    Ok(Stored {
        rows: number(ROWS, "Rows")?,
        columns: number(COLUMNS, "Columns")?,
        bits_allocated,
        bits_stored: number(BITS_STORED, "BitsStored")?.clamp(1, bits_allocated),
        signed: integer(object, PIXEL_REPRESENTATION) == Some(1),
    })
}

/// How many frames the object says it has.
pub(super) fn count(object: &DefaultDicomObject) -> usize {
    let frames = integer(object, NUMBER_OF_FRAMES).unwrap_or(1);
    usize::try_from(frames).unwrap_or(0).max(1)
}

/// The place of one frame: from its own functional groups, the shared ones, or the object.
pub(super) fn place(object: &DefaultDicomObject, frame: usize) -> Place {
    let find = |group, tag| {
        let own = item(object, PER_FRAME_GROUPS, frame);
        let shared = item(object, SHARED_GROUPS, 0);
        let grouped = |from: Option<&InMemDicomObject>| numbers(item(from?, group, 0)?.get(tag)?);
        grouped(own).or_else(|| grouped(shared)).or_else(|| numbers(object.get(tag)?))
    };
    let one = |group, tag| find(group, tag).and_then(|values| values.first().copied());
    let finite = |value: &f64| value.is_finite();
    Place {
        position: find(PLANE_POSITION, POSITION).and_then(array),
        orientation: find(PLANE_ORIENTATION, ORIENTATION).and_then(array),
        spacing: find(PIXEL_MEASURES, PIXEL_SPACING).and_then(array),
        thickness: one(PIXEL_MEASURES, SLICE_THICKNESS),
        slope: one(PIXEL_VALUES, RESCALE_SLOPE).filter(finite).unwrap_or(1.0),
        intercept: one(PIXEL_VALUES, RESCALE_INTERCEPT).filter(finite).unwrap_or(0.0),
        instance: integer(object, INSTANCE_NUMBER).unwrap_or(0),
    }
}

fn item(object: &InMemDicomObject, sequence: Tag, index: usize) -> Option<&InMemDicomObject> {
    object.get(sequence)?.items()?.get(index)
}

fn integer(object: &InMemDicomObject, tag: Tag) -> Option<i64> {
    object.get(tag)?.to_int().ok()
}

fn numbers(element: &InMemElement) -> Option<Vec<f64>> {
    element.to_multi_float64().ok()
}

fn array<const N: usize>(values: Vec<f64>) -> Option<[f64; N]> {
    let values: [f64; N] = values.try_into().ok()?;
    values.iter().all(|value| value.is_finite()).then_some(values)
}
