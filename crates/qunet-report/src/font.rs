//! The one font, built in so that a figure looks the same on a machine without fonts, and texts
//! cut and wrapped to the room there is.

use std::sync::OnceLock;

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, TextStyle, register_font};

use crate::Error;

/// plotters divides a text's size by this before it is the height of an em.
const SIZE_PER_EM: f64 = 1.24;

static REGISTERED: OnceLock<bool> = OnceLock::new();

/// A text of `em` pixels, anchored to the given side and to its vertical middle.
pub(crate) fn style(em: u32, colour: RGBColor, side: HPos) -> Result<TextStyle<'static>, Error> {
    Ok(TextStyle {
        font: font(em)?,
        color: colour.to_backend_color(),
        pos: Pos::new(side, VPos::Center),
    })
}

/// The width of a text in pixels.
pub(crate) fn width(text: &str, em: u32) -> Result<i32, Error> {
    let ((left, _), (right, _)) = font(em)?.layout_box(text).map_err(|_| Error::Font)?;
    Ok(right - left)
}

fn font(em: u32) -> Result<FontDesc<'static>, Error> {
    let registered = REGISTERED.get_or_init(|| {
        let font = epaint_default_fonts::UBUNTU_LIGHT;
        register_font("sans-serif", FontStyle::Normal, font).is_ok()
    });
    if !registered {
        return Err(Error::Font);
    }
    let size = f64::from(em) * SIZE_PER_EM;
    Ok(FontDesc::new(FontFamily::SansSerif, size, FontStyle::Normal))
}

/// As much of a text as fits into `room` pixels, with an ellipsis where some is left out.
pub(crate) fn shortened(text: &str, em: u32, room: i32) -> Result<String, Error> {
    let mut letters: Vec<char> = text.chars().collect();
    let mut fitting = text.to_owned();
    while width(&fitting, em)? > room && letters.pop().is_some() {
        fitting = letters.iter().chain(&['…']).collect();
    }
    Ok(fitting)
}

/// Breaks a text between words into at most `lines` lines of `room` pixels; the last one is
/// shortened where that is not enough.
pub(crate) fn wrapped(text: &str, em: u32, room: i32, lines: usize) -> Result<Vec<String>, Error> {
    let mut rows: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let more = rows.len() < lines;
        match rows.last_mut() {
            Some(row) if more && is_full(row, word, em, room)? => {
                rows.push(word.to_owned());
            }
            Some(row) => {
                row.push(' ');
                row.push_str(word);
            }
            None => rows.push(word.to_owned()),
        }
    }
    rows.iter().map(|row| shortened(row, em, room)).collect()
}

fn is_full(row: &str, word: &str, em: u32, room: i32) -> Result<bool, Error> {
    Ok(width(&format!("{row} {word}"), em)? > room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_wrap_and_end_in_an_ellipsis() {
        let rows = wrapped("one two three four five six seven", 16, 80, 2).unwrap();
        assert_eq!(rows.len(), 2);
        assert!(rows[1].ends_with('…'));
        assert!(rows.iter().all(|row| width(row, 16).unwrap() <= 80));
    }

    #[test]
    fn short_texts_stay() {
        assert_eq!(wrapped("kept", 16, 200, 2).unwrap(), ["kept"]);
        assert!(wrapped("", 16, 200, 2).unwrap().is_empty());
    }
}
