//! Functions of SQL, one kind a file.

mod initial;
mod overlap;
mod scores;
#[cfg(feature = "model")]
mod segment;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, WindowUDF};
use datafusion::scalar::ScalarValue;
use qunet_stack::Scaling;

use crate::image::{FORMS, may_be_image};
use crate::{Error, Roots};

/// The functions of one slice: `qunet_scores` and its metrics alone, `qunet_dice`, `qunet_jaccard`, and, with
/// the feature `model`, `qunet_segment`, which reads weights beneath `roots`.
#[must_use]
pub fn scalar_functions(roots: &Arc<Roots>) -> Vec<Arc<ScalarUDF>> {
    #[cfg(not(feature = "model"))]
    let _ = roots;
    let functions = scores::all().chain(overlap::all());
    #[cfg(feature = "model")]
    let functions = functions.chain([segment::of(Arc::clone(roots))]);
    functions.map(Arc::new).collect()
}

/// The functions of a stack: `qunet_initial`, the S0 rule.
#[must_use]
pub fn window_functions() -> Vec<Arc<WindowUDF>> {
    vec![Arc::new(initial::of())]
}

/// Refuses a number of arguments that a function does not take.
fn check_count(
    function: &'static str,
    takes: &'static str,
    count: usize,
    within: std::ops::RangeInclusive<usize>,
) -> Result<()> {
    if within.contains(&count) {
        return Ok(());
    }
    let problem = format!("are {count}; it takes {takes}");
    Err(Error::Argument { function, argument: "arguments", problem }.into())
}

/// Refuses what holds no images.
fn check_image(function: &'static str, argument: &'static str, of: &DataType) -> Result<DataType> {
    if may_be_image(of) {
        return Ok(of.clone());
    }
    let problem = match of {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            "is a text; to read files, list their folder: CREATE EXTERNAL TABLE t STORED AS STACKS LOCATION \
             'folder/'"
                .to_owned()
        }
        other => format!("is of type {other}, which {FORMS}"),
    };
    Err(Error::Argument { function, argument, problem }.into())
}

/// The text of an argument that must be the same in every row.
fn text_of(
    function: &'static str,
    argument: &'static str,
    value: Option<&ScalarValue>,
) -> Result<Option<String>> {
    match value {
        Some(
            ScalarValue::Utf8(text) | ScalarValue::LargeUtf8(text) | ScalarValue::Utf8View(text),
        ) => Ok(text.clone()),
        Some(ScalarValue::Null) => Ok(None),
        _ => {
            let problem = "must be a text that is the same in every row, or NULL".to_owned();
            Err(Error::Argument { function, argument, problem }.into())
        }
    }
}

/// A value that is the same in every row.
fn constant(value: Option<&ColumnarValue>) -> Option<&ScalarValue> {
    match value? {
        ColumnarValue::Scalar(value) => Some(value),
        ColumnarValue::Array(_) => None,
    }
}

/// Settings from JSON.
fn settings<T: serde::de::DeserializeOwned>(
    function: &'static str,
    object: serde_json::Value,
) -> Result<T> {
    let unread = |error: serde_json::Error| Error::Argument {
        function,
        argument: "settings",
        problem: format!("cannot be read: {error}"),
    };
    Ok(serde_json::from_value(object).map_err(unread)?)
}

/// A JSON object from a text.
fn object(
    function: &'static str,
    text: Option<String>,
) -> Result<serde_json::Map<String, serde_json::Value>> {
    let unread = |error: serde_json::Error| Error::Argument {
        function,
        argument: "settings",
        problem: format!(
            "are no JSON object ({error}); write for instance '{{\"median_window\": 5}}'"
        ),
    };
    Ok(text.map_or(Ok(Default::default()), |text| serde_json::from_str(&text)).map_err(unread)?)
}

/// The range of the stack of each row, from the last two arguments, `low` and `high`; `None` where it is NULL. Where
/// the scaling reads none, any will do.
fn ranges<'a>(
    function: &'static str,
    arrays: &'a [ArrayRef],
    scaling: &Scaling,
) -> Result<impl Fn(usize) -> Option<(f32, f32)> + use<'a>> {
    let given = arrays.get(3).zip(arrays.get(4));
    if *scaling == Scaling::StackMinMax && given.is_none() {
        let problem =
            "take the range of the stack: give its columns low and high as well".to_owned();
        let argument = "settings with the scaling stack_min_max";
        return Err(Error::Argument { function, argument, problem }.into());
    }
    Ok(move |row: usize| {
        let Some((low, high)) = given else { return Some((0.0, 1.0)) };
        let value = |array: &ArrayRef| {
            array.is_valid(row).then(|| array.as_primitive::<Float64Type>().value(row) as f32)
        };
        value(low).zip(value(high))
    })
}
