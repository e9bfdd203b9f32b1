//! The committee: a network that learns from all drawn slices, others that each leave a share of
//! them out, and boosted trees, over the slices of a stack.

use std::collections::BTreeMap;
use std::rc::Rc;

use ndarray::Array3;
use qunet_context::{Source, folds};
use qunet_model::{HeadMaps, MonteCarloMaps, Network, PredictConfig, Predictor, Sizing};
use qunet_select::CandidateId;
use qunet_stack::SliceId;

use crate::input::{Priors, WorkingStack};
use crate::trees::Trees;
use crate::{CampaignConfig, Error, StackRecord};

/// Fewer drawn slices than these are not shared out: a network that leaves one of two out learns
/// from a single one.
const FEWEST_SHARED: usize = 3;

/// Networks and trees over any stack.
pub(crate) struct Committee<'a> {
    config: &'a CampaignConfig,
    predictors: Vec<Predictor<'a>>,
    /// `None` where they do not count.
    trees: Option<Trees<'a>>,
}

/// What the sources say of one slice, on the grid.
pub(crate) struct Look {
    /// Of the network that speaks, head by head.
    pub(crate) heads: HeadMaps,
    /// The last head of that network, and of the others that were asked.
    pub(crate) members: Vec<Array3<f32>>,
    /// What counts.
    pub(crate) sources: BTreeMap<Source, Array3<f32>>,
}

impl<'a> Committee<'a> {
    /// The trees learn from the drawn slices of all stacks; of stacks on which nobody drew they can
    /// tell only where priors are hidden from them.
    pub(crate) fn new(
        config: &'a CampaignConfig,
        networks: &'a [Rc<Network>],
        stacks: &'a [WorkingStack<'a>],
        priors: Priors,
    ) -> Result<Self, Error> {
        let trees = Trees::fit(config, stacks, priors)?;
        Ok(Self { trees, ..Self::of_networks(config, networks)? })
    }

    /// Networks without trees.
    pub(crate) fn of_networks(
        config: &'a CampaignConfig,
        networks: &'a [Rc<Network>],
    ) -> Result<Self, Error> {
        let predictor = |network: &'a Rc<Network>| Predictor::with(network, predict_config(config));
        let predictors = networks.iter().map(predictor).collect::<Result<_, _>>()?;
        Ok(Self { config, predictors, trees: None })
    }

    /// What the sources say of slices of a stack that nobody drew, by the network that has learnt
    /// from all drawn slices.
    pub(crate) fn look(
        &self,
        working: &WorkingStack<'_>,
        stack: usize,
        slices: &[usize],
    ) -> Result<Vec<Look>, Error> {
        self.look_of(working, stack, slices, 0)
    }

    /// The same with the last heads of the other networks beside it.
    pub(crate) fn look_beside(
        &self,
        working: &WorkingStack<'_>,
        stack: usize,
        slices: &[usize],
    ) -> Result<Vec<Look>, Error> {
        let mut looks = self.look(working, stack, slices)?;
        let images = images(working, slices, self.shows_prior())?;
        for predictor in self.predictors.iter().skip(1) {
            for (look, maps) in looks.iter_mut().zip(predictor.heads(&images)?) {
                look.members.push(maps.probabilities());
            }
        }
        Ok(looks)
    }

    /// The same by one network alone; trees say of a drawn slice what they would had nobody drawn
    /// it.
    pub(crate) fn look_of(
        &self,
        working: &WorkingStack<'_>,
        stack: usize,
        slices: &[usize],
        member: usize,
    ) -> Result<Vec<Look>, Error> {
        let wanted = &self.config.completion.sources;
        let mut maps = Vec::with_capacity(2);
        if wanted.contains(&Source::Network) || !self.shows_prior() {
            maps.push((Source::Network, self.network_maps(working, slices, member, false)?));
        }
        if self.shows_prior() {
            let shown = self.network_maps(working, slices, member, true)?;
            maps.push((Source::NetworkWithPrior, shown));
        }
        let mut looks = Vec::with_capacity(slices.len());
        for (place, &slice) in slices.iter().enumerate() {
            let mut sources = BTreeMap::new();
            for (source, maps) in maps.iter().filter(|(source, _)| wanted.contains(source)) {
                sources.insert(*source, maps[place].probabilities());
            }
            if wanted.contains(&Source::Interpolation)
                && let Some(map) = working.interpolation(slice)?
            {
                sources.insert(Source::Interpolation, map);
            }
            if let Some(trees) = &self.trees {
                let id = CandidateId { stack, slice: SliceId(slice) };
                sources.extend(trees.probabilities(id)?.map(|map| (Source::Trees, map)));
            }
            for map in sources.values_mut() {
                working.restrict(slice, map)?;
            }
            let heads = maps.last().map(|(_, maps)| maps[place].clone());
            let heads = heads.ok_or(Error::NotTrained { round: 1 })?;
            let members = vec![heads.probabilities()];
            let heads = match working.region(slice)? {
                Some(region) => heads.restricted_to(region)?,
                None => heads,
            };
            looks.push(Look { heads, members, sources });
        }
        Ok(looks)
    }

    /// Whether the network is shown the prior where there is one.
    fn shows_prior(&self) -> bool {
        self.config.completion.sources.contains(&Source::NetworkWithPrior)
    }

    /// What a network says of each slice.
    fn network_maps(
        &self,
        working: &WorkingStack<'_>,
        slices: &[usize],
        member: usize,
        prior: bool,
    ) -> Result<Vec<HeadMaps>, Error> {
        Ok(self.predictors[member].heads(&images(working, slices, prior)?)?)
    }

    /// Samples of the first member with dropout.
    pub(crate) fn monte_carlo(
        &self,
        working: &WorkingStack<'_>,
        slice: usize,
        samples: usize,
        seed: u64,
    ) -> Result<Option<MonteCarloMaps>, Error> {
        let Some(predictor) = self.predictors.first() else { return Ok(None) };
        let image = [working.channels(slice, Some(&[]))?];
        Ok(predictor.monte_carlo(&image, samples, seed)?.into_iter().next())
    }

    /// One vector of the first member for every slice of a stack, those annotated included:
    /// distances to them count.
    pub(crate) fn features(&self, working: &WorkingStack<'_>) -> Result<Vec<Vec<f32>>, Error> {
        let Some(predictor) = self.predictors.first() else { return Ok(Vec::new()) };
        let slices: Vec<usize> = (0..working.shape().0).collect();
        let mut rows = Vec::with_capacity(slices.len());
        for batch in slices.chunks(self.config.prediction.batch_size) {
            let images = batch.iter().map(|&slice| working.channels(slice, None));
            let features = predictor.features(&images.collect::<Result<Vec<_>, _>>()?)?;
            rows.extend(features.rows().into_iter().map(|row| row.to_vec()));
        }
        Ok(rows)
    }
}

/// How slices go through the networks of a campaign.
fn predict_config(config: &CampaignConfig) -> PredictConfig {
    PredictConfig {
        sizing: Sizing::Resize { height: config.input.size, width: config.input.size },
        batch_size: config.prediction.batch_size,
        flips: config.prediction.flips,
        ..PredictConfig::default()
    }
}

/// Slices as the network sees them, with the prior or without.
fn images(
    working: &WorkingStack<'_>,
    slices: &[usize],
    prior: bool,
) -> Result<Vec<Array3<f32>>, Error> {
    let without = prior.then_some(&[][..]);
    slices.iter().map(|&slice| working.channels(slice, without)).collect()
}

/// Which annotated slices each member leaves out, of all stacks: the first none, and every slice is
/// left out by one of the others, the drawn slices of a stack in turn. Slices that `before`
/// knows stay with the member that left them out then, for it has not seen them yet.
pub(crate) fn share_out(
    stacks: &[StackRecord],
    shares: usize,
    before: &[Vec<CandidateId>],
) -> Result<Vec<Vec<CandidateId>>, Error> {
    let total: usize = stacks.iter().map(|stack| stack.annotated.len()).sum();
    if shares < 2 || total < FEWEST_SHARED {
        return Ok(vec![Vec::new()]);
    }
    let shares = shares.min(total);
    let mut members = match before.len() == shares + 1 {
        true => before.to_vec(),
        false => vec![Vec::new(); shares + 1],
    };
    let known: Vec<CandidateId> = members.concat();
    for (stack, record) in stacks.iter().enumerate() {
        let at = |&slice: &SliceId| CandidateId { stack, slice };
        let new: Vec<CandidateId> =
            record.annotated.iter().map(at).filter(|id| !known.contains(id)).collect();
        let numbers: Vec<usize> = new.iter().map(|id| id.slice.0).collect();
        for (id, fold) in new.iter().zip(folds(&numbers, shares)?) {
            // Stacks with a slice or two each do not all burden the first share.
            members[1 + (fold + stack) % shares].push(*id);
        }
    }
    members.iter_mut().for_each(|slices| slices.sort_unstable());
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Annotations, StackSource};

    fn record(annotated: &[usize]) -> StackRecord {
        StackRecord {
            source: StackSource::new("a.nii"),
            shape: [40, 8, 8],
            slice_spacing: 1.0,
            pixels: String::new(),
            region: String::new(),
            scores: String::new(),
            annotations: Annotations { generation: 0, digest: String::new() },
            annotated: annotated.iter().copied().map(SliceId).collect(),
            foreground: 0,
        }
    }

    fn numbers(shares: &[Vec<CandidateId>]) -> Vec<Vec<(usize, usize)>> {
        let share = |ids: &Vec<CandidateId>| ids.iter().map(|id| (id.stack, id.slice.0)).collect();
        shares.iter().map(share).collect()
    }

    #[test]
    fn every_drawn_slice_is_left_out_by_one_member_and_stays_with_it() {
        let first = share_out(&[record(&[3, 9, 15, 21])], 3, &[]).unwrap();
        assert_eq!(numbers(&first), [vec![], vec![(0, 3), (0, 21)], vec![(0, 9)], vec![(0, 15)]]);
        let second = share_out(&[record(&[3, 6, 9, 12, 15, 21])], 3, &first).unwrap();
        for (member, slices) in first.iter().enumerate() {
            assert!(slices.iter().all(|id| second[member].contains(id)), "{second:?}");
        }
        assert!(second[0].is_empty());
        assert_eq!(second.concat().len(), 6);
        // The second of two stacks with one drawn slice each burdens the second share.
        let stacks = [record(&[3]), record(&[5]), record(&[4])];
        let shares = share_out(&stacks, 3, &[]).unwrap();
        assert_eq!(numbers(&shares), [vec![], vec![(0, 3)], vec![(1, 5)], vec![(2, 4)]]);
    }

    #[test]
    fn few_drawn_slices_are_not_shared_out() {
        for (annotated, shares) in [(&[3, 9][..], 3), (&[3, 9, 15], 1)] {
            let members = share_out(&[record(annotated)], shares, &[]).unwrap();
            assert_eq!(members, [Vec::new()]);
        }
        assert_eq!(share_out(&[record(&[3, 9, 15])], 5, &[]).unwrap().len(), 4);
    }
}
