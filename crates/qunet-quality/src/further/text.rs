use std::ops::Range;

use ndarray::ArrayRef2;

use crate::{
    Pixel,
    further::{
        artefacts::TextLine,
        components::{Component, components, neighbours},
    },
};

/// Share of the intensity range below the maximum that is still ink.
const INK: f64 = 0.05;
/// Heights of glyphs in pixels.
const HEIGHTS: std::ops::RangeInclusive<usize> = 5..=64;
/// Fewer glyphs are not a line.
const FEWEST_GLYPHS: usize = 3;

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
pub(crate) fn lines<T: Pixel>(
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
) -> Vec<TextLine> {
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
