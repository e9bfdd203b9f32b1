//! Reads the rows of a table of stacks.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::internal_err;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{
    BaselineMetrics, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet,
};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PhysicalExpr, PlanProperties,
};
use futures::{StreamExt, TryStreamExt, future, stream};
use serde::{Deserialize, Serialize};

use super::options::StacksOptions;
use super::piece::Piece;
use super::place::{Place, message};
use super::rows::{Rows, Wanted};
use crate::{Error, Roots};

/// The metric that counts the stacks that are done.
const DONE: &str = "stacks_done";

/// What is read of the stacks that are listed: all that a plan says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scan {
    pub(super) location: String,
    pub(super) options: StacksOptions,
    /// The columns that are asked for.
    pub(super) projection: Vec<usize>,
    /// The most rows of each partition.
    pub(super) limit: Option<usize>,
    /// How many stacks, or parts of stacks, are listed.
    pub(super) pieces: usize,
}

/// Reads the stacks that its input lists, those of each partition one after the other and a few slices at a time.
///
/// The list is a table in memory: an engine that gives each of its processes some partitions of a plan knows how to
/// divide that, and need not know this node.
#[derive(Clone, Debug)]
pub struct StacksExec {
    input: Arc<dyn ExecutionPlan>,
    scan: Arc<Scan>,
    roots: Arc<Roots>,
    wanted: Wanted,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl StacksExec {
    pub(crate) fn new(scan: Scan, input: Arc<dyn ExecutionPlan>, roots: &Arc<Roots>) -> Self {
        let wanted = Wanted::new(&scan.projection, scan.options.errors);
        let partitions = input.properties().output_partitioning().partition_count();
        let properties = PlanProperties::new(
            EquivalenceProperties::new(wanted.schema()),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self {
            input,
            scan: Arc::new(scan),
            roots: Arc::clone(roots),
            wanted,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        }
    }

    pub(crate) fn scan(&self) -> &Scan {
        &self.scan
    }

    /// How many stacks, or parts of stacks, there are to read, and how many of them it is done with.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        let done = self.metrics.clone_inner().sum_by_name(DONE);
        (self.scan.pieces, done.map_or(0, |done| done.as_usize()))
    }
}

impl DisplayAs for StacksExec {
    fn fmt_as(&self, _of: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scan { location, pieces, limit, .. } = &*self.scan;
        let names: Vec<_> =
            self.wanted.schema().fields().iter().map(|it| it.name().clone()).collect();
        write!(
            f,
            "StacksExec: location={location}, stacks={pieces}, columns=[{}]",
            names.join(", ")
        )?;
        limit.map_or(Ok(()), |limit| write!(f, ", limit={limit}"))
    }
}

impl ExecutionPlan for StacksExec {
    fn name(&self) -> &str {
        "StacksExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.pop()) {
            (Some(input), None) => {
                Ok(Arc::new(Self::new((*self.scan).clone(), input, &self.roots)))
            }
            _ => internal_err!("StacksExec has one input"),
        }
    }

    /// The list is divided as it should be read.
    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let place = Place::open(&self.scan.location, &self.roots, &context.runtime_env())?;
        let reader = Arc::new(Reader {
            place,
            roots: Arc::clone(&self.roots),
            roi: self.scan.options.roi.clone(),
            wanted: self.wanted.clone(),
        });
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let done = MetricBuilder::new(&self.metrics).counter(DONE, partition);
        let pieces = self.input.execute(partition, context)?;
        let batches = pieces
            .map(|batch| Piece::read(&batch?))
            .map_ok(|pieces| stream::iter(pieces.into_iter().map(Result::Ok)))
            .try_flatten()
            .and_then(move |piece| Arc::clone(&reader).rows(piece))
            .map_ok(move |rows| {
                let done = done.clone();
                let end = std::iter::once_with(move || done.add(1)).filter_map(|()| None);
                stream::iter(rows.chain(end))
            })
            .try_flatten()
            .inspect(move |batch| {
                if let Ok(batch) = batch {
                    metrics.record_output(batch.num_rows());
                }
            });
        let limit = self.scan.limit.unwrap_or(usize::MAX);
        let limited = batches.scan(limit, |left, batch| future::ready(limited(left, batch)));
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), limited)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        let scan = Scan { limit, ..(*self.scan).clone() };
        Some(Arc::new(Self::new(scan, Arc::clone(&self.input), &self.roots)))
    }

    fn fetch(&self) -> Option<usize> {
        self.scan.limit
    }
}

/// As many rows of a batch as are left; nothing after them.
fn limited(left: &mut usize, batch: Result<RecordBatch>) -> Option<Result<RecordBatch>> {
    if *left == 0 {
        return None;
    }
    Some(batch.map(|batch| {
        let rows = batch.num_rows().min(*left);
        *left -= rows;
        batch.slice(0, rows)
    }))
}

/// What one partition reads with.
struct Reader {
    place: Place,
    roots: Arc<Roots>,
    roi: Option<String>,
    wanted: Wanted,
}

impl Reader {
    /// The rows of the stacks of a piece. What cannot be read is a row as well.
    async fn rows(
        self: Arc<Self>,
        piece: Piece,
    ) -> Result<impl Iterator<Item = Result<RecordBatch>>> {
        let Piece { stack, slices } = piece;
        let mut fetched = Vec::new();
        let mut rows = Vec::new();
        match self.place.fetch(&stack).await {
            Err(error) => {
                let error = Error::Fetch { stack: stack.clone(), why: message(&error) };
                rows.push((stack, Err(error)));
            }
            Ok(found) => {
                rows.extend(
                    found.stacks.iter().map(|(name, path)| (name.clone(), Ok(path.clone()))),
                );
                fetched.push(found);
            }
        }
        Ok(rows.into_iter().flat_map(move |(name, path)| {
            // The copies of objects live as long as they are read.
            let _copies = &fetched;
            let opened = path.and_then(|path| Ok((self.region(&name)?, path)));
            match opened {
                Ok((roi, path)) => {
                    Rows::new((name, &path), roi.as_deref(), slices.clone(), &self.wanted)
                }
                Err(error) => Rows::broken(name, error, &self.wanted),
            }
        }))
    }

    /// The region of interest of a stack, where there is a folder of them and they are asked for.
    fn region(&self, stack: &str) -> Result<Option<PathBuf>, Error> {
        let folder = self.roi.as_ref().filter(|_| self.wanted.reads_roi());
        folder.map(|folder| self.roots.resolve(PathBuf::from(folder).join(stack))).transpose()
    }
}
