use std::ops::Range;

use ndarray::{Array2, ArrayRef2};

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
    let mut seen = Array2::from_elem(bright.dim(), false);
    let mut found = Vec::new();
    for (start, &is_bright) in bright.indexed_iter() {
        if !is_bright || seen[start] {
            continue;
        }
        seen[start] = true;
        let mut pixels = vec![start];
        let mut next = 0;
        while let Some(&pixel) = pixels.get(next) {
            next += 1;
            for near in neighbours(pixel, bright.dim()) {
                if bright[near] && !seen[near] {
                    seen[near] = true;
                    pixels.push(near);
                }
            }
        }
        found.push(Component { pixels });
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
