//! A table of stacks: what lies at a location, and who reads which part of it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider, TableProviderFactory};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{CreateExternalTable, Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use qunet_stack::SliceStream;

use super::exec::{Scan, StacksExec};
use super::options::StacksOptions;
use super::piece::Piece;
use super::place::{Found, Place};
use super::rows::table_schema;
use crate::Roots;

/// The column by which stacks are chosen before they are opened.
const STACK: &str = "stack";

/// The stacks beneath a folder or the prefix of an object store, a row for each slice ([`table_schema`]).
///
/// What lies there is listed when a query begins. Filters on `stack` choose before anything is opened; columns and
/// limits are pushed down, so that pixels are read only where they are asked for.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use datafusion::prelude::SessionContext;
/// use qunet_datafusion::{Roots, StacksOptions, StacksTable};
/// use qunet_stack::phantom::CtPhantom;
///
/// let archive = tempfile::tempdir()?;
/// let stack = CtPhantom { slices: 6, size: 48, seed: 1 }.generate()?.stack;
/// stack.write(archive.path().join("ct.nii.gz"))?;
///
/// let roots = Arc::new(Roots::new([archive.path()])?);
/// let location = archive.path().to_string_lossy();
/// let table = StacksTable::new(location, StacksOptions::default(), &roots);
/// let session = SessionContext::new();
/// session.register_table("stacks", Arc::new(table))?;
/// let rows = session.sql("SELECT slice, position, shape['width'] FROM stacks LIMIT 4").await?;
/// assert_eq!(rows.count().await?, 4);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct StacksTable {
    location: String,
    options: StacksOptions,
    roots: Arc<Roots>,
}

impl StacksTable {
    /// The stacks of a folder, a file, or a URL with the scheme of an object store, if `roots` allow it.
    #[must_use]
    pub fn new(location: impl Into<String>, options: StacksOptions, roots: &Arc<Roots>) -> Self {
        Self { location: location.into(), options, roots: Arc::clone(roots) }
    }

    pub(crate) fn location(&self) -> &str {
        &self.location
    }

    pub(crate) fn options(&self) -> &StacksOptions {
        &self.options
    }

    /// Who reads what: as many partitions as there are readers, or stacks if these are fewer and cannot be shared.
    async fn partitions(
        &self,
        place: &Place,
        stacks: Vec<Found>,
        readers: usize,
    ) -> Vec<Vec<Piece>> {
        if stacks.is_empty() {
            return vec![Vec::new()];
        }
        let shared = stacks.len() < readers && place.is_local() && self.options.roi.is_none();
        let parts = if shared { readers.div_ceil(stacks.len()) } else { 1 };
        let mut pieces = Vec::new();
        for Found { name, bytes } in stacks {
            let ranges = if parts > 1 { ranges(place, &name, parts).await } else { Vec::new() };
            if ranges.is_empty() {
                pieces.push((bytes, Piece { stack: name, slices: None }));
                continue;
            }
            let share = bytes / ranges.len() as u64;
            pieces.extend(
                ranges
                    .into_iter()
                    .map(|range| (share, Piece { stack: name.clone(), slices: Some(range) })),
            );
        }
        balanced(pieces, readers)
    }
}

/// Ranges of the slices of a stack that can be read from anywhere; none where it cannot.
async fn ranges(place: &Place, name: &str, parts: usize) -> Vec<Range<usize>> {
    let Ok(fetched) = place.fetch(name).await else { return Vec::new() };
    let [(_, path)] = &fetched.stacks[..] else { return Vec::new() };
    let Ok(slices) = SliceStream::open(path) else { return Vec::new() };
    let (count, parts) = (slices.shape()[0], parts.min(slices.shape()[0]));
    if parts < 2 || !slices.is_random_access() {
        return Vec::new();
    }
    (0..parts).map(|part| part * count / parts..(part + 1) * count / parts).collect()
}

/// The largest pieces first, each to who has the least to read.
fn balanced(mut pieces: Vec<(u64, Piece)>, readers: usize) -> Vec<Vec<Piece>> {
    let count = pieces.len().min(readers.max(1));
    pieces.sort_by_key(|(bytes, _)| Reverse(*bytes));
    let mut partitions = vec![Vec::new(); count];
    let mut loads: BinaryHeap<Reverse<(u64, usize)>> =
        (0..count).map(|partition| Reverse((0, partition))).collect();
    for (bytes, piece) in pieces {
        let Some(Reverse((load, partition))) = loads.pop() else { break };
        partitions[partition].push(piece);
        // A stack of no bytes is work too.
        loads.push(Reverse((load + bytes.max(1), partition)));
    }
    partitions
}

/// The stacks that a filter on their names leaves.
fn chosen(stacks: Vec<Found>, filters: &[Expr], state: &dyn Session) -> Result<Vec<Found>> {
    let Some(filter) = conjunction(filters.iter().cloned()) else { return Ok(stacks) };
    let schema = Arc::new(Schema::new(vec![Field::new(STACK, DataType::Utf8, false)]));
    let names: StringArray = stacks.iter().map(|stack| Some(stack.name.as_str())).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(names)])?;
    let filter = filter.transform(|expr| {
        Ok(match expr {
            // Which table the column is of does not matter here.
            Expr::Column(column) => Transformed::yes(Expr::Column(column.name.into())),
            other => Transformed::no(other),
        })
    })?;
    let filter = state.create_physical_expr(filter.data, &DFSchema::try_from(schema)?)?;
    let kept = filter.evaluate(&batch)?.into_array(batch.num_rows())?;
    let kept: &BooleanArray = kept.as_boolean();
    Ok(stacks
        .into_iter()
        .zip(kept)
        .filter(|(_, kept)| *kept == Some(true))
        .map(|(it, _)| it)
        .collect())
}

#[async_trait]
impl TableProvider for StacksTable {
    fn schema(&self) -> SchemaRef {
        table_schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let place = Place::open(&self.location, &self.roots, state.runtime_env())?;
        let stacks = chosen(place.stacks().await?, filters, state)?;
        let readers = state.config().target_partitions();
        let partitions = self.partitions(&place, stacks, readers).await;
        let all = || (0..self.schema().fields().len()).collect();
        let scan = Scan {
            location: self.location.clone(),
            options: self.options.clone(),
            projection: projection.cloned().unwrap_or_else(all),
            limit,
            pieces: partitions.iter().map(Vec::len).sum(),
        };
        Ok(Arc::new(StacksExec::new(scan, Piece::list(&partitions)?, &self.roots)))
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let of_stack = |filter: &&Expr| {
            let columns = filter.column_refs();
            !filter.is_volatile()
                && !columns.is_empty()
                && columns.iter().all(|it| it.name == STACK)
        };
        let support = |filter: &&Expr| match of_stack(filter) {
            true => TableProviderFilterPushDown::Exact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(support).collect())
    }
}

/// Makes tables of `CREATE EXTERNAL TABLE ... STORED AS STACKS LOCATION '...' OPTIONS ('errors' 'skip')`.
#[derive(Debug)]
pub struct StacksFactory {
    roots: Arc<Roots>,
}

impl StacksFactory {
    /// Tables beneath these folders.
    #[must_use]
    pub fn new(roots: Arc<Roots>) -> Self {
        Self { roots }
    }
}

#[async_trait]
impl TableProviderFactory for StacksFactory {
    async fn create(
        &self,
        _state: &dyn Session,
        command: &CreateExternalTable,
    ) -> Result<Arc<dyn TableProvider>> {
        let options = StacksOptions::from_sql(&command.options)?;
        let [location] = &command.locations[..] else {
            return plan_err!(
                "a table of stacks has one LOCATION; make a table of each and unite them"
            );
        };
        if !command.schema.fields().is_empty() {
            return plan_err!("a table of stacks has its own columns; leave them out of CREATE");
        }
        // Whether the place can be read is known where the query runs, not where it is asked.
        Ok(Arc::new(StacksTable::new(location, options, &self.roots)))
    }
}
