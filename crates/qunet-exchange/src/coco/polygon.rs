//! Polygons as pixels, the way pycocotools does it.

use ndarray::{Array2, ArrayRef2};

use crate::MaskProblem;

/// Steps per pixel along an outline.
const FINE: f64 = 5.0;

/// Adds the inside of a polygon `[x0, y0, x1, y1, ...]` to a mask `(height, width)`.
///
/// As pycocotools: corners are rounded to fifths of a pixel, the outline is walked in steps of a
/// fifth, and wherever it crosses the middle of a column the column changes sides from the next
/// pixel centre on, so that parts covered twice are outside. Pixel `(0, 0)` covers 0 to 1.
///
/// ```
/// use ndarray::{Array2, array};
///
/// let mut mask = Array2::from_elem((2, 3), false);
/// qunet_exchange::coco::fill(&mut mask, &[1.0, 0.0, 3.0, 0.0, 3.0, 1.0, 1.0, 1.0])?;
/// assert_eq!(mask, array![[false, true, true], [false, false, false]]);
/// # Ok::<(), qunet_exchange::MaskProblem>(())
/// ```
///
/// # Errors
/// [`MaskProblem::Polygon`] for fewer than three corners, half a corner, or one that lies farther
/// out than the mask is large; the mask is as it was.
pub fn fill(mask: &mut ArrayRef2<bool>, polygon: &[f64]) -> Result<(), MaskProblem> {
    check(polygon, mask.dim())?;
    let (height, width) = mask.dim();
    let corners: Vec<(i64, i64)> =
        polygon.chunks_exact(2).map(|corner| (fine(corner[0]), fine(corner[1]))).collect();
    // Whether the side changes before each pixel of a column, and past its end.
    let mut changes = Array2::from_elem((width, height + 1), false);
    let mut before: Option<(i64, i64)> = None;
    for (&from, &to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        for point in steps(from, to) {
            if let Some((x, y)) = before.and_then(|last| crossing(last, point, (height, width))) {
                changes[(x, y)] ^= true;
            }
            before = Some(point);
        }
    }
    // The side carries on from the foot of a column to the head of the next.
    let mut inside = false;
    for x in 0..width {
        for y in 0..height {
            inside ^= changes[(x, y)];
            mask[(y, x)] |= inside;
        }
        inside ^= changes[(x, height)];
    }
    Ok(())
}

fn check(polygon: &[f64], (height, width): (usize, usize)) -> Result<(), MaskProblem> {
    let near = |value: f64, length: usize| {
        let length = length as f64;
        (-length..=2.0 * length).contains(&value)
    };
    let whole = polygon.len() >= 6 && polygon.len().is_multiple_of(2);
    let corners = || polygon.chunks_exact(2);
    let holds = whole && corners().all(|corner| near(corner[0], width) && near(corner[1], height));
    if holds { Ok(()) } else { Err(MaskProblem::Polygon) }
}

/// In fifths of a pixel, halves towards the larger, and towards zero below it.
fn fine(value: f64) -> i64 {
    (FINE * value + 0.5) as i64
}

/// The points from one corner to the next, both included: one for each step along the longer side.
fn steps(from: (i64, i64), to: (i64, i64)) -> impl Iterator<Item = (i64, i64)> {
    let (wide, high) = ((to.0 - from.0).abs(), (to.1 - from.1).abs());
    let flat = wide >= high;
    // Always rounded from the same end, whichever way the outline runs.
    let back = if flat { from.0 > to.0 } else { from.1 > to.1 };
    let (start, end) = if back { (to, from) } else { (from, to) };
    let length = wide.max(high);
    let rise = if flat { end.1 - start.1 } else { end.0 - start.0 };
    let slope = if length == 0 { 0.0 } else { rise as f64 / length as f64 };
    (0..=length).map(move |step| {
        let along = if back { length - step } else { step };
        let across = |start: i64| (start as f64 + slope * along as f64 + 0.5) as i64;
        if flat { (along + start.0, across(start.1)) } else { (across(start.0), along + start.1) }
    })
}

/// The column and the pixel before which its side changes, where a step crosses a column's middle.
fn crossing(
    last: (i64, i64),
    point: (i64, i64),
    (height, width): (usize, usize),
) -> Option<(usize, usize)> {
    if last.0 == point.0 {
        return None;
    }
    let middle = if point.0 < last.0 { point.0 } else { point.0 - 1 };
    let x = (middle as f64 + 0.5) / FINE - 0.5;
    if x.floor() != x || x < 0.0 || x > width as f64 - 1.0 {
        return None;
    }
    let y = (last.1.min(point.1) as f64 + 0.5) / FINE - 0.5;
    Some((x as usize, y.clamp(0.0, height as f64).ceil() as usize))
}
