//! The headers of all files of a series.

use std::fs;
use std::path::{Path, PathBuf};

use dicom_object::OpenFileOptions;

use super::frame::{self, PIXEL_DATA, Stored};
use super::modality::Table;
use super::{Frame, Kind, SeriesFile, Slices, space, walk};
use crate::Error;
use crate::source::Format;

/// A file of the series.
struct Scanned {
    file: SeriesFile,
    series: String,
    stored: Stored,
    places: Vec<frame::Place>,
}

/// Reads the headers of a file or of a folder's files, and puts the frames in order.
pub(super) fn scan(path: &Path) -> Result<Slices, Error> {
    let mut scanned = Vec::new();
    for file in files_of(path)? {
        scanned.extend(scan_file(file)?);
    }
    let empty = || Error::EmptyFolder { path: path.to_owned() };
    let first = scanned.first().ok_or_else(empty)?;
    let (series, stored) = (first.series.clone(), first.stored);
    if let Some(other) = scanned.iter().find(|file| file.series != series) {
        return Err(Error::Unsupported {
            path: path.to_owned(),
            what: format!("more than one DICOM series ({series} and {})", other.series),
            remedy: "give each series a folder of its own",
        });
    }
    if let Some(other) = scanned.iter().find(|file| file.stored != stored) {
        let size =
            |stored: &Stored| (stored.rows.into(), stored.columns.into(), stored.number().dtype());
        let (found, expected) = (size(&other.stored), size(&stored));
        return Err(Error::UnevenSlices { path: other.file.path.clone(), found, expected });
    }
    assemble(path, scanned, stored)
}

fn assemble(path: &Path, scanned: Vec<Scanned>, stored: Stored) -> Result<Slices, Error> {
    let (mut files, mut frames) = (Vec::new(), Vec::new());
    for (file, scanned) in scanned.into_iter().enumerate() {
        let places = scanned.places.into_iter().enumerate();
        frames.extend(places.map(|(frame, place)| Frame { file, frame, place }));
        files.push(scanned.file);
    }
    sort(&mut frames);
    let places: Vec<frame::Place> = frames.iter().map(|frame| frame.place).collect();
    let geometry = space::geometry(path, &places)?;
    let kind = kind(&stored, &files, &frames);
    Ok(Slices { files, frames, stored, kind, geometry, open: None })
}

/// By position, or by instance number where a position is missing; files come in natural order.
fn sort(frames: &mut [Frame]) {
    if frames.iter().all(|frame| space::position_on_normal(&frame.place).is_some()) {
        let position = |frame: &Frame| space::position_on_normal(&frame.place).unwrap_or(0.0);
        frames.sort_by(|a, b| position(a).total_cmp(&position(b)));
    } else {
        frames.sort_by_key(|frame| (frame.place.instance, frame.frame));
    }
}

/// Whole modality values that fit stay whole, so that CT is 16-bit as it is stored.
fn kind(stored: &Stored, files: &[SeriesFile], frames: &[Frame]) -> Kind {
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
            None => scaled_range(stored, &frame.place),
        };
        f64::from(i16::MIN) <= low && high <= f64::from(i16::MAX)
    });
    if whole { Kind::Whole } else { Kind::Float }
}

/// The smallest and largest value that a frame can have.
fn scaled_range(stored: &Stored, place: &frame::Place) -> (f64, f64) {
    let span = 2f64.powi(i32::from(stored.bits_stored));
    let low = if stored.signed { -span / 2.0 } else { 0.0 };
    let [a, b] = [low, low + span - 1.0].map(|value| place.slope * value + place.intercept);
    (a.min(b), a.max(b))
}

/// The DICOM files of a folder in natural order, or the file itself.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, Error> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(cannot_read)? {
        let file = entry.map_err(cannot_read)?.path();
        if file.is_file() && Format::of_file(&file)? == Format::Dicom {
            files.push(file);
        }
    }
    files.sort_by(|a, b| {
        natord::compare(&a.to_string_lossy(), &b.to_string_lossy()).then_with(|| a.cmp(b))
    });
    Ok(files)
}

/// `None` for a file without a picture.
fn scan_file(path: PathBuf) -> Result<Option<Scanned>, Error> {
    let Some(pixels) = walk::walk(&path)? else { return Ok(None) };
    let object = OpenFileOptions::new().read_until(PIXEL_DATA).open_file(&path);
    let object = object.map_err(|source| Error::decode(&path, "DICOM file", source.to_string()))?;
    if !frame::has_rows(&object) {
        return Ok(None);
    }
    let stored = frame::stored(&path, &object)?;
    let shape = [frame::count(&object), stored.rows.into(), stored.columns.into()];
    if shape.contains(&0) {
        return Err(Error::Empty { name: path.display().to_string(), shape });
    }
    let cannot_read = |source| Error::Read { path: path.clone(), source };
    let file = fs::metadata(&path).map_err(cannot_read)?.len();
    let expected = (stored.frame_bytes() as u64).saturating_mul(shape[0] as u64);
    // A packed frame takes an item of at least eight bytes.
    let (found, least) = match pixels.length {
        Some(length) => (length, expected),
        None => (file, (shape[0] as u64).saturating_mul(8)),
    };
    if found < least {
        return Err(Error::CutShort { path, expected: least, found });
    }
    let places = (0..shape[0]).map(|frame| frame::place(&object, frame)).collect();
    let series = frame::series(&object);
    let table = Table::from_object(&path, &object, stored.signed)?;
    Ok(Some(Scanned { file: SeriesFile { path, pixels, table }, series, stored, places }))
}
