use ndarray::Array2;

use crate::error::MaskProblem;

/// The mask `(height, width)` of polygons, each given as x, y, x, y, ...: a pixel is inside where
/// its centre (column + 1/2, row + 1/2) lies within any of them, by the even-odd rule. Rasterising
/// tools differ from this, and from each other, in pixels that an edge passes through.
///
/// ```
/// use ndarray::array;
/// use qunet_exchange::coco::fill;
///
/// let square = vec![1.0, 0.0, 3.0, 0.0, 3.0, 1.0, 1.0, 1.0];
/// let mask = fill(&[square], (2, 4))?;
/// assert_eq!(mask, array![[false, true, true, false], [false; 4]]);
/// # Ok::<(), qunet_exchange::MaskProblem>(())
/// ```
///
/// # Errors
/// [`MaskProblem::Polygon`] for half a corner, fewer than three, or one that is no number.
pub fn fill(
    polygons: &[Vec<f64>],
    (height, width): (usize, usize),
) -> Result<Array2<bool>, MaskProblem> {
    let mut mask = Array2::from_elem((height, width), false);
    for polygon in polygons {
        let whole = polygon.len() >= 6 && polygon.len().is_multiple_of(2);
        if !whole || polygon.iter().any(|value| !value.is_finite()) {
            return Err(MaskProblem::Polygon);
        }
        let corners: Vec<(f64, f64)> =
            polygon.chunks_exact(2).map(|corner| (corner[0], corner[1])).collect();
        for (row, mut pixels) in mask.rows_mut().into_iter().enumerate() {
            for span in crossings(&corners, row as f64 + 0.5).chunks_exact(2) {
                // The first and the last centre between two edges.
                let (start, end) = (column(span[0], width), column(span[1], width));
                (start..end).for_each(|column| pixels[column] = true);
            }
        }
    }
    Ok(mask)
}

/// The first column whose centre is not left of x.
fn column(x: f64, width: usize) -> usize {
    (x - 0.5).ceil().clamp(0.0, width as f64) as usize
}

/// Where edges cross the line through these centres, from left to right: an even number.
fn crossings(corners: &[(f64, f64)], y: f64) -> Vec<f64> {
    let next = corners.iter().cycle().skip(1);
    let mut crossings: Vec<f64> = corners
        .iter()
        .zip(next)
        .filter(|(from, to)| (from.1 <= y) != (to.1 <= y))
        .map(|(from, to)| from.0 + (y - from.1) / (to.1 - from.1) * (to.0 - from.0))
        .collect();
    crossings.sort_by(f64::total_cmp);
    crossings
}
