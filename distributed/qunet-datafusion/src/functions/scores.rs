//! `qunet_scores`, and its metrics alone.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::internal_err;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
use datafusion::scalar::ScalarValue;
use qunet_quality::{QualityParams, QualityRecord, score_view};
use qunet_stack::{Scaling, SliceId};

use super::{check_count, check_image, constant, object, ranges, settings, text_of};
use crate::Error;
use crate::image::Images;
use crate::scores::{fields, to_array};

/// The functions, and the metric that each gives alone.
const FUNCTIONS: [(&str, Option<&str>); 5] = [
    ("qunet_scores", None),
    ("qunet_blurriness", Some("blurriness")),
    ("qunet_inverse_psnr", Some("inverse_psnr")),
    ("qunet_roi_mean", Some("roi_mean")),
    ("qunet_roi_cov", Some("roi_cov")),
];
const TAKES: &str = "(image [, roi [, settings [, low, high]]])";

pub(super) fn all() -> impl Iterator<Item = ScalarUDF> {
    FUNCTIONS.into_iter().map(|(name, alone)| {
        let signature = Signature::user_defined(Volatility::Immutable);
        ScalarUDF::from(Scores { name, alone, signature })
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Scores {
    name: &'static str,
    alone: Option<&'static str>,
    signature: Signature,
}

/// How a slice is scored: its scaling stands among the parameters of its metrics.
struct Settings {
    scaling: Scaling,
    params: QualityParams,
}

impl Scores {
    /// From the third of so many arguments, which must be the same in every row.
    fn settings(&self, arguments: usize, third: Option<&ScalarValue>) -> Result<Settings> {
        let text = if arguments < 3 { None } else { text_of(self.name, "settings", third)? };
        let mut object = object(self.name, text)?;
        let scaling = match object.remove("scaling") {
            None => Scaling::None,
            Some(scaling) => settings(self.name, scaling)?,
        };
        let params: QualityParams = settings(self.name, serde_json::Value::Object(object))?;
        params.check().map_err(Error::from)?;
        scaling.check().map_err(Error::from)?;
        Ok(Settings { scaling, params })
    }

    /// The record of each row.
    fn records(
        &self,
        args: &ScalarFunctionArgs,
        Settings { scaling, params }: &Settings,
    ) -> Result<Vec<Option<QualityRecord>>> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let images = Images::new(self.name, &arrays[0], &args.arg_fields[0])?;
        let regions = arrays.get(1).zip(args.arg_fields.get(1));
        let regions =
            regions.map(|(array, field)| Images::new(self.name, array, field)).transpose()?;
        let ranges = ranges(self.name, &arrays, scaling)?;
        let record = |row: usize| -> Result<Option<QualityRecord>, Error> {
            let Some(image) = images.get(row)? else { return Ok(None) };
            let region = regions.as_ref().map_or(Ok(None), |regions| regions.get(row))?;
            let region = region.map(|region| region.mask());
            let Some(range) = ranges(row) else { return Ok(None) };
            let (id, roi) = (SliceId(row), region.as_deref());
            Ok(Some(score_view(id, image.view(), roi, scaling, range, params)?))
        };
        (0..args.number_rows).map(|row| Ok(record(row)?)).collect()
    }
}

impl ScalarUDFImpl for Scores {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(fields(&QualityParams::default())))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let of = match self.alone {
            Some(_) => DataType::Float64,
            None => {
                let third = args.scalar_arguments.get(2).copied().flatten();
                let known = self.settings(args.arg_fields.len(), third)?;
                DataType::Struct(fields(&known.params))
            }
        };
        Ok(Arc::new(Field::new(self.name, of, true)))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        check_count(self.name, TAKES, given.len(), 1..=5)?;
        if given.len() == 4 {
            check_count(self.name, TAKES, 4, 5..=5)?;
        }
        let image = |argument, place: usize| {
            given.get(place).map(|of| check_image(self.name, argument, of)).transpose()
        };
        let images = [image("image", 0)?, image("roi", 1)?].into_iter().flatten();
        let rest = [DataType::Utf8, DataType::Float64, DataType::Float64];
        Ok(images.chain(rest).take(given.len()).collect())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let settings = self.settings(args.args.len(), constant(args.args.get(2)))?;
        let records = self.records(&args, &settings)?;
        let all = to_array(&records, &settings.params)?;
        let Some(alone) = self.alone else { return Ok(ColumnarValue::Array(all)) };
        match all.as_struct().column_by_name(alone) {
            Some(column) => Ok(ColumnarValue::Array(Arc::clone(column))),
            None => internal_err!("there is no metric {alone}"),
        }
    }
}
