//! The list of what is read: a table in memory, of which each partition is one reader's.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, AsArray, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt64Type};
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::error::Result;
use datafusion::physical_plan::ExecutionPlan;

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("stack", DataType::Utf8, false),
        Field::new("first", DataType::UInt64, true),
        Field::new("end", DataType::UInt64, true),
    ]))
});

/// A stack, or some of its slices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) stack: String,
    pub(super) slices: Option<Range<usize>>,
}

impl Piece {
    /// The list as a plan, for each reader a partition.
    pub(super) fn list(readers: &[Vec<Self>]) -> Result<Arc<dyn ExecutionPlan>> {
        let partitions: Result<Vec<Vec<RecordBatch>>> =
            readers.iter().map(|pieces| Ok(vec![Self::write(pieces)?])).collect();
        Ok(MemorySourceConfig::try_new_exec(&partitions?, Arc::clone(&SCHEMA), None)?)
    }

    fn write(pieces: &[Self]) -> Result<RecordBatch> {
        let end = |of: fn(&Range<usize>) -> usize| {
            let ends = pieces.iter().map(|piece| piece.slices.as_ref().map(|it| of(it) as u64));
            Arc::new(ends.collect::<UInt64Array>())
        };
        let stacks: StringArray = pieces.iter().map(|piece| Some(piece.stack.as_str())).collect();
        let columns: Vec<Arc<dyn Array>> =
            vec![Arc::new(stacks), end(|slices| slices.start), end(|slices| slices.end)];
        Ok(RecordBatch::try_new(Arc::clone(&SCHEMA), columns)?)
    }

    /// What a batch of the list says.
    pub(super) fn read(batch: &RecordBatch) -> Result<Vec<Self>> {
        let stacks = batch.column(0).as_string::<i32>();
        let [first, end] = [1, 2].map(|column| batch.column(column).as_primitive::<UInt64Type>());
        let slices = |row: usize| {
            let known = first.is_valid(row) && end.is_valid(row);
            known.then(|| first.value(row) as usize..end.value(row) as usize)
        };
        let piece = |row: usize| Self { stack: stacks.value(row).to_owned(), slices: slices(row) };
        Ok((0..batch.num_rows()).map(piece).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_it_was_written() -> Result<()> {
        let whole = Piece { stack: "a".into(), slices: None };
        let pieces = [whole, Piece { stack: "b/c".into(), slices: Some(3..7) }];
        assert_eq!(Piece::read(&Piece::write(&pieces)?)?, pieces);
        assert_eq!(Piece::read(&Piece::write(&[])?)?, []);
        Ok(())
    }
}
