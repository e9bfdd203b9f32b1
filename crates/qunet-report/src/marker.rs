use plotters::prelude::DrawingBackend;
use plotters::style::RGBColor;

use crate::Error;
use crate::palette::PAPER;
use crate::surface::{Point, Stroke, Surface};

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
