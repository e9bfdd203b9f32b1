//! Lines, shapes, marks and texts in pixels, the same on SVG and on a bitmap.

use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::prelude::{DrawingArea, DrawingBackend};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, FontTransform, RGBColor, ShapeStyle};

use crate::palette::PAPER;
use crate::{Error, font};

/// (x, y) in pixels, y downwards.
pub(crate) type Point = (i32, i32);

/// How a line is drawn.
#[derive(Clone, Copy)]
pub(crate) struct Stroke {
    pub(crate) colour: RGBColor,
    pub(crate) opacity: f64,
    pub(crate) width: u32,
}

impl Stroke {
    pub(crate) fn new(colour: RGBColor, width: u32) -> Self {
        Self { colour, opacity: 1.0, width }
    }

    pub(crate) fn faint(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }

    fn style(self) -> ShapeStyle {
        self.colour.mix(self.opacity).stroke_width(self.width)
    }
}

/// What is drawn on.
pub(crate) struct Surface<DB: DrawingBackend>(pub(crate) DrawingArea<DB, Shift>);

impl<DB: DrawingBackend> Surface<DB>
where
    DB::ErrorType: 'static,
{
    pub(crate) fn path(&self, points: Vec<Point>, stroke: Stroke) -> Result<(), Error> {
        Ok(self.0.draw(&PathElement::new(points, stroke.style()))?)
    }

    /// A straight dashed line.
    pub(crate) fn dashed(&self, from: Point, to: Point, stroke: Stroke) -> Result<(), Error> {
        const DASH: f64 = 14.0;
        const PERIOD: f64 = 24.0;
        let (dx, dy) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
        let length = dx.hypot(dy);
        let at = |s: f64| {
            let share = (s / length).min(1.0);
            let step = |start: i32, delta: f64| start + (delta * share).round() as i32;
            (step(from.0, dx), step(from.1, dy))
        };
        for dash in 0..(length / PERIOD).ceil() as usize {
            let start = dash as f64 * PERIOD;
            self.path(vec![at(start), at(start + DASH)], stroke)?;
        }
        Ok(())
    }

    pub(crate) fn rectangle(
        &self,
        corners: [Point; 2],
        colour: RGBColor,
        opacity: f64,
    ) -> Result<(), Error> {
        let style = colour.mix(opacity).filled();
        Ok(self.0.draw(&Rectangle::new(corners, style))?)
    }

    pub(crate) fn polygon(&self, points: Vec<Point>, colour: RGBColor) -> Result<(), Error> {
        Ok(self.0.draw(&Polygon::new(points, colour.filled()))?)
    }

    /// A filled shape that lets through what lies under it.
    pub(crate) fn area(
        &self,
        points: Vec<Point>,
        colour: RGBColor,
        opacity: f64,
    ) -> Result<(), Error> {
        Ok(self.0.draw(&Polygon::new(points, colour.mix(opacity).filled()))?)
    }

    pub(crate) fn disc(&self, centre: Point, radius: i32, colour: RGBColor) -> Result<(), Error> {
        Ok(self.0.draw(&Circle::new(centre, radius, colour.filled()))?)
    }

    pub(crate) fn ring(&self, centre: Point, radius: i32, stroke: Stroke) -> Result<(), Error> {
        Ok(self.0.draw(&Circle::new(centre, radius, stroke.style()))?)
    }

    /// A text whose left, middle or right stands at `at`, centred vertically on it.
    pub(crate) fn text(
        &self,
        text: &str,
        at: Point,
        em: u32,
        style: TextStyle,
    ) -> Result<(), Error> {
        let style = font::style(em, style.colour, style.side)?.transform(style.turn);
        Ok(self.0.draw_text(&printable(text), &style, at)?)
    }
}

/// A text's colour, the side it is anchored to, and its direction.
#[derive(Clone)]
pub(crate) struct TextStyle {
    colour: RGBColor,
    side: HPos,
    turn: FontTransform,
}

impl TextStyle {
    pub(crate) fn left(colour: RGBColor) -> Self {
        Self::anchored(colour, HPos::Left)
    }

    pub(crate) fn centre(colour: RGBColor) -> Self {
        Self::anchored(colour, HPos::Center)
    }

    pub(crate) fn right(colour: RGBColor) -> Self {
        Self::anchored(colour, HPos::Right)
    }

    /// Read from the bottom to the top.
    pub(crate) fn upwards(self) -> Self {
        Self { turn: FontTransform::Rotate270, ..self }
    }

    fn anchored(colour: RGBColor, side: HPos) -> Self {
        Self { colour, side, turn: FontTransform::None }
    }
}

/// Control characters may not stand in XML and have no glyph.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// The shape of a mark, so that colour is never the only difference.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    Diamond,
    Triangle,
    Square,
    Disc,
    Ring,
    Cross,
}

impl Marker {
    /// Draws the mark within `radius` of `at`, with a thin rim that parts it from its neighbours.
    pub(crate) fn draw<DB: DrawingBackend>(
        self,
        surface: &Surface<DB>,
        at: Point,
        radius: i32,
        colour: RGBColor,
    ) -> Result<(), Error>
    where
        DB::ErrorType: 'static,
    {
        match self {
            Self::Disc => {
                surface.disc(at, radius + 2, PAPER)?;
                surface.disc(at, radius, colour)
            }
            Self::Ring => surface.ring(at, radius - 1, Stroke::new(colour, 4)),
            Self::Cross => cross(surface, at, radius - 1, colour),
            Self::Diamond | Self::Triangle | Self::Square => {
                surface.polygon(self.corners(at, radius + 3), PAPER)?;
                surface.polygon(self.corners(at, radius), colour)
            }
        }
    }

    fn corners(self, (x, y): Point, r: i32) -> Vec<Point> {
        match self {
            Self::Diamond => vec![(x, y - r), (x + r, y), (x, y + r), (x - r, y)],
            Self::Triangle => vec![(x, y - r), (x + r, y + r * 4 / 5), (x - r, y + r * 4 / 5)],
            _ => {
                let r = r * 4 / 5;
                vec![(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)]
            }
        }
    }
}

fn cross<DB: DrawingBackend>(
    surface: &Surface<DB>,
    (x, y): Point,
    r: i32,
    colour: RGBColor,
) -> Result<(), Error>
where
    DB::ErrorType: 'static,
{
    let stroke = Stroke::new(colour, 4);
    surface.path(vec![(x - r, y - r), (x + r, y + r)], stroke)?;
    surface.path(vec![(x - r, y + r), (x + r, y - r)], stroke)
}
