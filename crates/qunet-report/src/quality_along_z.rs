use plotters::style::RGBColor;
use qunet_quality::QualityRecord;
use qunet_stack::SliceId;

use crate::axis::Axis;
use crate::figure::{Figure, FigureData};
use crate::frame::{self, PLOT_BOTTOM, PLOT_X, SIZE, Swatch, TICK};
use crate::marker::Marker;
use crate::palette::{BLUE, GREEN, INK, ORANGE, VERMILLION};
use crate::surface::{Look, Point, Stroke};
use crate::svg::{self, Chart};
use crate::{Error, number, score};

/// Height of the strip above the plot that holds the marks of one set of picks.
const STRIP: i32 = 62;
/// With no more slices than this every one gets a dot.
const DOTS_UP_TO: usize = 120;

/// One score of every slice, scaled to [0, 1]; `None` where it is not defined.
struct Series {
    name: &'static str,
    colour: RGBColor,
    values: Vec<(usize, Option<f64>)>,
}

/// Slices picked for one reason.
struct Picks<'a> {
    name: &'static str,
    marker: Marker,
    colour: RGBColor,
    ids: &'a [SliceId],
}

/// Blurriness and inverse PSNR along the stack, each scaled to [0, 1], with the picks of both
/// steps marked: the `initial` set S0 and the `queried` slices S_m.
///
/// A score that is infinite or undefined leaves a gap.
///
/// # Errors
/// [`Error::Empty`] without records, [`Error::InvalidNumber`] where a score is no number.
///
/// # Example
/// ```
/// use qunet_quality::QualityRecord;
/// use qunet_report::quality_along_z;
/// use qunet_stack::SliceId;
///
/// let records: Vec<QualityRecord> = (0..5)
///     .map(|z| QualityRecord {
///         id: SliceId(z),
///         variance_of_laplacian: 10.0 + z as f64,
///         inverse_psnr: Some(0.01),
///         roi_pixels: 4096,
///         roi_mean: Some(0.4),
///         roi_cov: Some(0.1),
///         further: Default::default(),
///     })
///     .collect();
/// let figure = quality_along_z(&records, &[SliceId(4)], &[SliceId(1)])?;
/// assert_eq!(figure.name(), "quality-along-z");
/// # Ok::<(), qunet_report::Error>(())
/// ```
pub fn quality_along_z(
    records: &[QualityRecord],
    initial: &[SliceId],
    queried: &[SliceId],
) -> Result<Figure, Error> {
    score::check(records)?;
    let series = [
        series("blurriness", BLUE, records, |r| Some(r.blurriness())),
        series("inverse PSNR", ORANGE, records, |r| r.inverse_psnr),
    ];
    let picks = [
        picks("S0", Marker::Diamond, GREEN, initial),
        picks("Sm", Marker::Triangle, VERMILLION, queried),
    ];
    let svg = svg::render(SIZE, |chart| draw(chart, &series, &picks))?;
    let caption = "Blurriness and inverse PSNR along the stack, each scaled to its own range; \
        lower is better. Gaps: the score is infinite or undefined."
        .to_owned();
    let alt = format!(
        "Line chart of two quality scores of {}; {} in S0 and {} in Sm marked above",
        number::count(records.len(), "slice"),
        initial.len(),
        queried.len(),
    );
    Ok(Figure::new("quality-along-z", caption, alt, FigureData::Svg(svg)))
}

fn picks<'a>(
    name: &'static str,
    marker: Marker,
    colour: RGBColor,
    ids: &'a [SliceId],
) -> Picks<'a> {
    Picks { name, marker, colour, ids }
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

fn draw(chart: &Chart<'_>, series: &[Series], picks: &[Picks<'_>]) -> Result<(), Error> {
    let picks: Vec<&Picks<'_>> = picks.iter().filter(|p| !p.ids.is_empty()).collect();
    let lines = series.iter().map(|s| (Swatch::Line(s.colour), s.name.to_owned()));
    let marks = picks.iter().map(|p| {
        let name = format!("{}: {}", p.name, number::count(p.ids.len(), "slice"));
        (Swatch::Mark(p.marker, p.colour), name)
    });
    let strips = frame::draw_legend(chart, &lines.chain(marks).collect::<Vec<_>>())?;
    let top = strips + STRIP * picks.len() as i32;
    let indices = || series.iter().flat_map(|s| s.values.iter().map(|&(z, _)| z));
    let (first, last) = (indices().min().unwrap_or(0), indices().max().unwrap_or(0));
    let x = Axis::counting(first, last, PLOT_X);
    let y = Axis::between(-0.02, 1.02, (PLOT_BOTTOM, top));
    frame::draw_axes(chart, (&x, "Slice index"), (&y, "Score, scaled to [0, 1] (lower = better)"))?;
    for (row, picks) in picks.iter().enumerate() {
        draw_picks(chart, picks, &x, strips + STRIP * row as i32 + 40, y.from)?;
    }
    series.iter().try_for_each(|s| draw_series(chart, s, &x, &y))
}

/// A strip of marks with their indices, and a faint line from each down to the axis. An index that
/// would touch the one before it is left out; the axis tells.
fn draw_picks(
    chart: &Chart<'_>,
    picks: &Picks<'_>,
    x: &Axis,
    height: i32,
    bottom: i32,
) -> Result<(), Error> {
    chart.text(picks.name, (x.from - 14, height), TICK, Look::right(INK))?;
    let mut ids = picks.ids.to_vec();
    ids.sort();
    let mut free_from = 0;
    for SliceId(z) in ids {
        let at = x.pixel(z as f64);
        let guide = Stroke::new(picks.colour, 3).faint(0.45);
        chart.path(vec![(at, height), (at, bottom)], guide)?;
        picks.marker.draw(chart, (at, height), 12, picks.colour)?;
        let name = z.to_string();
        let half = frame::padded_width(&name, TICK)? / 2;
        if at - half >= free_from {
            chart.text(&name, (at, height - 28), TICK, Look::centre(INK))?;
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
