//! The order of the slices and where they lie.

use std::path::Path;

use nalgebra::Vector3;

use super::frame::Place;
use crate::{Error, Geometry, SliceId};

/// Gaps may differ by this share, as numbers written in decimals do.
const TOLERANCE: f64 = 0.01;

/// How far along the normal of the slices a frame lies; `None` where its place is not stated.
pub(super) fn position_on_normal(place: &Place) -> Option<f64> {
    let (row, column) = directions(place)?;
    Some(row.cross(&column).dot(&Vector3::from(place.position?)))
}

fn directions(place: &Place) -> Option<(Vector3<f64>, Vector3<f64>)> {
    let [a, b, c, d, e, f] = place.orientation?;
    Some((Vector3::new(a, b, c), Vector3::new(d, e, f)))
}

/// The affine of frames in order, from DICOM's LPS to RAS. Without a place, the spacing alone.
pub(super) fn geometry(path: &Path, places: &[Place]) -> Result<Geometry, Error> {
    let (Some(first), Some(last)) = (places.first(), places.last()) else {
        return Ok(Geometry::default());
    };
    let [down, across] = first.spacing.unwrap_or([1.0; 2]);
    let thickness = first.thickness.filter(|&mm| mm > 0.0).unwrap_or(1.0);
    let placed = places.iter().all(|place| position_on_normal(place).is_some());
    let (Some((row, column)), Some(origin), true) = (directions(first), first.position, placed)
    else {
        return Ok(Geometry::from_spacing([thickness, down, across]));
    };
    check_gaps(path, places)?;
    let origin = Vector3::from(origin);
    let steps = places.len() - 1;
    let slice = match (steps, last.position) {
        (1.., Some(position)) => (Vector3::from(position) - origin) / steps as f64,
        _ => row.cross(&column) * thickness,
    };
    let columns = [row * across, column * down, slice, origin];
    let sign = [-1.0, -1.0, 1.0];
    let affine = [0, 1, 2].map(|axis| columns.map(|column| sign[axis] * column[axis]));
    crate::nifti_file::check_affine(path, &affine)?;
    Ok(Geometry { affine, ..Geometry::default() })
}

fn check_gaps(path: &Path, places: &[Place]) -> Result<(), Error> {
    let positions: Vec<f64> = places.iter().filter_map(position_on_normal).collect();
    let Some([first, second]) = positions.first_chunk() else { return Ok(()) };
    let expected = second - first;
    for (index, pair) in positions.windows(2).enumerate() {
        let gap = pair[1] - pair[0];
        let even = (gap - expected).abs() <= TOLERANCE * expected.abs();
        if !(gap > 0.0 && even) {
            let slice = SliceId(index + 1);
            return Err(Error::UnevenGaps { path: path.to_owned(), slice, gap, expected });
        }
    }
    Ok(())
}
