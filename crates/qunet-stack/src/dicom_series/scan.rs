//! The headers of all files of a series.

use std::fs;
use std::path::{Path, PathBuf};

use super::frame::{self, Object};
use super::modality::Table;
use super::{Frame, Kind, SeriesFile, Slices, decode, space, walk};
use crate::Error;

/// A file of the series.
struct Scanned {
    file: SeriesFile,
    series: String,
    inverted: bool,
    places: Vec<frame::Place>,
}

/// Reads the headers of the files of a series, and puts the frames in order; `path` is what was
/// opened.
pub(super) fn scan(path: &Path, files: Vec<PathBuf>) -> Result<Slices, Error> {
    let mut scanned = Vec::new();
    let among_others = files.len() > 1;
    for file in files {
        scanned.extend(scan_file(file, among_others)?);
    }
    if scanned.is_empty() {
        return Err(Error::EmptyFolder { path: path.to_owned() });
    }
    let of_series = |a: &Scanned, b: &Scanned| a.series == b.series;
    if let Some((odd, most)) = space::odd_one(&scanned, of_series) {
        return Err(Error::Unsupported {
            path: odd.file.path.clone(),
            what: format!("the DICOM series {}, most files {}", odd.series, most.series),
            remedy: "give each series a folder of its own",
        });
    }
    if let Some((odd, _)) = space::odd_one(&scanned, |a, b| a.inverted == b.inverted) {
        return Err(Error::Unsupported {
            path: odd.file.path.clone(),
            what:
                "another PhotometricInterpretation than most files: black and white are exchanged"
                    .to_owned(),
            remedy: "store all slices as MONOCHROME2",
        });
    }
    let size = |scanned: &Scanned| {
        let stored = scanned.file.stored;
        (stored.rows.into(), stored.columns.into(), stored.number().dtype())
    };
    if let Some((odd, most)) = space::odd_one(&scanned, |a, b| size(a) == size(b)) {
        let (found, expected) = (size(odd), size(most));
        return Err(Error::UnevenSlices { path: odd.file.path.clone(), found, expected });
    }
    assemble(path, scanned)
}

fn assemble(path: &Path, scanned: Vec<Scanned>) -> Result<Slices, Error> {
    let (mut files, mut frames) = (Vec::new(), Vec::new());
    for (file, scanned) in scanned.into_iter().enumerate() {
        let places = scanned.places.into_iter().enumerate();
        frames.extend(places.map(|(frame, place)| Frame { file, frame, place }));
        files.push(scanned.file);
    }
    space::check_alike(&files, &frames)?;
    sort(&files, &mut frames)?;
    let place = space::place(path, &files, &frames)?;
    let kind = kind(&files, &frames);
    Ok(Slices { files, frames, kind, place, open: None, packed: None })
}

/// By position, or by instance number where no position is stated; files come in natural order.
fn sort(files: &[SeriesFile], frames: &mut [Frame]) -> Result<(), Error> {
    let position = |frame: &Frame| space::position_on_normal(&frame.place);
    if frames.iter().all(|frame| position(frame).is_some()) {
        let position = |frame: &Frame| position(frame).unwrap_or(0.0);
        frames.sort_by(|a, b| position(a).total_cmp(&position(b)));
        return Ok(());
    }
    let numbered = |frame: &&Frame| frame.place.instance.is_some();
    if let (true, Some(odd)) =
        (frames.iter().any(|frame| numbered(&frame)), frames.iter().find(|frame| !numbered(frame)))
    {
        return Err(Error::Unsupported {
            path: files[odd.file].path.clone(),
            what: "no position and no InstanceNumber, which the other slices have".to_owned(),
            remedy: "number it, or move it out of the folder",
        });
    }
    frames.sort_by_key(|frame| (frame.place.instance, frame.file, frame.frame));
    Ok(())
}

/// Whole modality values that fit stay whole, so that CT is 16-bit as it is stored.
fn kind(files: &[SeriesFile], frames: &[Frame]) -> Kind {
    let table = |frame: &Frame| files[frame.file].table.as_ref();
    let unscaled = |place: &frame::Place| place.slope == 1.0 && place.intercept == 0.0;
    if frames.iter().all(|frame| table(frame).is_none() && unscaled(&frame.place)) {
        return Kind::Stored;
    }
    let whole = frames.iter().all(|frame| {
        let (low, high) = match table(frame) {
            Some(table) => table.range(),
            None if frame.place.slope.fract() != 0.0 || frame.place.intercept.fract() != 0.0 => {
                return false;
            }
            None => scaled_range(&files[frame.file].stored, &frame.place),
        };
        f64::from(i16::MIN) <= low && high <= f64::from(i16::MAX)
    });
    if whole { Kind::Whole } else { Kind::Float }
}

/// The smallest and largest value that a frame can have.
fn scaled_range(stored: &frame::Stored, place: &frame::Place) -> (f64, f64) {
    let span = 2f64.powi(i32::from(stored.bits_stored));
    let low = if stored.signed { -span / 2.0 } else { 0.0 };
    let [a, b] = [low, low + span - 1.0].map(|value| place.slope * value + place.intercept);
    (a.min(b), a.max(b))
}

/// `None` for a file without a picture.
fn scan_file(path: PathBuf, among_others: bool) -> Result<Option<Scanned>, Error> {
    let Some(walked) = walk::walk(&path, frame::is_read)? else { return Ok(None) };
    let object = decode::object(&path, &walked, false)?;
    let object = Object { path: &path, object: &object };
    if !object.has_rows() {
        return Ok(None);
    }
    if among_others && object.modality() == "SEG" {
        return Err(Error::Unsupported {
            path: path.clone(),
            what: "a segmentation, not a slice of the series beside it".to_owned(),
            remedy: "move it out of the folder",
        });
    }
    let stored = object.stored()?;
    if walked.pixels.words && walked.pixels.big_endian && stored.bits_allocated == 8 {
        return Err(Error::Unsupported {
            path,
            what: "8-bit pixels in words of big-endian order".to_owned(),
            remedy: "convert it to Explicit VR Little Endian (gdcmconv --explicit)",
        });
    }
    let shape = [object.count()?, stored.rows.into(), stored.columns.into()];
    if shape.contains(&0) {
        return Err(Error::Empty { name: path.display().to_string(), shape });
    }
    let cannot_read = |source| Error::Read { path: path.clone(), source };
    let file = fs::metadata(&path).map_err(cannot_read)?.len();
    let expected = (stored.frame_bytes() as u64).saturating_mul(shape[0] as u64);
    // A packed frame takes an item of at least eight bytes.
    let (found, least) = match walked.pixels.length {
        Some(length) => (length, expected),
        None => (file, (shape[0] as u64).saturating_mul(8)),
    };
    if found < least {
        return Err(Error::CutShort { path, expected: least, found });
    }
    let places = (0..shape[0]).map(|frame| object.place(frame)).collect::<Result<_, _>>()?;
    let (series, inverted) = (object.series(), object.is_inverted());
    let table = Table::from_object(&path, object.object, stored.signed)?;
    Ok(Some(Scanned { file: SeriesFile { path, walked, stored, table }, series, inverted, places }))
}
