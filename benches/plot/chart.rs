//! The figure: panels side by side on one vertical axis, and a legend above them.

use anyhow::Context;
use plotters::style::RGBColor;
use plotters::style::text_anchor::HPos;

use crate::axis::{Axis, around};
use crate::data::{Curve, DTYPES, Panel};
use crate::pen::{self, GRID, INK, MUTED, Pen};

const SIZE: (u32, u32) = (2120, 900);
const LEFT: i32 = 150;
const PANEL: i32 = 610;
const GAP: i32 = 40;
const TOP: i32 = 170;
const BOTTOM: i32 = 770;
/// Where the legend stands.
const LEGEND: i32 = 40;

/// Four of Okabe and Ito's colours, which people with any colour vision can tell apart.
const COLOURS: [RGBColor; DTYPES.len()] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0xD5, 0x5E, 0x00),
];

/// The figure as an SVG document.
pub(crate) fn draw(panels: &[Panel]) -> anyhow::Result<String> {
    let points = || panels.iter().flat_map(|panel| &panel.curves).flat_map(|curve| &curve.points);
    let (low, high) = around(points().map(|point| point.1));
    let y = Axis { low, high, from: BOTTOM, to: TOP };
    let (low, high) = around(points().map(|point| point.0));
    pen::figure(SIZE, |pen| {
        legend(pen)?;
        pen.upwards("ns per pixel (lower = faster)", (36, (TOP + BOTTOM) / 2), INK)?;
        for (panel, place) in panels.iter().zip(0..) {
            let from = LEFT + (PANEL + GAP) * place;
            let x = Axis { low, high, from, to: from + PANEL };
            frame(pen, &x, &y, place == 0)?;
            let middle = (x.from + x.to) / 2;
            pen.words(panel.title, (middle, TOP - 34), HPos::Center, INK)?;
            panel.curves.iter().try_for_each(|curve| draw_curve(pen, curve, &x, &y))?;
        }
        Ok(())
    })
    .context("cannot draw the figure")
}

/// Grid, ticks and the name of the horizontal axis; numbers of the vertical one at the first panel.
fn frame(pen: &Pen<'_>, x: &Axis, y: &Axis, first: bool) -> anyhow::Result<()> {
    for tick in y.decades() {
        let at = y.at(tick);
        pen.path(vec![(x.from, at), (x.to, at)], GRID, 2)?;
        if first {
            pen.words(&tick_name(tick), (x.from - 14, at), HPos::Right, MUTED)?;
        }
    }
    for tick in x.doublings() {
        let at = x.at(tick);
        pen.path(vec![(at, y.from), (at, y.to)], GRID, 2)?;
        pen.words(&tick_name(tick), (at, y.from + 28), HPos::Center, MUTED)?;
    }
    pen.path(vec![(x.from, y.to), (x.from, y.from), (x.to, y.from)], MUTED, 2)?;
    pen.words("side of the image, pixels", ((x.from + x.to) / 2, y.from + 82), HPos::Center, INK)
}

/// As short as it can be: 0.05, 2, 1024.
fn tick_name(tick: f64) -> String {
    let text = format!("{tick:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn draw_curve(pen: &Pen<'_>, curve: &Curve, x: &Axis, y: &Axis) -> anyhow::Result<()> {
    let place = |&(side, time): &(f64, f64)| (x.at(side), y.at(time));
    line(pen, curve.points.iter().map(place).collect(), COLOURS[curve.dtype], curve.ours)
}

/// A solid line with discs is ours, a dashed one with rings is the other library's.
fn line(
    pen: &Pen<'_>,
    points: Vec<pen::Point>,
    colour: RGBColor,
    ours: bool,
) -> anyhow::Result<()> {
    if ours {
        pen.path(points.clone(), colour, 5)?;
        return points.into_iter().try_for_each(|point| pen.disc(point, colour));
    }
    pen.dashes(&points, colour, 3)?;
    points.into_iter().try_for_each(|point| pen.ring(point, colour))
}

/// First who, by the kind of line, then what, by its colour.
fn legend(pen: &Pen<'_>) -> anyhow::Result<()> {
    for (x, name, ours) in [(LEFT, "this project", true), (LEFT + 310, "OpenCV, best way", false)] {
        line(pen, vec![(x, LEGEND), (x + 70, LEGEND)], INK, ours)?;
        pen.words(name, (x + 90, LEGEND), HPos::Left, INK)?;
    }
    for ((name, colour), place) in DTYPES.iter().zip(COLOURS).zip(0..) {
        let x = LEFT + 760 + 160 * place;
        pen.path(vec![(x, LEGEND), (x + 50, LEGEND)], colour, 14)?;
        pen.words(name, (x + 66, LEGEND), HPos::Left, INK)?;
    }
    Ok(())
}
