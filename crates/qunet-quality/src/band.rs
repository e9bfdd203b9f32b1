use ndarray::{ArrayRef1, ArrayRef2, s};

use crate::{Border, Pixel};

/// Shows `visit` the rows around each row of a non-empty image, from the first row to the last.
///
/// `visit` gets `size` lines, each padded to `width + size - 1` pixels, so that the window of the
/// pixel in column x is `line[x..x + size]` of every line. The window of an even size reaches one
/// pixel further up and left than down and right, as in SciPy.
pub(crate) fn for_each_band<T: Pixel>(
    image: &ArrayRef2<T>,
    size: usize,
    border: Border,
    mut visit: impl FnMut(&[Vec<T>]),
) {
    let (height, width) = image.dim();
    let before = size / 2;
    let load = |line: &mut [T], index: usize| match border
        .source(index as isize - before as isize, height)
    {
        Some(row) => pad(line, &image.row(row), before, border),
        None => line.fill(T::default()),
    };
    let mut lines = vec![vec![T::default(); width + size - 1]; size];
    for (index, line) in lines.iter_mut().enumerate() {
        load(line, index);
    }
    visit(&lines);
    for row in 1..height {
        lines.rotate_left(1);
        load(&mut lines[size - 1], row + size - 1);
        visit(&lines);
    }
}

/// Copies `row` into `line` after `before` pixels and fills both ends by the border's rule.
fn pad<T: Pixel>(line: &mut [T], row: &ArrayRef1<T>, before: usize, border: Border) {
    let width = row.len();
    let outside = |index: usize| {
        let source = border.source(index as isize - before as isize, width);
        source.map_or(T::default(), |col| row[col])
    };
    for index in (0..before).chain(before + width..line.len()) {
        line[index] = outside(index);
    }
    let inside = s![before..before + width];
    ndarray::aview_mut1(line).slice_mut(inside).assign(row);
}
