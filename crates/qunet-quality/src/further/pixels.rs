use ndarray::ArrayRef2;

use crate::{Pixel, rows::Rows};

/// Shows `visit` the region's pixels, row by row; no region means all pixels.
pub(crate) fn for_each_row_inside<T: Pixel>(
    image: &ArrayRef2<T>,
    region: Option<&ArrayRef2<bool>>,
    mut visit: impl FnMut(&[T]),
) {
    let mut rows = Rows::new(image, 1);
    let mut inside = Vec::with_capacity(image.ncols());
    for row in 0..image.nrows() {
        rows.load(row);
        let pixels = rows.get(row);
        let Some(region) = region else {
            visit(pixels);
            continue;
        };
        inside.clear();
        let chosen = pixels.iter().zip(region.row(row)).filter(|(_, inside)| **inside);
        inside.extend(chosen.map(|(&pixel, _)| pixel));
        visit(&inside);
    }
}

/// The region's pixels in one vector, row by row.
pub(crate) fn inside<T: Pixel>(image: &ArrayRef2<T>, region: Option<&ArrayRef2<bool>>) -> Vec<T> {
    let mut pixels = Vec::with_capacity(if region.is_some() { 0 } else { image.len() });
    for_each_row_inside(image, region, |row| pixels.extend_from_slice(row));
    pixels
}
