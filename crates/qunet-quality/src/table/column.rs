//! The columns of a table: their names, their order, and the way of a value out of a record and
//! back into one.

use std::collections::BTreeSet;

use qunet_stack::SliceId;
use serde::Serialize;

use crate::{Metric, QualityRecord, TableFault};

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Slice,
    VarianceOfLaplacian,
    Blurriness,
    InversePsnr,
    RoiPixels,
    RoiMean,
    RoiCov,
    Further(Metric),
}

/// A value as it is written: an undefined one is an empty field in CSV and null in JSON.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Cell {
    Count(u64),
    Number(Option<f64>),
}

/// The columns that every table has, in the order in which they are written.
const FIXED: [Column; 7] = [
    Column::Slice,
    Column::VarianceOfLaplacian,
    Column::Blurriness,
    Column::InversePsnr,
    Column::RoiPixels,
    Column::RoiMean,
    Column::RoiCov,
];

/// The columns of these records, in the order in which they are written: the fixed ones and the
/// further metrics that any of them has.
pub(super) fn columns(records: &[QualityRecord]) -> Vec<Column> {
    let further: BTreeSet<Metric> =
        records.iter().flat_map(|record| record.further.keys().copied()).collect();
    FIXED.into_iter().chain(further.into_iter().map(Column::Further)).collect()
}

impl Column {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Slice => "slice",
            Self::VarianceOfLaplacian => "variance_of_laplacian",
            Self::Blurriness => "blurriness",
            Self::InversePsnr => "inverse_psnr",
            Self::RoiPixels => "roi_pixels",
            Self::RoiMean => "roi_mean",
            Self::RoiCov => "roi_cov",
            Self::Further(metric) => metric.name(),
        }
    }

    /// The value of this column in the line of `record`.
    pub(super) fn cell(self, record: &QualityRecord) -> Cell {
        match self {
            Self::Slice => Cell::Count(record.id.0 as u64),
            Self::VarianceOfLaplacian => Cell::Number(Some(record.variance_of_laplacian)),
            Self::Blurriness => Cell::Number(Some(record.blurriness())),
            Self::InversePsnr => Cell::Number(record.inverse_psnr),
            Self::RoiPixels => Cell::Count(record.roi_pixels),
            Self::RoiMean => Cell::Number(record.roi_mean),
            Self::RoiCov => Cell::Number(record.roi_cov),
            Self::Further(metric) => Cell::Number(record.further.get(&metric).copied().flatten()),
        }
    }

    /// Puts the value that stands in a file into `record`; undefined is the empty text.
    fn fill(self, record: &mut QualityRecord, text: &str) -> Result<(), TableFault> {
        let filled = match self {
            Self::Slice => count(text).map(|id| record.id = SliceId(id)),
            Self::VarianceOfLaplacian => variance(text).map(|v| record.variance_of_laplacian = v),
            // Follows from the variance.
            Self::Blurriness => positive(text),
            Self::InversePsnr => optional(text).map(|value| record.inverse_psnr = value),
            Self::RoiPixels => count(text).map(|pixels| record.roi_pixels = pixels),
            Self::RoiMean => optional(text).map(|value| record.roi_mean = value),
            Self::RoiCov => optional(text).map(|value| record.roi_cov = value),
            Self::Further(metric) => optional(text).map(|value| {
                record.further.insert(metric, value);
            }),
        };
        filled.map_err(|rule| TableFault::Value {
            column: self.name(),
            value: text.to_owned(),
            rule,
        })
    }
}

/// The columns of these names, each known and there once, none of the fixed ones missing.
pub(super) fn named<'a>(
    names: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Column>, TableFault> {
    let further = Metric::ALL.iter().copied().map(Column::Further);
    let known: Vec<Column> = FIXED.into_iter().chain(further).collect();
    let mut found = Vec::new();
    for name in names {
        let column = known.iter().copied().find(|column| column.name() == name);
        let column = column.ok_or_else(|| TableFault::UnknownColumn { column: name.to_owned() })?;
        if found.contains(&column) {
            return Err(TableFault::RepeatedColumn { column: column.name() });
        }
        found.push(column);
    }
    match FIXED.iter().find(|column| !found.contains(column)) {
        Some(column) => Err(TableFault::MissingColumn { column: column.name() }),
        None => Ok(found),
    }
}

/// The record of one line.
pub(super) fn record<'a>(
    columns: &[Column],
    texts: impl IntoIterator<Item = &'a str>,
) -> Result<QualityRecord, TableFault> {
    let mut record = QualityRecord::new(SliceId(0), 0.0);
    for (column, text) in columns.iter().zip(texts) {
        column.fill(&mut record, text)?;
    }
    Ok(record)
}

/// A text as a value, or the rule that it breaks.
type Read<T> = Result<T, &'static str>;

fn count<T: std::str::FromStr>(text: &str) -> Read<T> {
    text.parse().map_err(|_| "a whole number >= 0")
}

fn optional(text: &str) -> Read<Option<f64>> {
    if text.is_empty() {
        return Ok(None);
    }
    let finite = text.parse().ok().filter(|value: &f64| value.is_finite());
    finite.map(Some).ok_or("a finite number, or nothing where it is undefined")
}

fn variance(text: &str) -> Read<f64> {
    let value = optional(text).ok().flatten().filter(|&value| value >= 0.0);
    value.ok_or("a finite number >= 0")
}

fn positive(text: &str) -> Read<()> {
    let positive = text.is_empty() || text.parse().is_ok_and(|value: f64| value > 0.0);
    positive.then_some(()).ok_or("a number > 0, or nothing")
}
