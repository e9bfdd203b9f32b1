use std::ops::{Range, RangeInclusive};

use ndarray::{ArrayRef2, ArrayView1};
use serde::{Deserialize, Serialize};

use super::components::{Component, components, neighbours};
use crate::{Pixel, Result, rows::Raster};

/// Share of the intensity range below the maximum that is still ink.
const INK: f64 = 0.05;
/// Heights of glyphs in pixels.
const HEIGHTS: RangeInclusive<usize> = 5..=64;
/// Fewer glyphs are not a line.
const FEWEST_GLYPHS: usize = 3;

/// What was put onto a slice that is not anatomy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artefacts {
    /// Rows and columns of one value at the four sides.
    pub constant_border: ConstantBorder,
    /// Lines of text that seems to be burnt in, from left to right.
    pub text_lines: Vec<TextLine>,
}

impl Artefacts {
    /// Whether there is a line of text.
    #[must_use]
    pub fn has_text(&self) -> bool {
        !self.text_lines.is_empty()
    }
}

/// How many rows and columns at each side hold one value only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConstantBorder {
    /// Rows at the top.
    pub top: usize,
    /// Rows at the bottom.
    pub bottom: usize,
    /// Columns at the left.
    pub left: usize,
    /// Columns at the right.
    pub right: usize,
}

impl ConstantBorder {
    /// Whether any side has a constant row or column.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.top + self.bottom + self.left + self.right > 0
    }
}

/// A row of glyphs of similar height, with the pixels that it covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextLine {
    /// First row.
    pub top: usize,
    /// Row behind the last.
    pub bottom: usize,
    /// First column.
    pub left: usize,
    /// Column behind the last.
    pub right: usize,
    /// Number of glyphs, at least three.
    pub glyphs: usize,
}

/// Finds constant borders and burnt-in text.
///
/// `image` and `roi` are (H, W). A border is the run of rows or columns from a side that all hold
/// one and the same value; air or padding outside the field of view counts as well.
///
/// Text is a heuristic. A glyph is an 8-connected group of pixels within 5 % of the slice's
/// maximum that is 5 to 64 pixels high and at most twice as wide, has strokes of at most about
/// three pixels, a sharp edge (three quarters of the pixels beside it are in the lower half of
/// the intensity range), and touches no pixel of `roi`. Three or more glyphs side by side, of
/// similar height, at most two heights apart and not all of one shape, are a line. So it misses
/// single letters such as side markers, text that is not about the brightest of its slice, is dark
/// on bright, bold, italic beyond recognition or joined into one stroke, and text upon the region
/// or upon bright tissue. Bright specks in a row, such as metal clips, can be taken for text. It
/// points a reader to slices; it does not prove that a slice shows no patient name.
///
/// # Errors
/// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) for a mask of another shape,
/// [`Error::EmptyImage`](crate::Error::EmptyImage) without pixels,
/// [`Error::NonFinite`](crate::Error::NonFinite) for a NaN or infinite pixel anywhere.
///
/// # Example
/// ```
/// use ndarray::{Array2, s};
/// use qunet_quality::artefacts;
///
/// let mut image = Array2::from_elem((20, 40), 9_u8);
/// for left in [10, 14, 18] {
///     image.slice_mut(s![8..15, left]).fill(255);
/// }
/// image.slice_mut(s![14, 10..13]).fill(255); // L I I
/// let found = artefacts(&image, None)?;
/// assert_eq!((found.constant_border.top, found.constant_border.right), (8, 21));
/// assert_eq!((found.text_lines.len(), found.text_lines[0].glyphs), (1, 3));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn artefacts<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
) -> Result<Artefacts> {
    Raster::new(image, roi)?;
    Raster::finite(image, None)?;
    let transposed = image.t();
    let constant_border = ConstantBorder {
        top: constant_lines(image.rows()),
        bottom: constant_lines(image.rows().into_iter().rev()),
        left: constant_lines(transposed.rows()),
        right: constant_lines(transposed.rows().into_iter().rev()),
    };
    Ok(Artefacts { constant_border, text_lines: text_lines(image, roi) })
}

/// How many of the first lines hold one value, that of the first pixel.
fn constant_lines<'a, T: Pixel>(lines: impl IntoIterator<Item = ArrayView1<'a, T>>) -> usize {
    let mut value = None;
    let constant = |line: &ArrayView1<'_, T>| {
        let value = value.get_or_insert(line.first().copied());
        line.iter().all(|&pixel| Some(pixel) == *value)
    };
    lines.into_iter().take_while(constant).count()
}

/// A group of pixels that could be a letter or a digit.
struct Glyph {
    rows: Range<usize>,
    cols: Range<usize>,
    /// How many pixels it has.
    ink: usize,
}

impl Glyph {
    fn is_like(&self, other: &Self) -> bool {
        let shape = |glyph: &Self| (glyph.rows.len(), glyph.cols.len(), glyph.ink);
        shape(self) == shape(other)
    }
}

/// Lines of glyphs outside of `roi`, in the order of their first glyphs from left to right.
fn text_lines<T: Pixel>(image: &ArrayRef2<T>, roi: Option<&ArrayRef2<bool>>) -> Vec<TextLine> {
    let (min, max) = range(image);
    let ink = max - INK * (max - min);
    let middle = min + 0.5 * (max - min);
    if ink <= middle {
        return Vec::new();
    }
    let bright = image.mapv(|pixel| pixel.into() >= ink);
    let groups = components(&bright).into_iter();
    let outside =
        groups.filter(|group| group.pixels.iter().all(|&pixel| roi.is_none_or(|roi| !roi[pixel])));
    let mut glyphs: Vec<_> = outside
        .filter_map(|group| glyph(&group, &bright, |pixel| image[pixel].into() <= middle))
        .collect();
    glyphs.sort_by_key(|glyph| (glyph.cols.start, glyph.rows.start));
    let mut lines: Vec<Vec<Glyph>> = Vec::new();
    for glyph in glyphs {
        match lines.iter_mut().find(|line| line.last().is_some_and(|last| follows(last, &glyph))) {
            Some(line) => line.push(glyph),
            None => lines.push(vec![glyph]),
        }
    }
    lines.iter().filter(|line| is_text(line)).map(|line| text_line(line)).collect()
}

/// The lowest and the highest pixel.
fn range<T: Pixel>(image: &ArrayRef2<T>) -> (f64, f64) {
    image.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), &pixel| {
        let pixel = pixel.into();
        (min.min(pixel), max.max(pixel))
    })
}

/// A group as a glyph, if its size, its strokes and its surroundings allow.
fn glyph(
    group: &Component,
    bright: &ArrayRef2<bool>,
    is_dark: impl Fn((usize, usize)) -> bool,
) -> Option<Glyph> {
    let glyph = Glyph { rows: group.rows(), cols: group.cols(), ink: group.pixels.len() };
    if !HEIGHTS.contains(&glyph.rows.len()) || glyph.cols.len() > 2 * glyph.rows.len() {
        return None;
    }
    let (mut inner, mut beside, mut dark) = (0, 0, 0);
    for &pixel in &group.pixels {
        let outer = neighbours(pixel, bright.dim()).filter(|&near| !bright[near]);
        let before = beside;
        for near in outer {
            beside += 1;
            dark += usize::from(is_dark(near));
        }
        inner += usize::from(beside == before);
    }
    // A stroke three pixels wide has one inner pixel of three.
    let thin = 3 * inner <= group.pixels.len();
    (thin && 4 * dark >= 3 * beside).then_some(glyph)
}

/// Whether `next` can stand right of `last` in a line of text.
fn follows(last: &Glyph, next: &Glyph) -> bool {
    let (low, high) = (last.rows.len().min(next.rows.len()), last.rows.len().max(next.rows.len()));
    let shared =
        last.rows.end.min(next.rows.end).saturating_sub(last.rows.start.max(next.rows.start));
    let gap = next.cols.start.saturating_sub(last.cols.end);
    high <= 2 * low && 2 * shared >= low && gap <= 2 * high
}

/// Whether there are enough glyphs, not all of one shape as the ticks of a scale are.
fn is_text(line: &[Glyph]) -> bool {
    line.len() >= FEWEST_GLYPHS && line.iter().any(|glyph| !glyph.is_like(&line[0]))
}

fn text_line(line: &[Glyph]) -> TextLine {
    let cover = |side: fn(&Glyph) -> &Range<usize>| {
        let start = line.iter().map(|glyph| side(glyph).start).min().unwrap_or_default();
        start..line.iter().map(|glyph| side(glyph).end).max().unwrap_or(start)
    };
    let (rows, cols) = (cover(|glyph| &glyph.rows), cover(|glyph| &glyph.cols));
    TextLine {
        top: rows.start,
        bottom: rows.end,
        left: cols.start,
        right: cols.end,
        glyphs: line.len(),
    }
}
