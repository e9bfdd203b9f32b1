//! Lines, marks and words, in half pixels of the figure so that whole numbers are fine enough.

use anyhow::{Context, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Point of the figure, y downwards.
pub(crate) type Point = (i32, i32);

pub(crate) const INK: RGBColor = RGBColor(0x1F, 0x29, 0x33);
pub(crate) const MUTED: RGBColor = RGBColor(0x52, 0x60, 0x6D);
pub(crate) const GRID: RGBColor = RGBColor(0xE1, 0xE5, 0xE9);

/// Half pixels to a pixel.
const UNITS: u32 = 2;

/// What is drawn on.
pub(crate) struct Pen<'a>(DrawingArea<SVGBackend<'a>, Shift>);

/// Draws a figure of the given half pixels and returns the SVG document.
pub(crate) fn figure(
    (width, height): (u32, u32),
    draw: impl FnOnce(&Pen<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<String> {
    let font = epaint_default_fonts::UBUNTU_LIGHT;
    register_font("sans-serif", FontStyle::Normal, font)
        .map_err(|_| anyhow!("the built-in font cannot be read"))?;
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
        area.fill(&WHITE)?;
        let pen = Pen(area);
        draw(&pen)?;
        pen.0.present()?;
    }
    let units = format!("<svg width=\"{width}\" height=\"{height}\"");
    let pixels = format!("<svg width=\"{}\" height=\"{}\"", width / UNITS, height / UNITS);
    Ok(text.replacen(&units, &pixels, 1))
}

impl Pen<'_> {
    pub(crate) fn path(
        &self,
        points: Vec<Point>,
        colour: RGBColor,
        width: u32,
    ) -> anyhow::Result<()> {
        self.0.draw(&PathElement::new(points, colour.stroke_width(width))).context("a line")
    }

    /// A dashed line through the points; a dash goes on around corners.
    pub(crate) fn dashes(
        &self,
        points: &[Point],
        colour: RGBColor,
        width: u32,
    ) -> anyhow::Result<()> {
        const DASH: f64 = 12.0;
        let mut walked = 0.0;
        for ends in points.windows(2) {
            let [from, to] = [ends[0], ends[1]];
            let (dx, dy) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
            let length = dx.hypot(dy);
            let at =
                |s: f64| (from.0 + (dx * s / length) as i32, from.1 + (dy * s / length) as i32);
            let mut start: f64 = 0.0;
            while start < length {
                let left = DASH - (walked + start) % DASH;
                let end = (start + left.max(0.5)).min(length);
                let dash = ((walked + start) / DASH) as usize;
                if dash.is_multiple_of(2) {
                    self.path(vec![at(start), at(end)], colour, width)?;
                }
                start = end;
            }
            walked += length;
        }
        Ok(())
    }

    pub(crate) fn disc(&self, centre: Point, colour: RGBColor) -> anyhow::Result<()> {
        self.0.draw(&Circle::new(centre, 7, colour.filled())).context("a disc")
    }

    /// A ring whose inside hides what is behind it.
    pub(crate) fn ring(&self, centre: Point, colour: RGBColor) -> anyhow::Result<()> {
        self.0.draw(&Circle::new(centre, 7, WHITE.filled())).context("a ring")?;
        self.0.draw(&Circle::new(centre, 7, colour.stroke_width(3))).context("a ring")
    }

    /// Words whose `side` stands at `at`, centred vertically on it.
    pub(crate) fn words(
        &self,
        text: &str,
        at: Point,
        side: HPos,
        colour: RGBColor,
    ) -> anyhow::Result<()> {
        self.styled(text, at, side, colour, FontTransform::None)
    }

    /// Words that are read from the bottom to the top, centred on `at`.
    pub(crate) fn upwards(&self, text: &str, at: Point, colour: RGBColor) -> anyhow::Result<()> {
        self.styled(text, at, HPos::Center, colour, FontTransform::Rotate270)
    }

    fn styled(
        &self,
        text: &str,
        at: Point,
        side: HPos,
        colour: RGBColor,
        turn: FontTransform,
    ) -> anyhow::Result<()> {
        let font = FontDesc::new(FontFamily::SansSerif, 31.0, FontStyle::Normal);
        let color = colour.to_backend_color();
        let style = TextStyle { font, color, pos: Pos::new(side, VPos::Center) };
        self.0.draw_text(text, &style.transform(turn), at).with_context(|| format!("`{text}`"))
    }
}
