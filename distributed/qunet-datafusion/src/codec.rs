//! Tables of stacks in plans that are sent to other processes.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::TableProvider;
use datafusion::common::{TableReference, internal_err};
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{AggregateUDF, Extension, LogicalPlan, ScalarUDF, WindowUDF};
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use serde::{Deserialize, Serialize};

use crate::stacks::Scan;
use crate::{Error, Roots, StacksExec, StacksOptions, StacksTable};

/// What tells our bytes from those of other extensions.
const MARK: &[u8] = b"qunet-stacks-1:";

fn write<T: Serialize>(value: &T, into: &mut Vec<u8>) -> Result<()> {
    into.extend_from_slice(MARK);
    serde_json::to_writer(into, value).map_err(Error::Plan)?;
    Ok(())
}

/// `None` where the bytes are another extension's.
fn read<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<Option<T>> {
    let Some(bytes) = bytes.strip_prefix(MARK) else { return Ok(None) };
    Ok(Some(serde_json::from_slice(bytes).map_err(Error::Plan)?))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    location: String,
    options: StacksOptions,
}

/// Tables of stacks in logical plans; everything else goes to another codec. Who reads a plan reads beneath its own
/// `roots`, whatever the plan says.
#[derive(Debug)]
pub struct StacksLogicalCodec {
    inner: Arc<dyn LogicalExtensionCodec>,
    roots: Arc<Roots>,
}

impl StacksLogicalCodec {
    /// Before another codec, such as Ballista's.
    #[must_use]
    pub fn new(inner: Arc<dyn LogicalExtensionCodec>, roots: &Arc<Roots>) -> Self {
        Self { inner, roots: Arc::clone(roots) }
    }
}

#[async_trait]
impl LogicalExtensionCodec for StacksLogicalCodec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[LogicalPlan],
        context: &TaskContext,
    ) -> Result<Extension> {
        self.inner.try_decode(bytes, inputs, context)
    }

    fn try_encode(&self, node: &Extension, into: &mut Vec<u8>) -> Result<()> {
        self.inner.try_encode(node, into)
    }

    fn try_decode_table_provider(
        &self,
        bytes: &[u8],
        name: &TableReference,
        schema: SchemaRef,
        context: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        match read::<Table>(bytes)? {
            Some(Table { location, options }) => {
                Ok(Arc::new(StacksTable::new(location, options, &self.roots)))
            }
            None => self.inner.try_decode_table_provider(bytes, name, schema, context),
        }
    }

    fn try_encode_table_provider(
        &self,
        name: &TableReference,
        table: Arc<dyn TableProvider>,
        into: &mut Vec<u8>,
    ) -> Result<()> {
        match table.downcast_ref::<StacksTable>() {
            Some(table) => {
                let (location, options) = (table.location().to_owned(), table.options().clone());
                write(&Table { location, options }, into)
            }
            None => self.inner.try_encode_table_provider(name, table, into),
        }
    }

    fn try_decode_file_format(
        &self,
        bytes: &[u8],
        context: &TaskContext,
    ) -> Result<Arc<dyn FileFormatFactory>> {
        self.inner.try_decode_file_format(bytes, context)
    }

    fn try_encode_file_format(
        &self,
        into: &mut Vec<u8>,
        node: Arc<dyn FileFormatFactory>,
    ) -> Result<()> {
        self.inner.try_encode_file_format(into, node)
    }

    fn try_decode_udf(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
        self.inner.try_decode_udf(name, bytes)
    }

    fn try_encode_udf(&self, node: &ScalarUDF, into: &mut Vec<u8>) -> Result<()> {
        self.inner.try_encode_udf(node, into)
    }

    fn try_decode_udaf(&self, name: &str, bytes: &[u8]) -> Result<Arc<AggregateUDF>> {
        self.inner.try_decode_udaf(name, bytes)
    }

    fn try_encode_udaf(&self, node: &AggregateUDF, into: &mut Vec<u8>) -> Result<()> {
        self.inner.try_encode_udaf(node, into)
    }

    fn try_decode_udwf(&self, name: &str, bytes: &[u8]) -> Result<Arc<WindowUDF>> {
        self.inner.try_decode_udwf(name, bytes)
    }

    fn try_encode_udwf(&self, node: &WindowUDF, into: &mut Vec<u8>) -> Result<()> {
        self.inner.try_encode_udwf(node, into)
    }
}

/// [`StacksExec`] in physical plans; everything else goes to another codec.
#[derive(Debug)]
pub struct StacksPhysicalCodec {
    inner: Arc<dyn PhysicalExtensionCodec>,
    roots: Arc<Roots>,
}

impl StacksPhysicalCodec {
    /// Before another codec, such as Ballista's.
    #[must_use]
    pub fn new(inner: Arc<dyn PhysicalExtensionCodec>, roots: &Arc<Roots>) -> Self {
        Self { inner, roots: Arc::clone(roots) }
    }
}

impl PhysicalExtensionCodec for StacksPhysicalCodec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        convert: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match read::<Scan>(bytes)? {
            Some(scan) => match inputs {
                [list] => Ok(Arc::new(StacksExec::new(scan, Arc::clone(list), &self.roots))),
                _ => internal_err!("a list of stacks is missing"),
            },
            None => self.inner.try_decode(bytes, inputs, context, convert),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        into: &mut Vec<u8>,
        convert: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        match node.downcast_ref::<StacksExec>() {
            Some(exec) => write(exec.scan(), into),
            None => self.inner.try_encode(node, into, convert),
        }
    }

    fn try_decode_udf(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
        self.inner.try_decode_udf(name, bytes)
    }

    fn try_encode_udf(&self, node: &ScalarUDF, into: &mut Vec<u8>) -> Result<()> {
        self.inner.try_encode_udf(node, into)
    }

    fn try_decode_udaf(&self, name: &str, bytes: &[u8]) -> Result<Arc<AggregateUDF>> {
        self.inner.try_decode_udaf(name, bytes)
    }

    fn try_encode_udaf(&self, node: &AggregateUDF, into: &mut Vec<u8>) -> Result<()> {
        self.inner.try_encode_udaf(node, into)
    }

    fn try_decode_udwf(&self, name: &str, bytes: &[u8]) -> Result<Arc<WindowUDF>> {
        self.inner.try_decode_udwf(name, bytes)
    }

    fn try_encode_udwf(&self, node: &WindowUDF, into: &mut Vec<u8>) -> Result<()> {
        self.inner.try_encode_udwf(node, into)
    }
}
