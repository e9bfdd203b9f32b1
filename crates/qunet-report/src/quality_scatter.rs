use qunet_quality::QualityRecord;
use qunet_select::{QualityLimits, SliceVerdict};
use qunet_stack::SliceId;

use crate::axis::Axis;
use crate::chart::{self, Chart, LABEL, PLOT_BOTTOM, PLOT_X, SIZE, Swatch, TICK};
use crate::figure::Figure;
use crate::palette::{GREEN, INK, MUTED};
use crate::surface::{Point, Stroke, TextStyle};

use crate::verdict::{Class, check_scores, verdicts_of};
use crate::{Error, label, number};

const RADIUS: i32 = 9;
const PICKED_RADIUS: i32 = 15;

/// One slice on the chart.
struct Dot {
    id: SliceId,
    class: Class,
    blurriness: f64,
    inverse_psnr: f64,
}

/// Blurriness against inverse PSNR of all slices of one stack, each marked by the class of its
/// verdict, the picked ones numbered (the paper's Fig. 3).
///
/// The limits are those that the thresholds of an image-quality selection resolved to; without
/// limits none are drawn.
///
/// An axis is logarithmic where its numbers span a wide range. A slice of infinite blurriness
/// stands on the right edge; a slice without inverse PSNR is left out; the caption counts both.
///
/// # Errors
/// [`Error::Empty`] without records, [`Error::LengthMismatch`] or [`Error::MissingVerdict`] where
/// the verdicts are on other slices, [`Error::InvalidNumber`] where a score or limit is no number.
///
/// # Example
/// ```
/// use qunet_quality::QualityRecord;
/// use qunet_report::quality_scatter;
/// use qunet_select::{QualityLimits, SliceVerdict, Verdict};
/// use qunet_stack::SliceId;
///
/// let record = QualityRecord::new(SliceId(4), 50.0).with_inverse_psnr(0.01);
/// let verdict = SliceVerdict { id: SliceId(4).into(), verdict: Verdict::NotReached };
/// let limits = QualityLimits { blurriness: Some(0.03), ..Default::default() };
/// let figure = quality_scatter(&[record], &[verdict], &limits)?;
/// assert_eq!(figure.name(), "quality-scatter");
/// # Ok::<(), qunet_report::Error>(())
/// ```
pub fn quality_scatter(
    records: &[QualityRecord],
    verdicts: &[SliceVerdict],
    limits: &QualityLimits,
) -> Result<Figure, Error> {
    check_scores(records)?;
    check_limit("limit of blurriness", limits.blurriness)?;
    check_limit("limit of inverse PSNR", limits.inverse_psnr)?;
    let dots = dots(records, verdicts)?;
    let drawing = chart::render(SIZE, |chart| draw(chart, &dots, limits))?;
    let alt = format!(
        "Scatter plot of blurriness against inverse PSNR of {}; {} picked, marked with diamonds",
        number::count(dots.len(), "slice"),
        dots.iter().filter(|dot| dot.class == Class::Picked).count(),
    );
    let caption = caption(records, &dots, limits);
    Ok(Figure::new("quality-scatter", caption, alt, drawing))
}

fn check_limit(what: &'static str, limit: Option<f64>) -> Result<(), Error> {
    match limit {
        Some(value) if value.is_nan() => {
            Err(Error::InvalidNumber { what, index: 0, value, rule: "a number, or None" })
        }
        _ => Ok(()),
    }
}

/// The slices that can be placed, picked ones first.
fn dots(records: &[QualityRecord], verdicts: &[SliceVerdict]) -> Result<Vec<Dot>, Error> {
    let verdicts = verdicts_of(records, verdicts)?;
    let mut dots: Vec<Dot> = records
        .iter()
        .zip(&verdicts)
        .filter_map(|(record, verdict)| {
            Some(Dot {
                id: record.id,
                class: Class::new(verdict),
                blurriness: record.blurriness(),
                inverse_psnr: record.inverse_psnr?,
            })
        })
        .collect();
    dots.sort_by_key(|dot| (dot.class, dot.id));
    Ok(dots)
}

fn caption(records: &[QualityRecord], dots: &[Dot], limits: &QualityLimits) -> String {
    let mut caption = "Sharp and contrasted slices lie at the lower left.".to_owned();
    if limits.blurriness.is_some() || limits.inverse_psnr.is_some() {
        caption += " A slice is a candidate where it stays below the limits (shaded); of near \
            duplicates only the best is picked.";
    }
    let infinite = dots.iter().filter(|dot| dot.blurriness.is_infinite()).count();
    if infinite > 0 {
        let slices = number::count(infinite, "slice");
        caption += &format!(" {slices} of infinite blurriness on the right edge.");
    }
    let undefined = records.len() - dots.len();
    if undefined > 0 {
        let slices = number::count(undefined, "slice");
        caption += &format!(" {slices} without a defined inverse PSNR left out.");
    }
    caption
}

fn draw(chart: &Chart<'_>, dots: &[Dot], limits: &QualityLimits) -> Result<(), Error> {
    let top = chart::draw_legend(chart, &legend(dots, limits))?;
    let numbers = |value: fn(&Dot) -> f64, limit: Option<f64>| -> Vec<f64> {
        dots.iter().map(value).chain(limit).collect()
    };
    let x = Axis::around(&numbers(|d| d.blurriness, limits.blurriness), PLOT_X);
    let heights = numbers(|d| d.inverse_psnr, limits.inverse_psnr);
    let y = Axis::around(&heights, (PLOT_BOTTOM, top));
    draw_limits(chart, &x, &y, limits)?;
    let names = ("Blurriness, 1 / variance of Laplacian", "Inverse PSNR");
    let x_name = axis_name(names.0, "higher = blurrier", &x);
    let y_name = axis_name(names.1, "higher = lower contrast", &y);
    chart::draw_axes(chart, (&x, &x_name), (&y, &y_name))?;
    let points: Vec<Point> =
        dots.iter().map(|dot| (x.pixel(dot.blurriness), y.pixel(dot.inverse_psnr))).collect();
    draw_leaders_and_labels(chart, dots, &points, [(x.from, y.to), (x.to, y.from)])?;
    for (dot, &point) in dots.iter().zip(&points).rev() {
        let (marker, colour) = dot.class.mark();
        let radius = if dot.class == Class::Picked { PICKED_RADIUS } else { RADIUS };
        marker.draw(chart, point, radius, colour)?;
    }
    Ok(())
}

fn axis_name(name: &str, direction: &str, axis: &Axis) -> String {
    let scale = if axis.is_log() { ", log scale" } else { "" };
    format!("{name} ({direction}{scale})")
}

fn legend(dots: &[Dot], limits: &QualityLimits) -> Vec<(Swatch, String)> {
    let class_entry = |class: Class| {
        let number = dots.iter().filter(|dot| dot.class == class).count();
        let (marker, colour) = class.mark();
        let entry = (Swatch::Mark(marker, colour), format!("{}: {number}", class.name()));
        (number > 0).then_some(entry)
    };
    let mut entries: Vec<_> = Class::ALL.into_iter().filter_map(class_entry).collect();
    if limits.blurriness.is_some() || limits.inverse_psnr.is_some() {
        entries.push((Swatch::Dashes(MUTED), "limit".to_owned()));
    }
    entries
}

/// The limits as dashed lines, and a light tint where candidates lie.
fn draw_limits(chart: &Chart<'_>, x: &Axis, y: &Axis, limits: &QualityLimits) -> Result<(), Error> {
    let finite = |limit: Option<f64>| limit.filter(|value| value.is_finite());
    let (blurriness, contrast) = (finite(limits.blurriness), finite(limits.inverse_psnr));
    if blurriness.is_none() && contrast.is_none() {
        return Ok(());
    }
    let right = blurriness.map_or(x.to, |limit| x.pixel(limit));
    let upper = contrast.map_or(y.to, |limit| y.pixel(limit));
    chart.rectangle([(x.from, upper), (right, y.from)], GREEN, 0.09)?;
    let stroke = Stroke::new(MUTED, 3);
    if let Some(limit) = blurriness {
        chart.dashed((right, y.from), (right, y.to), stroke)?;
        let (at, look) = beside(right, x.to - 200, y.to + 22);
        chart.text(&format!("limit {}", number::short(limit)), at, TICK, look)?;
    }
    if let Some(limit) = contrast {
        chart.dashed((x.from, upper), (x.to, upper), stroke)?;
        let at = (x.to - 8, upper - 20);
        chart.text(
            &format!("limit {}", number::short(limit)),
            at,
            TICK,
            TextStyle::right(MUTED),
        )?;
    }
    Ok(())
}

/// To the right of a line, or to its left where it stands beyond `last`.
fn beside(line: i32, last: i32, height: i32) -> (Point, TextStyle) {
    if line > last {
        ((line - 12, height), TextStyle::right(MUTED))
    } else {
        ((line + 12, height), TextStyle::left(MUTED))
    }
}

/// The index of every picked slice near its mark, tied to it by a thin line.
fn draw_leaders_and_labels(
    chart: &Chart<'_>,
    dots: &[Dot],
    points: &[Point],
    bounds: [Point; 2],
) -> Result<(), Error> {
    let picked = dots.iter().take_while(|dot| dot.class == Class::Picked);
    let names: Vec<String> = picked.map(|dot| dot.id.to_string()).collect();
    let widths = names.iter().map(|name| chart::padded_width(name, LABEL));
    let sizes = widths
        .map(|width| Ok((width? / 2 + 4, LABEL as i32 / 2 + 2)))
        .collect::<Result<Vec<_>, Error>>()?;
    for (i, centre) in label::place(points, &sizes, bounds).into_iter().enumerate() {
        let leader = Stroke::new(INK, 2).faint(0.5);
        chart.path(vec![points[i], label::rim(centre, sizes[i], points[i])], leader)?;
        chart.text(&names[i], centre, LABEL, TextStyle::centre(INK))?;
    }
    Ok(())
}
