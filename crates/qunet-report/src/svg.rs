use plotters::prelude::{IntoDrawingArea, SVGBackend};

use crate::surface::Surface;
use crate::{Error, palette};

/// Charts are drawn in half pixels: coordinates are whole numbers, this keeps them smooth.
const UNITS_PER_PIXEL: u32 = 2;

/// The surface of a chart.
pub(crate) type Chart<'a> = Surface<SVGBackend<'a>>;

/// Draws on an empty chart of `size` half pixels and returns the SVG document.
pub(crate) fn render(
    size: (u32, u32),
    draw: impl FnOnce(&Chart<'_>) -> Result<(), Error>,
) -> Result<String, Error> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        area.fill(&palette::PAPER)?;
        let chart = Surface(area);
        draw(&chart)?;
        chart.0.present()?;
    }
    Ok(in_pixels(&text, size))
}

/// Shows the document at its size in pixels; the view box keeps the half pixels.
fn in_pixels(text: &str, (width, height): (u32, u32)) -> String {
    let units = format!("<svg width=\"{width}\" height=\"{height}\"");
    let pixels = format!(
        "<svg width=\"{}\" height=\"{}\"",
        width / UNITS_PER_PIXEL,
        height / UNITS_PER_PIXEL
    );
    text.replacen(&units, &pixels, 1)
}
