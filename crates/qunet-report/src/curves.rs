use plotters::style::RGBColor;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::axis::Axis;
use crate::chart::{self, Chart, LABEL, PLOT_BOTTOM, PLOT_X, SIZE, TICK};
use crate::figure::Figure;
use crate::palette::{BLUE, GREEN, INK, MUTED, ORANGE, VERMILLION};
use crate::surface::{Point, Stroke, TextStyle};

/// Most heads a network has.
const MAX_HEADS: usize = 4;
const COLOURS: [RGBColor; MAX_HEADS] = [GREEN, ORANGE, BLUE, VERMILLION];
/// Room to the right of the curves for their names.
const NAMES: i32 = 80;
/// Names of curves keep this distance.
const NAME_GAP: i32 = 34;
const TOP: i32 = 80;

/// The losses of every head over all epochs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LossCurves {
    /// The stages one after the other: training on S0, then further training on S0 + S_m.
    pub stages: Vec<LossStage>,
}

/// One stage of training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LossStage {
    /// What it trains on.
    pub name: String,
    /// `epochs[epoch][head]`: the mean loss of each head; one to four heads, as many in all epochs.
    pub epochs: Vec<Vec<f64>>,
}

/// The loss of each head over the epochs, a line between the stages (the paper's Fig. 6).
///
/// A stage without epochs is left out.
///
/// # Errors
/// [`Error::Empty`] without any epoch, [`Error::HeadCount`] where the number of heads is not one
/// to four or changes, [`Error::InvalidNumber`] where a loss is infinite or no number.
///
/// # Example
/// ```
/// use qunet_report::{LossCurves, LossStage, loss_curves};
///
/// let stage = |name: &str, start: f64| LossStage {
///     name: name.to_owned(),
///     epochs: (0..20).map(|e| vec![start - 0.02 * e as f64; 4]).collect(),
/// };
/// let curves = LossCurves { stages: vec![stage("S0", -0.1), stage("S0 + Sm", -0.4)] };
/// assert_eq!(loss_curves(&curves)?.name(), "loss-curves");
/// # Ok::<(), qunet_report::Error>(())
/// ```
pub fn loss_curves(curves: &LossCurves) -> Result<Figure, Error> {
    let stages: Vec<&LossStage> = curves.stages.iter().filter(|s| !s.epochs.is_empty()).collect();
    let heads = check(&stages)?;
    let drawing = chart::render(SIZE, |chart| draw(chart, &stages, heads))?;
    let parts: Vec<String> =
        stages.iter().map(|s| format!("{} ({} epochs)", s.name, s.epochs.len())).collect();
    let parts = parts.join(", then ");
    let caption = format!("Loss of each head over the epochs: {parts}. Lower is better.");
    let alt = format!("Line chart of the losses of {heads} heads: {parts}");
    Ok(Figure::new("loss-curves", caption, alt, drawing))
}

/// The number of heads, the same in all epochs.
fn check(stages: &[&LossStage]) -> Result<usize, Error> {
    let first = stages.first().and_then(|stage| stage.epochs.first());
    let heads = first.map(Vec::len).ok_or(Error::Empty { what: "loss curves" })?;
    for stage in stages {
        for (index, losses) in stage.epochs.iter().enumerate() {
            if losses.len() != heads || !(1..=MAX_HEADS).contains(&heads) {
                return Err(Error::HeadCount {
                    stage: stage.name.clone(),
                    epoch: index + 1,
                    found: losses.len(),
                    rule: "one to four, as many in all epochs",
                });
            }
            if let Some(&value) = losses.iter().find(|loss| !loss.is_finite()) {
                return Err(Error::InvalidNumber { what: "loss", index, value, rule: "finite" });
            }
        }
    }
    Ok(heads)
}

fn draw(chart: &Chart<'_>, stages: &[&LossStage], heads: usize) -> Result<(), Error> {
    let losses: Vec<f64> = stages.iter().flat_map(|s| s.epochs.concat()).collect();
    let total = stages.iter().map(|s| s.epochs.len()).sum();
    let x = Axis::counting(1, total, (PLOT_X.0, PLOT_X.1 - NAMES));
    let y = Axis::around(&losses, (PLOT_BOTTOM, TOP));
    chart::draw_axes(chart, (&x, "Epoch"), (&y, "Loss (lower = better)"))?;
    let mut done = 0;
    for stage in stages {
        draw_boundary(chart, stage, done, &x, &y)?;
        for head in 0..heads {
            draw_curve(chart, stage, (done, head), &x, &y)?;
        }
        done += stage.epochs.len();
    }
    let last = stages.last().and_then(|stage| stage.epochs.last());
    draw_names(chart, last.map_or(&[], Vec::as_slice), &x, &y)
}

/// The name of a stage above its epochs, and a line before all but the first.
fn draw_boundary(
    chart: &Chart<'_>,
    stage: &LossStage,
    done: usize,
    x: &Axis,
    y: &Axis,
) -> Result<(), Error> {
    let start = if done == 0 { x.from } else { x.pixel(done as f64 + 0.5) };
    let end = x.pixel((done + stage.epochs.len()) as f64 + 0.5);
    if done > 0 {
        chart.dashed((start, y.from), (start, y.to - 50), Stroke::new(MUTED, 3))?;
    }
    let name = chart::shortened(&stage.name, TICK, end - start - 24)?;
    chart.text(&name, (start + 12, y.to - 32), TICK, TextStyle::left(INK))
}

fn draw_curve(
    chart: &Chart<'_>,
    stage: &LossStage,
    (done, head): (usize, usize),
    x: &Axis,
    y: &Axis,
) -> Result<(), Error> {
    let point = |(epoch, losses): (usize, &Vec<f64>)| {
        (x.pixel((done + epoch + 1) as f64), y.pixel(losses[head]))
    };
    let points: Vec<Point> = stage.epochs.iter().enumerate().map(point).collect();
    match points.as_slice() {
        &[only] => chart.disc(only, 6, COLOURS[head]),
        _ => chart.path(points, Stroke::new(COLOURS[head], 4)),
    }
}

/// L1 to L4 beside the ends of their curves, pushed apart where they would touch.
fn draw_names(chart: &Chart<'_>, last: &[f64], x: &Axis, y: &Axis) -> Result<(), Error> {
    let mut order: Vec<(i32, usize)> =
        last.iter().enumerate().map(|(head, &loss)| (y.pixel(loss), head)).collect();
    order.sort_unstable();
    let spread = spread(&order.iter().map(|&(at, _)| at).collect::<Vec<_>>(), y);
    for (&(at, head), height) in order.iter().zip(spread) {
        let (left, colour) = (x.to + 4, COLOURS[head]);
        let leader =
            vec![(left + 2, at), (left + 14, at), (left + 26, height), (left + 36, height)];
        chart.path(leader, Stroke::new(colour, 3))?;
        chart.text(&format!("L{}", head + 1), (left + 44, height), LABEL, TextStyle::left(INK))?;
    }
    Ok(())
}

/// Sorted heights, moved so that neighbours keep [`NAME_GAP`] within the plot.
fn spread(sorted: &[i32], y: &Axis) -> Vec<i32> {
    let mut heights = sorted.to_vec();
    for i in 1..heights.len() {
        heights[i] = heights[i].max(heights[i - 1] + NAME_GAP);
    }
    let mut limit = y.from;
    for height in heights.iter_mut().rev() {
        *height = (*height).min(limit);
        limit = *height - NAME_GAP;
    }
    heights
}
