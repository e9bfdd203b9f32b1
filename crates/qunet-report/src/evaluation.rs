//! What an evaluation against the truth shows: which classes are confused, and how far the network's
//! probabilities can be trusted.

use qunet_segmetrics::{CalibrationBin, CalibrationError, ConfusionMatrix};

use crate::axis::Axis;
use crate::chart::{self, Chart, PLOT_BOTTOM, SIZE, Swatch};
use crate::figure::Figure;
use crate::palette::{BLUE, MUTED, SKY};
use crate::surface::{Marker, Point, Stroke};
use crate::{Cell, Error, Table, number};

/// Where the square plot begins and ends from left to right.
const SQUARE_X: (i32, i32) = (150, 910);
const BAR: f64 = 0.35;

/// The confusion matrix as a table: a row for each true class, a column for each predicted one,
/// pixels with their share of the row.
///
/// # Errors
/// [`Error::LengthMismatch`] where there is not one name for each class, the background first.
///
/// # Example
/// ```
/// use qunet_report::confusion_table;
/// use qunet_segmetrics::ConfusionMatrix;
///
/// let matrix = ConfusionMatrix::from_rows(vec![vec![90, 10], vec![1, 3]])?;
/// assert_eq!(confusion_table(&matrix, &["background", "lesion"])?.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn confusion_table(matrix: &ConfusionMatrix, names: &[&str]) -> Result<Table, Error> {
    let (expected, found) = (matrix.classes(), names.len());
    if expected != found {
        return Err(Error::LengthMismatch { what: "names of classes", expected, found });
    }
    let columns = names.iter().map(|name| format!("Predicted {name}"));
    let columns = ["Truth".to_owned()].into_iter().chain(columns);
    let mut table =
        Table::new("Pixels by true and predicted class, and their share of the row", columns);
    for (actual, name) in names.iter().enumerate() {
        let counts: Vec<u64> =
            (0..expected).map(|predicted| matrix.count(actual, predicted)).collect();
        let sum = counts.iter().sum::<u64>().max(1) as f64;
        let cell = |&count: &u64| {
            Cell::from(format!("{count} ({:.1}\u{a0}%)", 100.0 * count as f64 / sum))
        };
        table = table.row([Cell::from(*name)].into_iter().chain(counts.iter().map(cell)));
    }
    Ok(table)
}

/// The reliability diagram: how often pixels of a probability are foreground. On the diagonal the
/// network is calibrated; below it, it is overconfident, above it, underconfident.
///
/// The bars are the share of pixels in each bin, on a scale of their own from 0 to the largest.
///
/// # Errors
/// [`Error::Empty`] where no bin holds a pixel.
///
/// # Example
/// ```
/// use qunet_report::reliability_diagram;
/// use qunet_segmetrics::CalibrationBin;
///
/// let low = CalibrationBin { pixels: 90, positives: 9, probability_sum: 9.0 };
/// let high = CalibrationBin { pixels: 10, positives: 6, probability_sum: 9.0 };
/// let figure = reliability_diagram(&[low, high])?;
/// assert!(figure.caption().contains("expected calibration error 0.03"));
/// # Ok::<(), qunet_report::Error>(())
/// ```
pub fn reliability_diagram(bins: &[CalibrationBin]) -> Result<Figure, Error> {
    let error =
        CalibrationError::from_bins(bins).ok_or(Error::Empty { what: "reliability diagram" })?;
    let drawing = chart::render(SIZE, |chart| draw(chart, bins))?;
    let (expected, maximum) = (number::short(error.expected), number::short(error.maximum));
    let caption = format!(
        "Share of foreground among the pixels of each probability; expected calibration error {expected}, \
         largest {maximum}. Bars: how many pixels lie in each bin, the fullest drawn at {BAR} of the height."
    );
    let alt = format!("Reliability diagram of {}", number::count(bins.len(), "bin"));
    Ok(Figure::new("reliability", caption, alt, drawing))
}

fn draw(chart: &Chart<'_>, bins: &[CalibrationBin]) -> Result<(), Error> {
    let legend = [
        (Swatch::Mark(Marker::Disc, BLUE), "network".to_owned()),
        (Swatch::Dashes(MUTED), "perfectly calibrated".to_owned()),
        (Swatch::Mark(Marker::Square, SKY), "pixels in the bin".to_owned()),
    ];
    let top = chart::draw_legend(chart, &legend)?;
    let (x, y) = (Axis::between(0.0, 1.0, SQUARE_X), Axis::between(0.0, 1.0, (PLOT_BOTTOM, top)));
    chart::draw_axes(chart, (&x, "Mean probability"), (&y, "Share of foreground"))?;
    let fullest = bins.iter().map(|bin| bin.pixels).max().unwrap_or_default();
    let width = 1.0 / bins.len() as f64;
    for (index, bin) in bins.iter().enumerate() {
        let (left, height) = (index as f64 * width, BAR * bin.pixels as f64 / fullest as f64);
        let corners =
            [(x.pixel(left) + 2, y.pixel(height)), (x.pixel(left + width) - 2, y.pixel(0.0))];
        chart.rectangle(corners, SKY, 0.3)?;
    }
    chart.dashed((x.from, y.from), (x.to, y.to), Stroke::new(MUTED, 3))?;
    let at = |bin: &CalibrationBin| Some((bin.mean_probability()?, bin.frequency()?));
    let points: Vec<Point> =
        bins.iter().filter_map(at).map(|(p, share)| (x.pixel(p), y.pixel(share))).collect();
    chart.path(points.clone(), Stroke::new(BLUE, 4))?;
    points.into_iter().try_for_each(|point| Marker::Disc.draw(chart, point, 11, BLUE))
}
