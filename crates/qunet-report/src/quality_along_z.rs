use plotters::style::RGBColor;
use qunet_quality::QualityRecord;
use qunet_select::Selection;
use qunet_stack::SliceId;

use crate::axis::Axis;
use crate::chart::{self, Chart, PLOT_BOTTOM, PLOT_X, SIZE, Swatch, TICK};
use crate::figure::Figure;
use crate::palette::{BLUE, GREEN, GREY, INK, ORANGE, PURPLE, SKY, VERMILLION};
use crate::surface::{Marker, Point, Stroke, TextStyle};
use crate::verdict::check_scores;
use crate::{Error, number};

/// Height of the strip above the plot that holds the marks of one round.
const STRIP: i32 = 62;
/// The plot below the strips is at least this high; with many rounds the chart grows.
const LOWEST_PLOT: i32 = 400;
/// With no more slices than this every one gets a dot.
const DOTS_UP_TO: usize = 120;
/// Marks of the rounds, from the first on and then again.
const MARKS: [(Marker, RGBColor); 6] = [
    (Marker::Diamond, GREEN),
    (Marker::Triangle, VERMILLION),
    (Marker::Square, PURPLE),
    (Marker::Disc, SKY),
    (Marker::Ring, INK),
    (Marker::Cross, GREY),
];

/// One score of every slice, scaled to [0, 1]; `None` where it is not defined.
struct Series {
    name: &'static str,
    colour: RGBColor,
    values: Vec<(usize, Option<f64>)>,
}

/// The slices that one round picked.
struct Picks<'a> {
    name: &'a str,
    marker: Marker,
    colour: RGBColor,
    ids: Vec<SliceId>,
}

/// Blurriness and inverse PSNR along one `stack`, each scaled to [0, 1], with the picks of every
/// round marked above: the name of each round and its selection, by any strategy.
///
/// A score that is infinite or undefined leaves a gap. A round that picked nothing is left out.
///
/// # Errors
/// [`Error::Empty`] without records, [`Error::InvalidNumber`] where a score is no number.
///
/// # Example
/// ```
/// use qunet_quality::QualityRecord;
/// use qunet_report::quality_along_z;
/// use qunet_select::{EvenlySpaced, Pool, Request, Strategy};
/// use qunet_stack::SliceId;
///
/// let records: Vec<QualityRecord> = (0..5)
///     .map(|z| QualityRecord::new(SliceId(z), 10.0 + z as f64).with_inverse_psnr(0.01))
///     .collect();
/// let pool = Pool::of_stack(5)?;
/// let selection = EvenlySpaced {}.select(&pool, &Request::new(2, 0))?;
/// let figure = quality_along_z(&records, &[("round 1", &selection)], 0)?;
/// assert_eq!(figure.name(), "quality-along-z");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn quality_along_z(
    records: &[QualityRecord],
    rounds: &[(&str, &Selection)],
    stack: usize,
) -> Result<Figure, Error> {
    check_scores(records)?;
    let series = [
        series("blurriness", BLUE, records, |r| Some(r.blurriness())),
        series("inverse PSNR", ORANGE, records, |r| r.inverse_psnr),
    ];
    let picks = picks(rounds, stack);
    let strips = STRIP * i32::try_from(picks.len()).unwrap_or(i32::MAX / STRIP);
    let bottom = PLOT_BOTTOM.max(strips.saturating_add(LOWEST_PLOT));
    let size = (SIZE.0, SIZE.1 + (bottom - PLOT_BOTTOM) as u32);
    let drawing = chart::render(size, |chart| draw(chart, &series, &picks, bottom))?;
    let caption = "Blurriness and inverse PSNR along the stack, each scaled to its own range; \
        lower is better. Gaps: the score is infinite or undefined."
        .to_owned();
    let marked: Vec<String> =
        picks.iter().map(|it| format!("{} in {}", it.ids.len(), it.name)).collect();
    let alt = format!(
        "Line chart of two quality scores of {}; marked above: {}",
        number::count(records.len(), "slice"),
        if marked.is_empty() { "none".to_owned() } else { marked.join(", ") },
    );
    Ok(Figure::new("quality-along-z", caption, alt, drawing))
}

fn picks<'a>(rounds: &[(&'a str, &Selection)], stack: usize) -> Vec<Picks<'a>> {
    let marked = rounds.iter().zip(MARKS.into_iter().cycle());
    let picks = marked.map(|(&(name, selection), (marker, colour))| Picks {
        name,
        marker,
        colour,
        ids: selection.slices(stack),
    });
    picks.filter(|picks| !picks.ids.is_empty()).collect()
}

fn series(
    name: &'static str,
    colour: RGBColor,
    records: &[QualityRecord],
    value: impl Fn(&QualityRecord) -> Option<f64>,
) -> Series {
    let finite = |r: &QualityRecord| value(r).filter(|v| v.is_finite());
    let all = || records.iter().filter_map(finite);
    let low = all().fold(f64::INFINITY, f64::min);
    let span = all().fold(f64::NEG_INFINITY, f64::max) - low;
    let scaled = |v: f64| if span > 0.0 { (v - low) / span } else { 0.0 };
    let mut values: Vec<_> = records.iter().map(|r| (r.id.0, finite(r).map(scaled))).collect();
    values.sort_by_key(|&(z, _)| z);
    Series { name, colour, values }
}

fn draw(
    chart: &Chart<'_>,
    series: &[Series],
    picks: &[Picks<'_>],
    bottom: i32,
) -> Result<(), Error> {
    let lines = series.iter().map(|s| (Swatch::Line(s.colour), s.name.to_owned()));
    let marks = picks.iter().map(|p| {
        let name = format!("{}: {}", p.name, number::count(p.ids.len(), "slice"));
        (Swatch::Mark(p.marker, p.colour), name)
    });
    let strips = chart::draw_legend(chart, &lines.chain(marks).collect::<Vec<_>>())?;
    let top = strips + STRIP * picks.len() as i32;
    let indices = || series.iter().flat_map(|s| s.values.iter().map(|&(z, _)| z));
    let (first, last) = (indices().min().unwrap_or(0), indices().max().unwrap_or(0));
    let x = Axis::counting(first, last, PLOT_X);
    let y = Axis::between(-0.02, 1.02, (bottom, top));
    chart::draw_axes(chart, (&x, "Slice index"), (&y, "Score, scaled to [0, 1] (lower = better)"))?;
    for (row, picks) in picks.iter().enumerate() {
        draw_picks(chart, picks, &x, strips + STRIP * row as i32 + 40, y.from)?;
    }
    series.iter().try_for_each(|s| draw_series(chart, s, &x, &y))
}

/// A strip of marks with their indices, and a faint line from each down to the axis. An index that
/// would touch the one before it is left out; the axis has the numbers.
fn draw_picks(
    chart: &Chart<'_>,
    picks: &Picks<'_>,
    x: &Axis,
    height: i32,
    bottom: i32,
) -> Result<(), Error> {
    let name = chart::shortened(picks.name, TICK, x.from - 24)?;
    chart.text(&name, (x.from - 14, height), TICK, TextStyle::right(INK))?;
    let mut ids = picks.ids.clone();
    ids.sort();
    let mut free_from = 0;
    for SliceId(z) in ids {
        let at = x.pixel(z as f64);
        let guide = Stroke::new(picks.colour, 3).faint(0.45);
        chart.path(vec![(at, height), (at, bottom)], guide)?;
        picks.marker.draw(chart, (at, height), 12, picks.colour)?;
        let name = z.to_string();
        let half = chart::padded_width(&name, TICK)? / 2;
        if at - half >= free_from {
            chart.text(&name, (at, height - 28), TICK, TextStyle::centre(INK))?;
            free_from = at + half + 6;
        }
    }
    Ok(())
}

fn draw_series(chart: &Chart<'_>, series: &Series, x: &Axis, y: &Axis) -> Result<(), Error> {
    let place =
        |&(z, value): &(usize, Option<f64>)| value.map(|value| (x.pixel(z as f64), y.pixel(value)));
    let points: Vec<Option<Point>> = series.values.iter().map(place).collect();
    for run in points.split(Option::is_none) {
        let run: Vec<Point> = run.iter().copied().flatten().collect();
        if run.len() > 1 {
            chart.path(run, Stroke::new(series.colour, 4))?;
        }
    }
    let radius = if points.len() <= DOTS_UP_TO { 5 } else { 2 };
    let mut dots = points.iter().flatten();
    dots.try_for_each(|&point| chart.disc(point, radius, series.colour))
}
