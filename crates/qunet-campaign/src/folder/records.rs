//! What the network said of the slices of one stack.

use std::fs;
use std::path::Path;

use ndarray::{Array2, Array3, Axis};
use qunet_model::{HeadMaps, IGNORE, PredictConfig, Predictor, Sizing};
use qunet_select::{AgreementRecord, CandidateId, DisagreementSelection, Maps, Uncertainty};
use qunet_stack::{SliceId, Stack};
use serde::{Deserialize, Serialize};

use super::config::CampaignConfig;
use crate::Error;
use crate::event::{Event, Observer, Stage};
use crate::learner::told;
use crate::two_step::disagreement;

/// What the network said of the slices of one stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceRecords {
    /// SHA-256 of the weights that said it.
    pub weights: String,
    /// Agreement of heads L3 and L4 on the slices that nobody annotated.
    pub agreement: Vec<AgreementRecord>,
    /// How uncertain the network is of them.
    pub uncertainty: Vec<Uncertainty>,
    /// A vector for every slice of the stack; empty where no strategy asks for them.
    pub features: Vec<Vec<f32>>,
}

/// The slices of a stack to be looked at, and with what.
pub(super) struct Looking<'a> {
    pub(super) config: &'a CampaignConfig,
    pub(super) number: usize,
    pub(super) stack: &'a Stack,
    pub(super) open: &'a [SliceId],
    pub(super) predictor: &'a Predictor<'a>,
    pub(super) observer: &'a mut dyn Observer,
}

/// What the network says of one stack.
pub(super) struct Looked {
    pub(super) records: SliceRecords,
    /// Predicted labels, 255 on the slices that are annotated.
    pub(super) labels: Array3<u8>,
    /// 1 where heads L3 and L4 differ, 255 on the slices that are annotated.
    pub(super) disagreement: Array3<u8>,
}

/// How slices go through the network of a campaign.
pub(super) fn predict_config(config: &CampaignConfig) -> PredictConfig {
    let steps = &config.steps;
    PredictConfig {
        sizing: Sizing::Resize { height: steps.size, width: steps.size },
        batch_size: steps.prediction_batch,
        seed: steps.seed,
        ..PredictConfig::default()
    }
}

impl Looking<'_> {
    /// What the network says of the slices that nobody annotated.
    pub(super) fn look(&mut self, weights: &str) -> Result<Looked, Error> {
        let mut query: DisagreementSelection = self.config.steps.query.start()?;
        let mut uncertainty = Vec::with_capacity(self.open.len());
        let mut labels = super::stacks::blank(self.stack.shape());
        let mut differ = labels.clone();
        let threshold = self.config.steps.query.probability_threshold;
        self.each(Stage::Query, |looking, id, image, maps| {
            if let Some(maps) = last_two(&maps) {
                query.observe_maps(id, &maps)?;
            }
            differ.index_axis_mut(Axis(0), id.0).assign(&differing(&maps, threshold));
            uncertainty.push(looking.uncertainty(id, image, &maps)?);
            labels.index_axis_mut(Axis(0), id.0).assign(&looking.labels(&maps));
            Ok(())
        })?;
        let features = if self.config.needs_features() { self.features()? } else { Vec::new() };
        let agreement = query.finish().records;
        let weights = weights.to_owned();
        let records = SliceRecords { weights, agreement, uncertainty, features };
        Ok(Looked { records, labels, disagreement: differ })
    }

    /// The labels of the slices that nobody annotated, 255 elsewhere.
    pub(super) fn segment(&mut self) -> Result<Array3<u8>, Error> {
        let mut labels = super::stacks::blank(self.stack.shape());
        self.each(Stage::Segment, |looking, id, _, maps| {
            labels.index_axis_mut(Axis(0), id.0).assign(&looking.labels(&maps));
            Ok(())
        })?;
        Ok(labels)
    }

    /// Runs every open slice, a batch in memory at a time.
    fn each(
        &mut self,
        stage: Stage,
        mut each: impl FnMut(&Self, SliceId, Array2<f32>, HeadMaps) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let total = self.open.len();
        let mut done = 0;
        for batch in self.open.chunks(self.predictor.batch_size()) {
            let images = self.images(batch)?;
            let maps = self.predictor.heads(&images)?;
            for ((&id, image), maps) in batch.iter().zip(images).zip(maps) {
                each(self, id, image, maps)?;
            }
            done += batch.len();
            told(self.observer, &Event::Predicted { stage, done, total })?;
        }
        Ok(())
    }

    fn images(&self, ids: &[SliceId]) -> Result<Vec<Array2<f32>>, Error> {
        let scaling = &self.config.steps.scaling;
        ids.iter().map(|&id| Ok(self.stack.scaled_slice(id, scaling)?)).collect()
    }

    fn labels(&self, maps: &HeadMaps) -> Array2<u8> {
        if self.config.classes.len() > 1 {
            return maps.labels();
        }
        let threshold = self.config.steps.query.probability_threshold;
        maps.last().mapv(|probability| u8::from(probability > threshold))
    }

    /// Of the last head; with Monte-Carlo dropout also how far its samples contradict each other.
    fn uncertainty(
        &self,
        slice: SliceId,
        image: Array2<f32>,
        maps: &HeadMaps,
    ) -> Result<Uncertainty, Error> {
        let id = CandidateId { stack: self.number, slice };
        let single = maps.last().view().insert_axis(Axis(0));
        let map = match maps.classes(4) {
            Some(classes) => classes.view(),
            None => single,
        };
        let mut uncertainty = Uncertainty::of_maps(id, &[map])?;
        if self.config.monte_carlo > 0 {
            let samples = self.predictor.monte_carlo(&[image], self.config.monte_carlo)?;
            let mean = |map: Array2<f32>| map.mapv(f64::from).mean();
            uncertainty.bald = samples.first().and_then(|maps| mean(maps.mutual_information()));
        }
        Ok(uncertainty)
    }

    fn features(&self) -> Result<Vec<Vec<f32>>, Error> {
        let mut rows = Vec::with_capacity(self.stack.slices());
        let ids: Vec<SliceId> = self.stack.ids().collect();
        for batch in ids.chunks(self.predictor.batch_size()) {
            let features = self.predictor.features(&self.images(batch)?)?;
            rows.extend(features.rows().into_iter().map(|row| row.to_vec()));
        }
        Ok(rows)
    }
}

/// Heads L3 and L4, of all classes where there are several.
fn last_two(maps: &HeadMaps) -> Option<Maps<'_>> {
    if let (Some(level3), Some(level4)) = (maps.classes(3), maps.classes(4)) {
        return Some(Maps::Classes { level3: level3.view(), level4: level4.view() });
    }
    Some(Maps::Pair { level3: maps.level(3)?.view(), level4: maps.level(4)?.view() })
}

/// 1 where heads L3 and L4 differ.
fn differing(maps: &HeadMaps, threshold: f32) -> Array2<u8> {
    match maps.level(3).zip(maps.level(4)) {
        Some((level3, level4)) => disagreement(level3, level4, threshold).mapv(u8::from),
        None => Array2::zeros(maps.last().dim()),
    }
}

impl SliceRecords {
    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        Ok(qunet_stack::write_file(path, &serde_json::to_vec(self)?)?)
    }

    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let bytes =
            fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        serde_json::from_slice(&bytes).map_err(|error| Error::Manifest {
            path: path.to_owned(),
            line: error.line(),
            problem: error.to_string(),
        })
    }
}

/// Predicted labels with what the annotators drew in their place; pixels that nobody labelled stay
/// predicted where there is a prediction, and are background where there is none.
pub(super) fn with_annotations(mut labels: Array3<u8>, annotations: &Array3<u8>) -> Array3<u8> {
    ndarray::Zip::from(&mut labels).and(annotations).for_each(|label, &drawn| {
        if drawn != IGNORE {
            *label = drawn;
        } else if *label == IGNORE {
            *label = 0;
        }
    });
    labels
}
