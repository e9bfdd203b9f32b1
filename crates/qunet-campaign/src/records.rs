//! The observation of the slices of one stack by a trained network.

use std::rc::Rc;

use ndarray::{Array2, Array3, ArrayView3, Axis, Zip};
use qunet_model::{HeadMaps, IGNORE, Network, Observer, PredictConfig, Predictor, Sizing};
use qunet_select::{
    AgreementRecord, CandidateId, Column, Maps, Needs, Uncertainty, disagreement_mask,
};
use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

use crate::event::{Event, notify};
use crate::input::NetworkInput;
use crate::{CampaignConfig, Digest, Error};

/// Agreement, uncertainty and features of the slices of one stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceRecords {
    /// Digest of the weights of the network.
    pub weights: Digest,
    /// Agreement of the last two heads on the slices that nobody annotated.
    pub agreement: Vec<AgreementRecord>,
    /// How uncertain the network is of them.
    pub uncertainty: Vec<Uncertainty>,
    /// A vector for every slice of the stack; empty where the strategy needs none.
    pub features: Vec<Vec<f32>>,
}

/// All that a network observes of one stack.
pub(crate) struct Observation {
    pub(crate) records: SliceRecords,
    /// Predicted labels, 255 on slices that are annotated wholly.
    pub(crate) labels: Array3<u8>,
    /// 1 where the last two heads differ, 255 on slices that are annotated.
    pub(crate) disagreement: Array3<u8>,
}

/// A trained network over the slices of one stack.
pub(crate) struct Inference<'a> {
    pub(crate) config: &'a CampaignConfig,
    pub(crate) round: usize,
    pub(crate) stack: usize,
    pub(crate) input: NetworkInput<'a>,
    pub(crate) network: Rc<Network>,
    pub(crate) needs: &'a Needs,
}

impl Inference<'_> {
    /// Observes the `open` slices, which nobody annotated, and predicts those and the `partial`
    /// ones, on which some pixels are annotated.
    pub(crate) fn observe(
        &self,
        (open, partial): (&[SliceId], &[SliceId]),
        weights: Digest,
        observer: &mut dyn Observer<Event>,
    ) -> Result<Observation, Error> {
        let predictor = Predictor::with(&self.network, predict_config(self.config))?;
        let (slices, height, width) = self.input.shape();
        let mut labels = Array3::from_elem((slices, height, width), IGNORE);
        let mut disagreement = labels.clone();
        let (mut agreement, mut uncertainty) = (Vec::new(), Vec::new());
        let ids: Vec<SliceId> = open.iter().chain(partial).copied().collect();
        let mut done = 0;
        for batch in ids.chunks(self.config.prediction.batch_size) {
            let images: Result<Vec<_>, _> = batch.iter().map(|&id| self.input.image(id)).collect();
            let images = images?;
            for ((&id, image), maps) in batch.iter().zip(&images).zip(predictor.heads(&images)?) {
                let maps = self.input.restricted(id, maps)?;
                let predicted = maps.labels(self.config.prediction.threshold);
                let whole = self.input.restored(&predicted)?;
                labels.index_axis_mut(Axis(0), id.0).assign(&whole);
                if done < open.len() {
                    let (record, differ) = self.agreement(id, &maps)?;
                    disagreement.index_axis_mut(Axis(0), id.0).assign(&differ);
                    agreement.push(record);
                    uncertainty.push(self.uncertainty(&predictor, id, image, &maps)?);
                }
                done += 1;
            }
            let (round, stack, total) = (self.round, self.stack, ids.len());
            notify(observer, &Event::Predicted { round, stack, done, total })?;
        }
        let features = match self.needs.contains(&Column::Features) {
            true => self.features(&predictor)?,
            false => Vec::new(),
        };
        let records = SliceRecords { weights, agreement, uncertainty, features };
        Ok(Observation { records, labels, disagreement })
    }

    fn agreement(
        &self,
        slice: SliceId,
        maps: &HeadMaps,
    ) -> Result<(AgreementRecord, Array2<u8>), Error> {
        let id = CandidateId { stack: self.stack, slice };
        let maps = last_two(maps)?;
        let threshold = self.config.prediction.threshold;
        let record = AgreementRecord::from_maps(id, &maps, threshold, &self.config.agreement)?;
        let differ = disagreement_mask(&maps, threshold)?.mapv(u8::from);
        Ok((record, self.input.restored(&differ)?))
    }

    /// Of the last head; with Monte-Carlo dropout also how far its samples contradict each other.
    fn uncertainty(
        &self,
        predictor: &Predictor<'_>,
        slice: SliceId,
        image: &Array3<f32>,
        maps: &HeadMaps,
    ) -> Result<Uncertainty, Error> {
        let id = CandidateId { stack: self.stack, slice };
        let [_, last] = maps.last_two()?;
        let single = last.foreground.view().insert_axis(Axis(0));
        let map: ArrayView3<'_, f32> = last.classes.map_or(single, |classes| classes.view());
        let mut uncertainty = Uncertainty::from_maps(id, &[map])?;
        let samples = self.config.prediction.monte_carlo;
        if samples > 0 {
            let seed = self.config.seed_of_round(self.round).wrapping_add(slice.0 as u64);
            let image = std::slice::from_ref(image);
            let drawn = predictor.monte_carlo(image, samples, seed)?;
            let mean = |map: Array2<f32>| map.mapv(f64::from).mean();
            uncertainty.bald = drawn.first().and_then(|maps| mean(maps.mutual_information()));
        }
        Ok(uncertainty)
    }

    /// One vector for every slice of the stack, those annotated included: distances to them count.
    fn features(&self, predictor: &Predictor<'_>) -> Result<Vec<Vec<f32>>, Error> {
        let ids: Vec<SliceId> = (0..self.input.shape().0).map(SliceId).collect();
        let mut rows = Vec::with_capacity(ids.len());
        for batch in ids.chunks(self.config.prediction.batch_size) {
            let images: Result<Vec<_>, _> = batch.iter().map(|&id| self.input.image(id)).collect();
            let features = predictor.features(&images?)?;
            rows.extend(features.rows().into_iter().map(|row| row.to_vec()));
        }
        Ok(rows)
    }
}

/// How slices go through the network of a campaign.
pub(crate) fn predict_config(config: &CampaignConfig) -> PredictConfig {
    PredictConfig {
        sizing: Sizing::Resize { height: config.input.size, width: config.input.size },
        batch_size: config.prediction.batch_size,
        ..PredictConfig::default()
    }
}

/// The last two heads, of all classes where there are several.
fn last_two(maps: &HeadMaps) -> Result<Maps<'_>, Error> {
    let [third, fourth] = maps.last_two()?;
    Ok(match (third.classes, fourth.classes) {
        (Some(level3), Some(level4)) => {
            Maps::Classes { level3: level3.view(), level4: level4.view() }
        }
        _ => Maps::Pair { level3: third.foreground.view(), level4: fourth.foreground.view() },
    })
}

/// Predicted labels with what the annotators drew in their place; pixels that nobody labelled stay
/// predicted where there is a prediction, and are background where there is none.
pub(crate) fn with_annotations(mut labels: Array3<u8>, annotations: &Array3<u8>) -> Array3<u8> {
    Zip::from(&mut labels).and(annotations).for_each(|label, &drawn| {
        if drawn != IGNORE {
            *label = drawn;
        } else if *label == IGNORE {
            *label = 0;
        }
    });
    labels
}
