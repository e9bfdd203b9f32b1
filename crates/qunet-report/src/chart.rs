//! What all charts share: an SVG document in half pixels, axes with grid, ticks and names, and a
//! legend above the plot.

use plotters::prelude::{IntoDrawingArea, SVGBackend};
use plotters::style::RGBColor;

use crate::axis::Axis;
use crate::drawing::FigureData;
use crate::palette::{GRID, INK, MUTED, PAPER};
use crate::surface::{Marker, Point, Stroke, Surface, TextStyle};
use crate::{Error, font};

/// Charts are drawn in half pixels: coordinates are whole numbers, this keeps them smooth.
const UNITS_PER_PIXEL: u32 = 2;

/// Size of a chart in half pixels.
pub(crate) const SIZE: (u32, u32) = (1680, 920);
/// Where the plot begins and ends from left to right; the rest holds the names of the ticks.
pub(crate) const PLOT_X: (i32, i32) = (150, 1640);
/// The lower end of the plot.
pub(crate) const PLOT_BOTTOM: i32 = 800;
/// Heights of the two sizes of text.
pub(crate) const LABEL: u32 = 27;
pub(crate) const TICK: u32 = 25;

const LEGEND_TOP: i32 = 34;
const LEGEND_ROW: i32 = 42;
/// A browser's own font may be wider than the built-in one by this factor.
const FONT_SLACK: f64 = 1.15;

/// The surface of a chart.
pub(crate) type Chart<'a> = Surface<SVGBackend<'a>>;

/// Draws on an empty chart of `size` half pixels.
pub(crate) fn render(
    size: (u32, u32),
    draw: impl FnOnce(&Chart<'_>) -> Result<(), Error>,
) -> Result<FigureData, Error> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        area.fill(&PAPER)?;
        let chart = Surface(area);
        draw(&chart)?;
        chart.0.present()?;
    }
    Ok(FigureData::Svg(in_pixels(&text, size)))
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

/// Grid, ticks and the names of both axes.
pub(crate) fn draw_axes(
    chart: &Chart<'_>,
    x: (&Axis, &str),
    y: (&Axis, &str),
) -> Result<(), Error> {
    let (grid, (left, right), (bottom, top)) =
        (Stroke::new(GRID, 2), (x.0.from, x.0.to), (y.0.from, y.0.to));
    for (number, name) in x.0.ticks() {
        let at = x.0.pixel(number);
        chart.path(vec![(at, bottom), (at, top)], grid)?;
        chart.text(&name, (at, bottom + 26), TICK, TextStyle::centre(MUTED))?;
    }
    for (number, name) in y.0.ticks() {
        let at = y.0.pixel(number);
        chart.path(vec![(left, at), (right, at)], grid)?;
        chart.text(&name, (left - 14, at), TICK, TextStyle::right(MUTED))?;
    }
    let frame = vec![(left, top), (left, bottom), (right, bottom)];
    chart.path(frame, Stroke::new(MUTED, 2))?;
    let middle = ((left + right) / 2, (bottom + top) / 2);
    chart.text(x.1, (middle.0, bottom + 78), LABEL, TextStyle::centre(INK))?;
    chart.text(y.1, (30, middle.1), LABEL, TextStyle::centre(INK).upwards())
}

/// What stands before a name in the legend.
#[derive(Clone, Copy)]
pub(crate) enum Swatch {
    Mark(Marker, RGBColor),
    Line(RGBColor),
    Dashes(RGBColor),
}

/// Draws the legend from the top left, row by row, and returns where the plot may begin.
pub(crate) fn draw_legend(chart: &Chart<'_>, entries: &[(Swatch, String)]) -> Result<i32, Error> {
    let (mut x, mut y) = (PLOT_X.0, LEGEND_TOP);
    for (swatch, name) in entries {
        let width = 50 + padded_width(name, TICK)? + 26;
        if x + width > PLOT_X.1 && x > PLOT_X.0 {
            (x, y) = (PLOT_X.0, y + LEGEND_ROW);
        }
        draw_swatch(chart, *swatch, (x + 20, y))?;
        chart.text(name, (x + 50, y), TICK, TextStyle::left(INK))?;
        x += width;
    }
    Ok(y + LEGEND_ROW)
}

/// The room a text may need in a browser.
pub(crate) fn padded_width(text: &str, em: u32) -> Result<i32, Error> {
    Ok((f64::from(font::width(text, em)?) * FONT_SLACK) as i32)
}

/// As much of a text as fits into `room` in a browser.
pub(crate) fn shortened(text: &str, em: u32, room: i32) -> Result<String, Error> {
    font::shortened(text, em, (f64::from(room) / FONT_SLACK) as i32)
}

fn draw_swatch(chart: &Chart<'_>, swatch: Swatch, (x, y): Point) -> Result<(), Error> {
    let ends = ((x - 20, y), (x + 20, y));
    match swatch {
        Swatch::Mark(marker, colour) => marker.draw(chart, (x, y), 12, colour),
        Swatch::Line(colour) => chart.path(vec![ends.0, ends.1], Stroke::new(colour, 5)),
        Swatch::Dashes(colour) => chart.dashed(ends.0, ends.1, Stroke::new(colour, 4)),
    }
}
