//! `qunet_dice` and `qunet_jaccard` of two masks.

use std::sync::Arc;

use arrow::array::Float64Array;
use arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use qunet_segmetrics::{ConfusionCounts, EmptyPolicy};

use super::{check_count, check_image, constant, settings, text_of};
use crate::Error;
use crate::image::Images;

const TAKES: &str = "(prediction, truth [, policy])";

/// The functions and their metrics.
const FUNCTIONS: [(&str, Metric); 2] =
    [("qunet_dice", ConfusionCounts::dice), ("qunet_jaccard", ConfusionCounts::jaccard)];

type Metric = fn(&ConfusionCounts, EmptyPolicy) -> Option<f64>;

pub(super) fn all() -> impl Iterator<Item = ScalarUDF> {
    FUNCTIONS.into_iter().map(|(name, _)| {
        let signature = Signature::user_defined(Volatility::Immutable);
        ScalarUDF::from(Overlap { name, signature })
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Overlap {
    name: &'static str,
    signature: Signature,
}

impl Overlap {
    fn metric(&self) -> Metric {
        let of = FUNCTIONS.iter().find(|(name, _)| *name == self.name);
        of.map_or(ConfusionCounts::dice, |(_, metric)| *metric)
    }

    fn policy(&self, args: &ScalarFunctionArgs) -> Result<EmptyPolicy> {
        let given = match args.args.get(2) {
            None => None,
            some => text_of(self.name, "policy", constant(some))?,
        };
        given.map_or(Ok(EmptyPolicy::Undefined), |policy| settings(self.name, policy.into()))
    }
}

impl ScalarUDFImpl for Overlap {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        check_count(self.name, TAKES, given.len(), 2..=3)?;
        let masks = [("prediction", &given[0]), ("truth", &given[1])];
        let masks = masks.map(|(argument, of)| check_image(self.name, argument, of));
        masks.into_iter().chain([Ok(DataType::Utf8)]).take(given.len()).collect()
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let policy = self.policy(&args)?;
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let of = |place: usize| Images::new(self.name, &arrays[place], &args.arg_fields[place]);
        let (predictions, truths) = (of(0)?, of(1)?);
        let score = |row: usize| -> Result<Option<f64>, Error> {
            let both = predictions.get(row)?.zip(truths.get(row)?);
            let Some((prediction, truth)) = both else { return Ok(None) };
            let counts = ConfusionCounts::from_masks(&prediction.mask(), &truth.mask())?;
            Ok(self.metric()(&counts, policy))
        };
        let scores: Result<Float64Array, Error> = (0..args.number_rows).map(score).collect();
        Ok(ColumnarValue::Array(Arc::new(scores?)))
    }
}
