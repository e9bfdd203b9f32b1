//! `qunet_segment`: a trained network on the slices of a query.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use arrow::array::{ArrayRef, Float64Array, StructArray, UInt64Array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use ndarray::Array2;
use qunet_model::{Channels, Device, HeadMaps, Network, PredictConfig, Predictor};
use qunet_select::{AgreementParams, AgreementRecord, Maps};
use qunet_stack::{Scaling, SliceId, SliceView};
use serde::Deserialize;

use super::{check_count, check_image, constant, object, ranges, settings, text_of};
use crate::image::{ImageBuilder, Images, image_type};
use crate::{Error, Roots};

const NAME: &str = "qunet_segment";
const TAKES: &str = "(image, model, settings [, low, high])";

static FIELDS: LazyLock<Fields> = LazyLock::new(|| {
    Fields::from(vec![
        Field::new("mask", image_type(), true),
        Field::new("foreground", DataType::UInt64, true),
        Field::new("quality_index", DataType::Float64, true),
        Field::new("disagreement_area", DataType::Float64, true),
    ])
});

pub(super) fn of(roots: Arc<Roots>) -> ScalarUDF {
    let signature = Signature::user_defined(Volatility::Stable);
    ScalarUDF::from(Segment { roots, signature })
}

#[derive(Debug)]
struct Segment {
    roots: Arc<Roots>,
    signature: Signature,
}

impl PartialEq for Segment {
    fn eq(&self, other: &Self) -> bool {
        self.roots == other.roots
    }
}

impl Eq for Segment {}

impl std::hash::Hash for Segment {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        NAME.hash(state);
    }
}

/// How slices go through the network; the scaling must be the one that it was trained with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    scaling: Scaling,
    #[serde(default)]
    predict: PredictConfig,
    #[serde(default = "half")]
    threshold: f32,
    #[serde(default)]
    agreement: AgreementParams,
}

fn half() -> f32 {
    0.5
}

/// Networks that this process has read, by their files: each once.
fn network(path: &Path) -> Result<Arc<Mutex<Network>>, Error> {
    static READ: LazyLock<Mutex<HashMap<PathBuf, Arc<Mutex<Network>>>>> =
        LazyLock::new(Mutex::default);
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(network) = read.get(path) {
        return Ok(Arc::clone(network));
    }
    let network = Network::open(path, Device::cuda_if_available())?;
    let channels = network.channels();
    if channels != (Channels { classes: channels.classes, ..Channels::default() }) {
        let problem = format!(
            "{} wants {} channels ({} of them priors), but a row is one slice; use a network of one channel, as \
             `input.neighbours` 0 and `input.prior` false train it",
            path.display(),
            channels.input,
            channels.priors
        );
        return Err(Error::Argument { function: NAME, argument: "model", problem });
    }
    Ok(Arc::clone(read.entry(path.to_owned()).or_insert(Arc::new(Mutex::new(network)))))
}

impl Segment {
    fn text(
        &self,
        args: &ScalarFunctionArgs,
        place: usize,
        argument: &'static str,
    ) -> Result<String> {
        let text = text_of(NAME, argument, constant(args.args.get(place)))?;
        let problem =
            || Error::Argument { function: NAME, argument, problem: "is NULL".to_owned() };
        Ok(text.ok_or_else(problem)?)
    }

    /// The images that are there, scaled, and their rows.
    fn slices(
        &self,
        args: &ScalarFunctionArgs,
        scaling: &Scaling,
    ) -> Result<(Vec<usize>, Vec<Array2<f32>>)> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let images = Images::new(NAME, &arrays[0], &args.arg_fields[0])?;
        let ranges = ranges(NAME, &arrays, scaling)?;
        let (mut rows, mut slices) = (Vec::new(), Vec::new());
        for row in 0..args.number_rows {
            if let (Some(image), Some(range)) = (images.get(row)?, ranges(row)) {
                rows.push(row);
                slices.push(scaling.scale(image.view(), range).map_err(Error::from)?);
            }
        }
        Ok((rows, slices))
    }
}

fn agreement(row: usize, maps: &HeadMaps, settings: &Settings) -> Result<AgreementRecord, Error> {
    let [third, fourth] = maps.last_two()?;
    let compared = match (third.classes, fourth.classes) {
        (Some(level3), Some(level4)) => {
            Maps::Classes { level3: level3.view(), level4: level4.view() }
        }
        _ => Maps::Pair { level3: third.foreground.view(), level4: fourth.foreground.view() },
    };
    Ok(AgreementRecord::from_maps(
        SliceId(row),
        &compared,
        settings.threshold,
        &settings.agreement,
    )?)
}

/// One struct for each row; NULL where there was no image.
fn to_array(
    rows: &[usize],
    heads: &[HeadMaps],
    settings: &Settings,
    all: usize,
) -> Result<ArrayRef> {
    let mut masks = ImageBuilder::default();
    let (mut foreground, mut quality, mut area) =
        (vec![None; all], vec![None; all], vec![None; all]);
    let mut found = rows.iter().zip(heads).peekable();
    for row in 0..all {
        let Some((_, maps)) = found.next_if(|(at, _)| **at == row) else {
            masks.append(None);
            continue;
        };
        let labels = maps.labels(settings.threshold);
        let agreement = agreement(row, maps, settings)?;
        foreground[row] = Some(labels.iter().filter(|&&label| label != 0).count() as u64);
        (quality[row], area[row]) =
            (Some(agreement.quality_index), Some(agreement.disagreement_area));
        masks.append(Some(SliceView::U8(labels.view())));
    }
    let valid: Vec<bool> = foreground.iter().map(Option::is_some).collect();
    let columns: Vec<ArrayRef> = vec![
        masks.finish()?,
        Arc::new(UInt64Array::from(foreground)),
        Arc::new(Float64Array::from(quality)),
        Arc::new(Float64Array::from(area)),
    ];
    Ok(Arc::new(StructArray::try_new(FIELDS.clone(), columns, Some(NullBuffer::from(valid)))?))
}

impl ScalarUDFImpl for Segment {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(FIELDS.clone()))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let counts = if given.len() == 4 { 5..=5 } else { 3..=5 };
        check_count(NAME, TAKES, given.len(), counts)?;
        let image = check_image(NAME, "image", &given[0])?;
        let rest = [DataType::Utf8, DataType::Utf8, DataType::Float64, DataType::Float64];
        Ok([image].into_iter().chain(rest).take(given.len()).collect())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let model = self.text(&args, 1, "model")?;
        let path = self.roots.resolve(model.strip_prefix("file://").unwrap_or(&model))?;
        let object = object(NAME, Some(self.text(&args, 2, "settings")?))?;
        let settings: Settings = settings(NAME, object.into())?;
        let (rows, slices) = self.slices(&args, &settings.scaling)?;
        let network = network(&path)?;
        let network = network.lock().unwrap_or_else(PoisonError::into_inner);
        let predictor = Predictor::with(&network, settings.predict).map_err(Error::from)?;
        let heads = predictor.heads(&slices).map_err(Error::from)?;
        Ok(ColumnarValue::Array(to_array(&rows, &heads, &settings, args.number_rows)?))
    }
}
