use ndarray::{ArrayRef2, ArrayView1};
use serde::{Deserialize, Serialize};

use crate::{Pixel, Result, check, further::text};

/// What was put onto a slice that is not anatomy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artefacts {
    /// Rows and columns of one value at the four sides.
    pub constant_border: ConstantBorder,
    /// Lines of what looks like burnt-in text, from left to right.
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
/// similar height, at most two heights apart and not all of one shape, are a line. So it misses single letters such
/// as side markers, text that is not about the brightest of its slice, is dark on bright, bold,
/// italic beyond recognition or joined into one stroke, and text upon the region or upon bright
/// tissue. Bright specks in a row, such as metal clips, can be taken for text. An aid to looking, not a test for patient names.
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
    if let Some(mask) = roi {
        check::same_shape(image, mask)?;
    }
    check::image(image)?;
    let flipped = image.t();
    let constant_border = ConstantBorder {
        top: constant_lines(image.rows()),
        bottom: constant_lines(image.rows().into_iter().rev()),
        left: constant_lines(flipped.rows()),
        right: constant_lines(flipped.rows().into_iter().rev()),
    };
    Ok(Artefacts { constant_border, text_lines: text::lines(image, roi) })
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
