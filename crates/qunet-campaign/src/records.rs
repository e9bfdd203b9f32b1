//! The observation of the slices of one stack by a trained committee.

use ndarray::{Array2, Array3, ArrayView3, Axis, Zip};
use qunet_model::{HeadMaps, IGNORE, Observer};
use qunet_select::{
    AgreementRecord, CandidateId, Column, Maps, Needs, Uncertainty, disagreement_mask,
};
use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

use crate::committee::{Committee, Look};
use crate::completion::{Fusion, Weighed, clean};
use crate::event::{Event, notify};
use crate::input::WorkingStack;
use crate::{CampaignConfig, Digest, Error};

/// Samples of a single network for a strategy that reads some, where the settings ask for none.
const SAMPLES_ALONE: usize = 8;

/// Agreement, uncertainty and features of the slices of one stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceRecords {
    /// Digests of the weights of the networks.
    pub weights: Vec<Digest>,
    /// Slices of which some or all pixels were predicted.
    pub predicted: Vec<SliceId>,
    /// How the sources were made one.
    pub fusion: Fusion,
    /// Agreement of the last two heads on the slices that nobody annotated.
    pub agreement: Vec<AgreementRecord>,
    /// How uncertain the network is of them.
    pub uncertainty: Vec<Uncertainty>,
    /// A vector for every slice of the stack; empty where the strategy needs none.
    pub features: Vec<Vec<f32>>,
}

/// All that a committee observes of one stack.
pub(crate) struct Observation {
    pub(crate) records: SliceRecords,
    /// Predicted labels, 255 on slices that are annotated wholly.
    pub(crate) labels: Array3<u8>,
    /// 1 where the last two heads differ, 255 on slices that are annotated.
    pub(crate) disagreement: Array3<u8>,
}

/// A trained committee over the slices of one stack.
pub(crate) struct Inference<'a> {
    pub(crate) config: &'a CampaignConfig,
    pub(crate) round: usize,
    pub(crate) stack: usize,
    pub(crate) working: &'a WorkingStack<'a>,
    pub(crate) committee: &'a Committee<'a>,
    pub(crate) needs: &'a Needs,
}

impl Inference<'_> {
    /// Observes the `open` slices, which nobody annotated, and predicts those and the `partial`
    /// ones, on which some pixels are annotated.
    pub(crate) fn observe(
        &self,
        (open, partial): (&[SliceId], &[SliceId]),
        weighed: Weighed,
        weights: Vec<Digest>,
        observer: &mut dyn Observer<Event>,
    ) -> Result<Observation, Error> {
        let (slices, height, width) = self.working.shape();
        let mut labels = Array3::from_elem((slices, height, width), IGNORE);
        let mut disagreement = labels.clone();
        let (mut agreement, mut uncertainty) = (Vec::new(), Vec::new());
        let predicted: Vec<SliceId> = open.iter().chain(partial).copied().collect();
        let mut maps: Vec<Option<Array3<f32>>> = vec![None; slices];
        let mut done = 0;
        for batch in predicted.chunks(self.config.prediction.batch_size) {
            let numbers: Vec<usize> = batch.iter().map(|id| id.0).collect();
            let looks = self.committee.look_beside(self.working, self.stack, &numbers)?;
            for (&id, look) in batch.iter().zip(looks) {
                if done < open.len() {
                    let (record, differ) = self.agreement(id, &look.heads)?;
                    disagreement.index_axis_mut(Axis(0), id.0).assign(&differ);
                    agreement.push(record);
                    uncertainty.push(self.uncertainty(id, &look)?);
                }
                maps[id.0] = Some(weighed.fusion.fuse(&look.sources)?);
                done += 1;
            }
            let (round, stack, total) = (self.round, self.stack, predicted.len());
            notify(observer, &Event::Predicted { round, stack, done, total })?;
        }
        let completion = &self.config.completion;
        clean(self.working, &weighed.fusion, completion, &mut maps)?;
        let fusion = weighed.estimated(self.working, completion, &maps)?;
        for (slice, map) in maps.iter().enumerate() {
            if let Some(map) = map {
                let whole = self.working.restored(map, fusion.threshold)?;
                labels.index_axis_mut(Axis(0), slice).assign(&whole);
            }
        }
        let features = match self.needs.contains(&Column::Features) {
            true => self.committee.features(self.working)?,
            false => Vec::new(),
        };
        let records = SliceRecords { weights, predicted, fusion, agreement, uncertainty, features };
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
        Ok((record, self.working.restored_labels(&differ)?))
    }

    /// Of the committee's last heads, the members being the samples; with Monte-Carlo dropout also
    /// how far the samples of one member contradict each other.
    fn uncertainty(&self, slice: SliceId, look: &Look) -> Result<Uncertainty, Error> {
        let id = CandidateId { stack: self.stack, slice };
        let views: Vec<ArrayView3<'_, f32>> = look.members.iter().map(|map| map.view()).collect();
        let mut uncertainty = Uncertainty::from_maps(id, &views)?;
        // With too few drawn slices to be shared out there is one network, whatever the settings say.
        let alone = views.len() == 1 && self.needs.contains(&Column::Bald);
        let samples = match self.config.prediction.monte_carlo {
            0 if alone => SAMPLES_ALONE,
            asked => asked,
        };
        if samples > 0 {
            let seed = self.config.seed_of_round(self.round).wrapping_add(slice.0 as u64);
            let mean = |map: Array2<f32>| map.mapv(f64::from).mean();
            let drawn = self.committee.monte_carlo(self.working, slice.0, samples, seed)?;
            uncertainty.bald = drawn.and_then(|maps| mean(maps.mutual_information()));
        }
        Ok(uncertainty)
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
