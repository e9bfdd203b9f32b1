use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

use crate::axis::Axis;
use crate::chart::{self, Chart, PLOT_BOTTOM, PLOT_X, SIZE, Swatch, TICK};
use crate::figure::Figure;

use crate::palette::{BLUE, MUTED, VERMILLION};
use crate::surface::{Marker, Stroke, TextStyle};

use crate::{Error, number};

const RADIUS: i32 = 11;

/// How far the heads agree on a slice, and how right they are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgreementPoint {
    /// Which slice.
    pub id: SliceId,
    /// The quality index Q, in [0, 1].
    pub agreement: f64,
    /// Dice of the last head with the truth, in [0, 1]; `None` where neither has any foreground.
    pub dice: Option<f64>,
    /// Neither of the two heads predicts any foreground.
    pub empty: bool,
}

/// Q of the heads against the true Dice of each slice: points on a rising line mean that low Q finds
/// the slices that are segmented badly.
///
/// Slices without a defined Dice are left out, and the caption counts them; slices on which neither
/// head predicts foreground have a mark of their own, because their Q is a convention.
///
/// # Errors
/// [`Error::Empty`] without a slice whose Dice is defined, [`Error::InvalidNumber`] for a number
/// outside [0, 1].
///
/// # Example
/// ```
/// use qunet_report::{AgreementPoint, agreement_scatter};
/// use qunet_stack::SliceId;
///
/// let point = |id, agreement, dice| AgreementPoint { id: SliceId(id), agreement, dice, empty: false };
/// let points = [point(0, 0.4, Some(0.3)), point(1, 0.9, Some(0.8)), point(2, 1.0, None)];
/// let figure = agreement_scatter(&points, Some(0.5))?;
/// assert!(figure.caption().contains("1 slice without foreground"));
/// # Ok::<(), qunet_report::Error>(())
/// ```
pub fn agreement_scatter(
    points: &[AgreementPoint],
    quality_threshold: Option<f64>,
) -> Result<Figure, Error> {
    check(points, quality_threshold)?;
    let shown: Vec<(&AgreementPoint, f64)> =
        points.iter().filter_map(|point| Some((point, point.dice?))).collect();
    if shown.is_empty() {
        return Err(Error::Empty { what: "agreement and Dice" });
    }
    let drawing = chart::render(SIZE, |chart| draw(chart, &shown, quality_threshold))?;
    let slices = number::count(shown.len(), "slice");
    let mut caption = format!(
        "Agreement Q of the last two heads against the true Dice of {slices}. Where neither head \
         predicts foreground, Q is a convention."
    );
    if shown.len() < points.len() {
        let left = number::count(points.len() - shown.len(), "slice");
        caption += &format!(" {left} without foreground, drawn or predicted, left out.");
    }
    let alt = format!("Scatter plot of Q against Dice of {slices}");
    Ok(Figure::new("agreement-dice", caption, alt, drawing))
}

fn check(points: &[AgreementPoint], quality_threshold: Option<f64>) -> Result<(), Error> {
    let rule = "in [0, 1]";
    let numbers = points.iter().flat_map(|point| {
        let dice = ("Dice", point.dice.unwrap_or_default());
        [("agreement Q", point.agreement), dice].map(|(what, value)| (what, point.id.0, value))
    });
    let threshold = quality_threshold.map(|value| ("quality threshold q0", 0, value));
    match numbers.chain(threshold).find(|(_, _, value)| !(0.0..=1.0).contains(value)) {
        None => Ok(()),
        Some((what, index, value)) => Err(Error::InvalidNumber { what, index, value, rule }),
    }
}

fn draw(
    chart: &Chart<'_>,
    points: &[(&AgreementPoint, f64)],
    quality_threshold: Option<f64>,
) -> Result<(), Error> {
    let empty = points.iter().filter(|(point, _)| point.empty).count();
    let legend = [
        (
            Swatch::Mark(Marker::Disc, BLUE),
            format!("foreground predicted: {}", points.len() - empty),
        ),
        (Swatch::Mark(Marker::Cross, VERMILLION), format!("no foreground predicted: {empty}")),
    ];
    let top = chart::draw_legend(chart, &legend)?;
    let (x, y) = (Axis::between(0.0, 1.0, PLOT_X), Axis::between(0.0, 1.0, (PLOT_BOTTOM, top)));
    chart::draw_axes(
        chart,
        (&x, "Agreement Q of the last two heads"),
        (&y, "Dice with the truth"),
    )?;
    if let Some(q0) = quality_threshold {
        let at = x.pixel(q0);
        chart.dashed((at, y.from), (at, y.to), Stroke::new(MUTED, 3))?;
        let name = format!("q0 = {}", number::short(q0));
        chart.text(&name, (at + 12, y.to + 22), TICK, TextStyle::left(MUTED))?;
    }
    for (point, dice) in points {
        let (marker, colour) =
            if point.empty { (Marker::Cross, VERMILLION) } else { (Marker::Disc, BLUE) };
        marker.draw(chart, (x.pixel(point.agreement), y.pixel(*dice)), RADIUS, colour)?;
    }
    Ok(())
}
