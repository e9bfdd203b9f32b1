//! What several tests need.
#![allow(dead_code, clippy::unwrap_used)]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Float64Type, UInt64Type};
use datafusion::prelude::{SessionConfig, SessionContext};
use qunet_datafusion::{Errors, Roots, StacksOptions, StacksTable, register};
use qunet_quality::QualityRecord;
use qunet_stack::SliceId;

pub(crate) type Outcome = Result<(), Box<dyn Error>>;

/// A session with the table `stacks` of an archive, read by so many.
pub(crate) fn session(archive: &Path, readers: usize) -> Result<SessionContext, Box<dyn Error>> {
    with_options(archive, readers, StacksOptions::default())
}

pub(crate) fn with_options(
    archive: &Path,
    readers: usize,
    options: StacksOptions,
) -> Result<SessionContext, Box<dyn Error>> {
    let session =
        SessionContext::new_with_config(SessionConfig::new().with_target_partitions(readers));
    let roots = Arc::new(Roots::new([archive])?);
    register(&session, &roots);
    let table = StacksTable::new(archive.to_string_lossy(), options, &roots);
    session.register_table("stacks", Arc::new(table))?;
    Ok(session)
}

pub(crate) fn errors(errors: Errors) -> StacksOptions {
    let mut options = StacksOptions::default();
    options.errors = errors;
    options
}

/// All rows of a query.
pub(crate) async fn rows(
    session: &SessionContext,
    sql: &str,
) -> Result<RecordBatch, Box<dyn Error>> {
    let batches = session.sql(sql).await?.collect().await?;
    let schema = batches.first().ok_or("no batch")?.schema();
    Ok(concat_batches(&schema, &batches)?)
}

/// Why a query fails.
pub(crate) async fn failure(session: &SessionContext, sql: &str) -> String {
    match session.sql(sql).await {
        Err(error) => error.to_string(),
        Ok(rows) => match rows.collect().await {
            Err(error) => error.to_string(),
            Ok(_) => String::from("no error"),
        },
    }
}

pub(crate) fn texts(batch: &RecordBatch, column: &str) -> Vec<String> {
    let texts = cast(&batch[column], &DataType::Utf8).unwrap();
    texts.as_string::<i32>().iter().map(|text| text.unwrap_or("NULL").to_owned()).collect()
}

pub(crate) fn numbers(column: &ArrayRef) -> Vec<Option<f64>> {
    let column = cast(column, &DataType::Float64).unwrap();
    column.as_primitive::<Float64Type>().iter().collect()
}

/// The records of the columns `slice` and `scores`.
pub(crate) fn records(batch: &RecordBatch) -> Vec<QualityRecord> {
    let scores = batch["scores"].as_struct();
    let of = |name: &str| numbers(scores.column_by_name(name).unwrap());
    let slices = cast(&batch["slice"], &DataType::UInt64).unwrap();
    let (sharpness, contrast) = (of("variance_of_laplacian"), of("inverse_psnr"));
    let (pixels, mean, cov) = (of("roi_pixels"), of("roi_mean"), of("roi_cov"));
    let record = |row: usize| QualityRecord {
        id: SliceId(slices.as_primitive::<UInt64Type>().value(row) as usize),
        variance_of_laplacian: sharpness[row].unwrap(),
        inverse_psnr: contrast[row],
        roi_pixels: pixels[row].unwrap() as u64,
        roi_mean: mean[row],
        roi_cov: cov[row],
        further: Default::default(),
    };
    (0..batch.num_rows()).map(record).collect()
}
