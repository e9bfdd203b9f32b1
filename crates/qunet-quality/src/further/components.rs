use std::ops::Range;

use ndarray::ArrayRef2;
use qunet_grid::{Connectivity, Objects};

/// An 8-connected group of true pixels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Component {
    pub(crate) pixels: Vec<(usize, usize)>,
}

impl Component {
    /// The rows that it covers.
    pub(crate) fn rows(&self) -> Range<usize> {
        cover(self.pixels.iter().map(|&(row, _)| row))
    }

    /// The columns that it covers.
    pub(crate) fn cols(&self) -> Range<usize> {
        cover(self.pixels.iter().map(|&(_, col)| col))
    }
}

fn cover(indices: impl Iterator<Item = usize> + Clone) -> Range<usize> {
    let first = indices.clone().min().unwrap_or_default();
    first..indices.max().map_or(first, |last| last + 1)
}

/// The groups of true pixels, in the order of their first pixels row by row.
pub(crate) fn components(bright: &ArrayRef2<bool>) -> Vec<Component> {
    // No image that fits into memory has as many rows or runs as an error takes.
    let Ok(objects) = Objects::from_mask(bright, Connectivity::Full) else { return Vec::new() };
    let mut found = vec![Component::default(); objects.count()];
    for (pixel, &label) in objects.labels().indexed_iter().filter(|(_, label)| **label > 0) {
        found[label as usize - 1].pixels.push(pixel);
    }
    found
}

/// The up to eight pixels beside a pixel, and itself.
pub(crate) fn neighbours(
    (row, col): (usize, usize),
    (height, width): (usize, usize),
) -> impl Iterator<Item = (usize, usize)> {
    let rows = row.saturating_sub(1)..(row + 2).min(height);
    rows.flat_map(move |row| {
        (col.saturating_sub(1)..(col + 2).min(width)).map(move |col| (row, col))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn diagonal_pixels_are_connected() {
        let found = components(&array![
            [true, false, false, true],
            [false, true, false, false],
            [false, false, false, true],
        ]);
        let covers: Vec<_> = found.iter().map(|group| (group.rows(), group.cols())).collect();
        assert_eq!(covers, [(0..2, 0..2), (0..1, 3..4), (2..3, 3..4)]);
    }
}
