//! The one font: built in, so that a figure looks the same on a machine without fonts.

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
