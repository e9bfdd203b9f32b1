//! `qunet_initial`: the S0 rule over a stack, as a window function.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray, StructArray, UInt32Array};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Int64Type};
use datafusion::error::Result;
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{
    PartitionEvaluator, Signature, Volatility, WindowUDF, WindowUDFImpl,
};
use qunet_select::{ImageQuality, Pool, Request, SliceVerdict, Strategy, Verdict};

use super::{check_count, object, settings};
use crate::Error;
use crate::scores::from_array;

const NAME: &str = "qunet_initial";
const TAKES: &str = "(slice, scores [, count [, settings]])";
/// S0 has fewer than ten slices.
const COUNT: usize = 9;

static FIELDS: LazyLock<Fields> = LazyLock::new(|| {
    Fields::from(vec![
        Field::new("picked", DataType::Boolean, true),
        Field::new("rank", DataType::UInt32, true),
        Field::new("verdict", DataType::Utf8, true),
        Field::new("why", DataType::Utf8, true),
    ])
});

pub(super) fn of() -> WindowUDF {
    WindowUDF::from(Initial { signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Initial {
    signature: Signature,
}

impl WindowUDFImpl for Initial {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(
        &self,
        _args: PartitionEvaluatorArgs,
    ) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(OneStack))
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(args.name(), DataType::Struct(FIELDS.clone()), true)))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        check_count(NAME, TAKES, given.len(), 2..=4)?;
        let scores = given[1].clone();
        let types = [DataType::UInt64, scores, DataType::Int64, DataType::Utf8];
        Ok(types.into_iter().take(given.len()).collect())
    }
}

/// All rows of one stack.
#[derive(Debug)]
struct OneStack;

impl PartitionEvaluator for OneStack {
    fn evaluate_all(&mut self, values: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        let records = from_array(NAME, &values[0], &values[1])?;
        let known: Vec<_> = records.iter().flatten().cloned().collect();
        let mut verdicts = Vec::new();
        if !known.is_empty() {
            let (count, strategy) = (count(values.get(2))?, strategy(values.get(3))?);
            let pool = Pool::new(known.iter().map(|record| record.id)).map_err(Error::from)?;
            let pool = pool.with_quality(0, &known).map_err(Error::from)?;
            let selection = strategy.select(&pool, &Request::new(count, 0)).map_err(Error::from)?;
            verdicts = selection.verdicts;
        }
        // By slice, as the selection has them.
        let of = |row: usize| {
            let slice = records[row].as_ref()?.id;
            let place = verdicts.binary_search_by_key(&slice, |it| it.id.slice).ok()?;
            Some(&verdicts[place])
        };
        to_array(&(0..rows).map(of).collect::<Vec<_>>())
    }
}

/// A count that is the same in every row.
fn count(values: Option<&ArrayRef>) -> Result<usize> {
    let Some(values) = values else { return Ok(COUNT) };
    let values = cast(values, &DataType::Int64)?;
    let values = values.as_primitive::<Int64Type>();
    if values.is_null(0) {
        return Ok(COUNT);
    }
    let problem = || {
        let problem = format!("is {}; ask for 1 slice or more", values.value(0));
        Error::Argument { function: NAME, argument: "count", problem }
    };
    let count = usize::try_from(values.value(0)).ok().filter(|&count| count > 0);
    Ok(count.ok_or_else(problem)?)
}

fn strategy(values: Option<&ArrayRef>) -> Result<ImageQuality> {
    let text = values.map(|values| cast(values, &DataType::Utf8)).transpose()?;
    let text = text.as_ref().map(|text| text.as_string::<i32>());
    let text = text.filter(|text| text.is_valid(0)).map(|text| text.value(0).to_owned());
    let strategy: ImageQuality = settings(NAME, object(NAME, text)?.into())?;
    strategy.check().map_err(Error::from)?;
    Ok(strategy)
}

fn to_array(verdicts: &[Option<&SliceVerdict>]) -> Result<ArrayRef> {
    let rank = |it: &&SliceVerdict| match it.verdict {
        Verdict::Picked { rank, .. } => u32::try_from(rank).ok(),
        _ => None,
    };
    let each = || verdicts.iter().map(Option::as_ref);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(each().map(|it| it.map(|it| it.is_picked())).collect::<BooleanArray>()),
        Arc::new(each().map(|it| it.and_then(rank)).collect::<UInt32Array>()),
        Arc::new(each().map(|it| it.map(|it| name(&it.verdict))).collect::<StringArray>()),
        Arc::new(each().map(|it| it.map(|it| it.verdict.to_string())).collect::<StringArray>()),
    ];
    let valid: Vec<bool> = each().map(|it| it.is_some()).collect();
    Ok(Arc::new(StructArray::try_new(FIELDS.clone(), columns, Some(NullBuffer::from(valid)))?))
}

/// The name of a verdict, as it is written in files.
fn name(verdict: &Verdict) -> String {
    let written = serde_json::to_value(verdict).unwrap_or_default();
    written["verdict"].as_str().unwrap_or_default().to_owned()
}
