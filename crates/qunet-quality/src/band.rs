use ndarray::{ArrayRef1, ArrayRef2, s};

use crate::{Pixel, border::Edge};

/// Shows `visit` the rows around each row of a non-empty image, from the first row to the last.
///
/// `visit` gets `size` lines, each padded to `width + size - 1` pixels, so that the window of the
/// pixel in column x is `line[x..x + size]` of every line. The window of an even size reaches one
/// pixel further up and left than down and right, as in SciPy.
pub(crate) fn for_each_band<T: Pixel>(
    image: &ArrayRef2<T>,
    size: usize,
    edge: Edge<T>,
    mut visit: impl FnMut(&[Vec<T>]),
) {
    let (height, width) = image.dim();
    let mut lines = vec![vec![T::default(); width + size - 1]; size];
    for (index, line) in lines.iter_mut().enumerate() {
        load_line(line, image, size, edge, index);
    }
    visit(&lines);
    for row in 1..height {
        lines.rotate_left(1);
        load_line(&mut lines[size - 1], image, size, edge, row + size - 1);
        visit(&lines);
    }
}

/// Copies a padded row into `line`: of the `height + size - 1` lines of the padded image, the one
/// at `index`.
pub(crate) fn load_line<T: Pixel>(
    line: &mut [T],
    image: &ArrayRef2<T>,
    size: usize,
    edge: Edge<T>,
    index: usize,
) {
    let before = size / 2;
    match edge.source(index as isize - before as isize, image.nrows()) {
        Some(row) => pad(line, &image.row(row), before, edge),
        None => line.fill(edge.constant),
    }
}

/// Copies `row` into `line` after `before` pixels and fills both ends by the border's rule.
fn pad<T: Pixel>(line: &mut [T], row: &ArrayRef1<T>, before: usize, edge: Edge<T>) {
    let width = row.len();
    let outside = |index: usize| {
        let source = edge.source(index as isize - before as isize, width);
        source.map_or(edge.constant, |col| row[col])
    };
    for index in (0..before).chain(before + width..line.len()) {
        line[index] = outside(index);
    }
    let inside = s![before..before + width];
    ndarray::aview_mut1(line).slice_mut(inside).assign(row);
}
