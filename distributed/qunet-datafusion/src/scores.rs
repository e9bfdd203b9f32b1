//! The metrics of a slice as a struct, and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, StructArray, UInt64Array};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Fields, Float64Type, UInt64Type};
use datafusion::error::Result;
use qunet_quality::{Metric, QualityParams, QualityRecord};
use qunet_stack::SliceId;

use crate::Error;

/// A metric of the paper by its name, and how it is found in a record.
type Column = (&'static str, fn(&QualityRecord) -> Option<f64>);

/// All numbers that are measured anyway; their count of pixels stands between them as a whole number.
const COLUMNS: [Column; 5] = [
    ("variance_of_laplacian", |record| Some(record.variance_of_laplacian)),
    ("blurriness", |record| Some(record.blurriness())),
    ("inverse_psnr", |record| record.inverse_psnr),
    ("roi_mean", |record| record.roi_mean),
    ("roi_cov", |record| record.roi_cov),
];
const PIXELS: &str = "roi_pixels";

/// The fields of the struct with these settings.
pub(crate) fn fields(params: &QualityParams) -> Fields {
    let number = |name: &str| Field::new(name, DataType::Float64, true);
    let paper = COLUMNS.iter().map(|(name, _)| number(name));
    let further = params.further.iter().map(|metric| number(metric.name()));
    paper.chain([Field::new(PIXELS, DataType::UInt64, true)]).chain(further).collect()
}

/// One struct for each record.
pub(crate) fn to_array(
    records: &[Option<QualityRecord>],
    params: &QualityParams,
) -> Result<ArrayRef> {
    let numbers = |of: &dyn Fn(&QualityRecord) -> Option<f64>| -> ArrayRef {
        let values = records.iter().map(|record| record.as_ref().and_then(of));
        Arc::new(values.collect::<Float64Array>())
    };
    let mut columns: Vec<ArrayRef> = COLUMNS.iter().map(|(_, of)| numbers(of)).collect();
    let pixels = records.iter().map(|record| record.as_ref().map(|it| it.roi_pixels));
    columns.push(Arc::new(pixels.collect::<UInt64Array>()));
    let further = |metric: &Metric| {
        let metric = *metric;
        numbers(&move |record| record.further.get(&metric).copied().flatten())
    };
    columns.extend(params.further.iter().map(further));
    let valid = records.iter().map(Option::is_some).collect::<Vec<bool>>();
    let nulls = Some(NullBuffer::from(valid));
    Ok(Arc::new(StructArray::try_new(fields(params), columns, nulls)?))
}

/// The records of a column of such structs, with the numbers of their slices; `None` where either is NULL.
///
/// # Errors
/// [`Error::Argument`] where a metric of the paper is missing.
pub(crate) fn from_array(
    function: &'static str,
    slices: &ArrayRef,
    scores: &ArrayRef,
) -> Result<Vec<Option<QualityRecord>>> {
    let slices = cast(slices, &DataType::UInt64)?;
    let slices = slices.as_primitive::<UInt64Type>();
    let problem = "is no result of qunet_scores, with all its metrics of the paper".to_owned();
    let missing = || Error::Argument { function, argument: "scores", problem: problem.clone() };
    let scores = scores.as_struct_opt().ok_or_else(missing)?;
    let column = |name: &str, to: &DataType| {
        let column = scores.column_by_name(name).ok_or_else(missing)?;
        Ok::<_, datafusion::error::DataFusionError>(cast(column, to)?)
    };
    let number = |name: &str| column(name, &DataType::Float64);
    let (sharpness, contrast) = (number("variance_of_laplacian")?, number("inverse_psnr")?);
    let (mean, cov) = (number("roi_mean")?, number("roi_cov")?);
    let pixels = column(PIXELS, &DataType::UInt64)?;
    let value = |column: &ArrayRef, row: usize| {
        column.is_valid(row).then(|| column.as_primitive::<Float64Type>().value(row))
    };
    let record = |row: usize| {
        let known = slices.is_valid(row) && scores.is_valid(row);
        let pixels = pixels.as_primitive::<UInt64Type>();
        Some(QualityRecord {
            id: SliceId(usize::try_from(slices.value(row)).ok()?),
            variance_of_laplacian: value(&sharpness, row)?,
            inverse_psnr: value(&contrast, row),
            roi_pixels: if pixels.is_valid(row) { pixels.value(row) } else { 0 },
            roi_mean: value(&mean, row),
            roi_cov: value(&cov, row),
            further: BTreeMap::new(),
        })
        .filter(|_| known)
    };
    Ok((0..scores.len()).map(record).collect())
}
