//! The order of the slices and where they lie.

use std::path::Path;

use nalgebra::{Matrix3, Vector3};

use super::frame::Place as FramePlace;
use super::{Frame, SeriesFile};
use crate::geometry::Short;
use crate::place::Place;
use crate::{Error, Geometry, SliceId};

/// Gaps may differ by this share of themselves,
const RELATIVE: f64 = 0.01;
/// and by as much as positions of one decimal do that were rounded, in mm,
const ROUNDING: f64 = 0.101;
/// but by no more than this share: what is left is a slice that is missing.
const MOST: f64 = 0.25;
/// Directions and pixel sizes that are written with few decimals.
const DECIMALS: f64 = 1e-3;
/// Positions nearer than this are one, in mm.
const SAME: f64 = 1e-6;
const REMEDY: &str = "move it out of the folder if it is a scout or of another series";

/// How far along the normal of the slices a frame lies; `None` where its place is not stated.
pub(super) fn position_on_normal(place: &FramePlace) -> Option<f64> {
    let (row, column) = directions(place)?;
    Some(row.cross(&column).dot(&Vector3::from(place.position?)))
}

fn directions(place: &FramePlace) -> Option<(Vector3<f64>, Vector3<f64>)> {
    let [a, b, c, d, e, f] = place.orientation?;
    Some((Vector3::new(a, b, c), Vector3::new(d, e, f)))
}

/// Refuses frames that are not all on one grid: placed or not, turned the same way, of pixels of the
/// same size. The odd one is named, which is not of the largest group.
pub(super) fn check_alike(files: &[SeriesFile], frames: &[Frame]) -> Result<(), Error> {
    let placed =
        |frame: &Frame| frame.place.position.is_some() && frame.place.orientation.is_some();
    if frames.iter().any(placed)
        && let Some(odd) = frames.iter().find(|frame| !placed(frame))
    {
        return Err(Error::Unsupported {
            path: files[odd.file].path.clone(),
            what: "no ImagePositionPatient or ImageOrientationPatient, which the other slices have"
                .to_owned(),
            remedy: REMEDY,
        });
    }
    let turned = |a: &Frame, b: &Frame| near(&a.place.orientation, &b.place.orientation, 1.0);
    if let Some((odd, most)) = odd_one(frames, turned) {
        let [found, expected] = [odd, most].map(|frame| listed(&frame.place.orientation));
        let what = format!("an ImageOrientationPatient of {found}, most slices {expected}");
        let path = files[odd.file].path.clone();
        return Err(Error::Unsupported { path, what, remedy: REMEDY });
    }
    let rescaled = |a: &Frame, b: &Frame| a.place.rescaled == b.place.rescaled;
    if let Some((odd, _)) = odd_one(frames, rescaled) {
        return Err(Error::Unsupported {
            path: files[odd.file].path.clone(),
            what: "another choice of RescaleSlope and RescaleIntercept than most slices, of which \
                   some state them and some do not"
                .to_owned(),
            remedy: "copy it again, or set both",
        });
    }
    let sized = |a: &Frame, b: &Frame| {
        let size = b.place.spacing.map_or(1.0, |[down, _]| down);
        near(&a.place.spacing, &b.place.spacing, size)
    };
    if let Some((odd, most)) = odd_one(frames, sized) {
        let [found, expected] = [odd, most].map(|frame| listed(&frame.place.spacing));
        let what = format!("a PixelSpacing of {found}, most slices {expected}");
        let path = files[odd.file].path.clone();
        return Err(Error::Unsupported { path, what, remedy: REMEDY });
    }
    Ok(())
}

/// The first that is not like those of the largest group, and one of these; the first group of equal
/// ones.
pub(super) fn odd_one<T>(all: &[T], alike: impl Fn(&T, &T) -> bool) -> Option<(&T, &T)> {
    // The leader of each group and how many it has.
    let mut groups: Vec<(&T, usize)> = Vec::new();
    for one in all {
        match groups.iter_mut().find(|(leader, _)| alike(one, leader)) {
            Some((_, count)) => *count += 1,
            None => groups.push((one, 1)),
        }
        // More kinds than these are no series at all.
        if groups.len() > 64 {
            break;
        }
    }
    let largest = groups.iter().map(|(_, count)| *count).max()?;
    let (most, _) = groups.iter().find(|(_, count)| *count == largest)?;
    let odd = groups.iter().find(|(leader, _)| !std::ptr::eq(*leader, *most))?;
    Some((odd.0, most))
}

fn near<const N: usize>(a: &Option<[f64; N]>, b: &Option<[f64; N]>, size: f64) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.iter().zip(b).all(|(a, b)| (a - b).abs() <= DECIMALS * size),
        (None, None) => true,
        _ => false,
    }
}

/// As the file has it: numbers and backslashes.
fn listed<const N: usize>(values: &Option<[f64; N]>) -> String {
    let Some(values) = values else { return "nothing".to_owned() };
    values.map(|value| Short(value).to_string()).join("\\")
}

/// The affine of frames in order, from DICOM's LPS to RAS. Without a place, the spacing alone.
pub(super) fn place(path: &Path, files: &[SeriesFile], frames: &[Frame]) -> Result<Place, Error> {
    let (Some(first), Some(last)) = (frames.first(), frames.last()) else {
        return Ok(Place::assumed(Geometry::default()));
    };
    let step = first.place.step.unwrap_or(1.0);
    let (Some((row, column)), Some(origin)) = (directions(&first.place), first.place.position)
    else {
        let [down, across] = first.place.spacing.unwrap_or([1.0; 2]);
        return Ok(Place::assumed(Geometry::from_spacing([step, down, across])));
    };
    let path_of = |frame: &Frame| files[frame.file].path.clone();
    let Some([down, across]) = first.place.spacing else {
        return Err(Error::Unsupported {
            path: path_of(first),
            what: "a position in space and no PixelSpacing".to_owned(),
            remedy: "set the PixelSpacing of its slices",
        });
    };
    check_gaps(files, frames)?;
    let origin = Vector3::from(origin);
    let steps = frames.len() - 1;
    let slice = match (steps, last.place.position) {
        (1.., Some(position)) => (Vector3::from(position) - origin) / steps as f64,
        _ => row.cross(&column) * step,
    };
    check_line(files, frames, slice, across.min(down))?;
    let columns = [row * across, column * down, slice, origin];
    let sign = [-1.0, -1.0, 1.0];
    let affine = [0, 1, 2].map(|axis| columns.map(|column| sign[axis] * column[axis]));
    crate::qform::check_affine(path, &affine)?;
    let axes = Matrix3::from_columns(&[row, column, row.cross(&column)]);
    if (axes.determinant() - 1.0).abs() > 0.1 {
        let what = format!("an ImageOrientationPatient of {}", listed(&first.place.orientation));
        let remedy = "it must be two directions of length 1 at right angles; correct it";
        return Err(Error::Unsupported { path: path_of(first), what, remedy });
    }
    Ok(Place::of(Geometry { affine, ..Geometry::default() }))
}

/// Slices follow one another at the mean gap; the one that breaks it most is named.
fn check_gaps(files: &[SeriesFile], frames: &[Frame]) -> Result<(), Error> {
    let positions: Vec<f64> =
        frames.iter().filter_map(|frame| position_on_normal(&frame.place)).collect();
    let (Some(first), Some(last)) = (positions.first(), positions.last()) else { return Ok(()) };
    let gaps: Vec<f64> = positions.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if gaps.is_empty() {
        return Ok(());
    }
    if let Some(twice) = gaps.iter().position(|gap| *gap <= SAME) {
        let [before, path] = [twice, twice + 1].map(|slice| files[frames[slice].file].path.clone());
        let what = match before == path {
            true => "frames at the same position, and no SpacingBetweenSlices".to_owned(),
            false => format!("a slice at the position of {}", before.display()),
        };
        let remedy = "each slice must be there once: move the other out of the folder";
        return Err(Error::Unsupported { path, what, remedy });
    }
    let mean = (last - first) / gaps.len() as f64;
    let tolerance = (RELATIVE * mean).max(ROUNDING.min(MOST * mean));
    let even = |(index, gap): (usize, &f64)| {
        let expected = first + mean * (index + 1) as f64;
        let drift = (positions[index + 1] - expected).abs();
        *gap > 0.0 && (gap - mean).abs() <= tolerance && drift <= tolerance
    };
    if gaps.iter().enumerate().all(even) {
        return Ok(());
    }
    let mut sorted = gaps.clone();
    sorted.sort_by(f64::total_cmp);
    let expected = sorted[sorted.len() / 2];
    let off = |index: &usize| (gaps[*index] - expected).abs();
    let worst = (0..gaps.len()).rev().max_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(0);
    let [before, path] = [worst, worst + 1].map(|slice| files[frames[slice].file].path.clone());
    let (slice, gap) = (SliceId(worst + 1), gaps[worst]);
    Err(Error::UnevenGaps { path, before, slice, gap, expected })
}

/// Slices lie on a line.
fn check_line(
    files: &[SeriesFile],
    frames: &[Frame],
    step: Vector3<f64>,
    pixel: f64,
) -> Result<(), Error> {
    let Some(origin) = frames.first().and_then(|frame| frame.place.position) else { return Ok(()) };
    let tolerance = ROUNDING.max(RELATIVE * step.norm()).max(0.1 * pixel);
    for (index, frame) in frames.iter().enumerate() {
        let Some(position) = frame.place.position else { continue };
        let expected = Vector3::from(origin) + step * index as f64;
        let beside = (Vector3::from(position) - expected).norm();
        if beside > tolerance {
            let what = format!("slice {index}, which lies {} mm beside the others", Short(beside));
            let path = files[frame.file].path.clone();
            return Err(Error::Unsupported { path, what, remedy: REMEDY });
        }
    }
    Ok(())
}
