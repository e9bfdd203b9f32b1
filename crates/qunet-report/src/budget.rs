use plotters::style::RGBColor;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::axis::Axis;
use crate::chart::{self, Chart, PLOT_BOTTOM, PLOT_X, SIZE, Swatch};
use crate::figure::Figure;

use crate::palette::{BLUE, GREEN, GREY, INK, ORANGE, PURPLE, SKY, VERMILLION};
use crate::surface::{Marker, Point, Stroke};

/// Marks and colours of the curves, in order; shapes differ where colours are hard to tell apart.
const STYLES: [(Marker, RGBColor); 8] = [
    (Marker::Disc, BLUE),
    (Marker::Diamond, VERMILLION),
    (Marker::Triangle, GREEN),
    (Marker::Square, ORANGE),
    (Marker::Ring, PURPLE),
    (Marker::Cross, SKY),
    (Marker::Disc, GREY),
    (Marker::Diamond, INK),
];
const BAND: f64 = 0.14;

/// The score of a strategy's results against the cost of its annotations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BudgetCurve {
    /// The strategy.
    pub name: String,
    /// By rising cost.
    pub points: Vec<BudgetPoint>,
}

/// The result at one budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BudgetPoint {
    /// The cost of the annotations, for example in slices or foreground pixels.
    pub cost: f64,
    /// The mean score over seeds.
    pub mean: f64,
    /// The lower end of its confidence interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Score against cost of up to eight strategies, with bands of confidence.
///
/// `cost` and `score` name the axes, with their unit.
///
/// # Errors
/// [`Error::Empty`] without a point, [`Error::InvalidNumber`] for a number that is not finite or a
/// mean outside its interval, [`Error::LengthMismatch`] for more than eight curves.
///
/// # Example
/// ```
/// use qunet_report::{BudgetCurve, BudgetPoint, budget_curves};
///
/// let curve = |name: &str, gain: f64| BudgetCurve {
///     name: name.to_owned(),
///     points: (1..5)
///         .map(|n| (f64::from(n), gain * f64::from(n)))
///         .map(|(cost, mean)| BudgetPoint { cost, mean, low: mean - 0.05, high: mean + 0.05 })
///         .collect(),
/// };
/// let curves = [curve("random", 0.1), curve("disagreement", 0.15)];
/// let figure = budget_curves(&curves, "annotated slices", "mean Dice")?;
/// assert_eq!(figure.name(), "budget-curves");
/// # Ok::<(), qunet_report::Error>(())
/// ```
pub fn budget_curves(curves: &[BudgetCurve], cost: &str, score: &str) -> Result<Figure, Error> {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    if points().next().is_none() {
        return Err(Error::Empty { what: "budget curves" });
    }
    if curves.len() > STYLES.len() {
        let (expected, found) = (STYLES.len(), curves.len());
        return Err(Error::LengthMismatch { what: "budget curves, at most", expected, found });
    }
    for (index, point) in points().enumerate() {
        let finite = [point.cost, point.mean, point.low, point.high].iter().all(|n| n.is_finite());
        if !finite || point.mean < point.low || point.mean > point.high {
            let (what, rule) = ("mean of a budget curve", "finite and within its interval");
            return Err(Error::InvalidNumber { what, index, value: point.mean, rule });
        }
    }
    let drawing = chart::render(SIZE, |chart| draw(chart, curves, cost, score))?;
    let names: Vec<&str> = curves.iter().map(|curve| curve.name.as_str()).collect();
    let names = names.join(", ");
    let caption = format!("{score} against {cost}: {names}. Bands are confidence intervals.");
    let alt = format!("Line chart of {score} against {cost} for {names}");
    Ok(Figure::new("budget-curves", caption, alt, drawing))
}

fn draw(chart: &Chart<'_>, curves: &[BudgetCurve], cost: &str, score: &str) -> Result<(), Error> {
    let entry = |(curve, (marker, colour)): (&BudgetCurve, (Marker, RGBColor))| {
        (Swatch::Mark(marker, colour), curve.name.clone())
    };
    let styled = || curves.iter().zip(STYLES);
    let top = chart::draw_legend(chart, &styled().map(entry).collect::<Vec<_>>())?;
    let all = |number: fn(&BudgetPoint) -> f64| curves.iter().flat_map(|it| &it.points).map(number);
    let heights: Vec<f64> = all(|point| point.low).chain(all(|point| point.high)).collect();
    let x = Axis::around(&all(|point| point.cost).collect::<Vec<_>>(), PLOT_X);
    let y = Axis::around(&heights, (PLOT_BOTTOM, top));
    chart::draw_axes(chart, (&x, cost), (&y, score))?;
    for (curve, (_, colour)) in styled() {
        let along = |number: fn(&BudgetPoint) -> f64| -> Vec<Point> {
            curve.points.iter().map(|it| (x.pixel(it.cost), y.pixel(number(it)))).collect()
        };
        let (low, mut band) = (along(|it| it.low), along(|it| it.high));
        band.extend(low.into_iter().rev());
        chart.area(band, colour, BAND)?;
        chart.path(along(|it| it.mean), Stroke::new(colour, 4))?;
    }
    for (curve, (marker, colour)) in styled() {
        for point in &curve.points {
            marker.draw(chart, (x.pixel(point.cost), y.pixel(point.mean)), 11, colour)?;
        }
    }
    Ok(())
}
