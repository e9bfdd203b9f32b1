//! Boosted trees over the drawn slices of all stacks, in two stages: the second sees what the first
//! says of the surroundings of a pixel.
//!
//! What the first stage says of a drawn slice comes from trees that were not shown it, and so does
//! what the second says: drawn slices then look like slices that nobody drew, to the second stage
//! as to those who weigh trees against other sources.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, Array3, ArrayRef2, Axis, s};
use qunet_context::{LabelledPlanes, PixelTrees, Source, folds, surroundings};
use qunet_select::CandidateId;
use qunet_stack::SliceId;

use crate::input::{Priors, WorkingStack};
use crate::{CampaignConfig, Error};

/// In how many shares the drawn slices are held back.
const SHARES: usize = 3;

/// Trees that learnt from drawn slices.
pub(crate) struct Trees<'a> {
    config: &'a CampaignConfig,
    stacks: &'a [WorkingStack<'a>],
    /// Whether they are shown what was drawn on other slices.
    priors: Priors,
    /// The share of each drawn slice; one for all where there is but one.
    shares: BTreeMap<CandidateId, usize>,
    first: Stage,
    /// `None` where there are too few drawn slices to learn from what the first stage says of them.
    second: Option<Stage>,
    /// What the first stage has said of slices.
    maps: RefCell<FirstMaps>,
}

/// Probabilities of the foreground classes, by slice and by the share whose trees are meant.
type FirstMaps = BTreeMap<(CandidateId, Option<usize>), Array3<f32>>;

/// Trees of all drawn slices, and for each share those of the others; `None` where there are none.
struct Stage {
    all: PixelTrees,
    without: Vec<Option<PixelTrees>>,
}

impl<'a> Trees<'a> {
    /// `None` where trees do not count, or nothing is drawn.
    pub(crate) fn fit(
        config: &'a CampaignConfig,
        stacks: &'a [WorkingStack<'a>],
        priors: Priors,
    ) -> Result<Option<Self>, Error> {
        if !config.completion.sources.contains(&Source::Trees) {
            return Ok(None);
        }
        let mut shares = BTreeMap::new();
        for (stack, working) in stacks.iter().enumerate() {
            let drawn = working.drawn().slices();
            for (&slice, fold) in drawn.iter().zip(folds(drawn, SHARES)?) {
                let id = CandidateId { stack, slice: SliceId(slice) };
                shares.insert(id, (fold + stack) % SHARES);
            }
        }
        let planes = |id: CandidateId| stacks[id.stack].planes(id.slice.0, priors);
        let Some(first) = Stage::fit(config, stacks, &shares, &planes)? else { return Ok(None) };
        let maps = RefCell::default();
        let mut trees = Self { config, stacks, priors, shares, first, second: None, maps };
        let held_back: BTreeSet<usize> = trees.shares.values().copied().collect();
        // With two, what trees of a single slice say of the other would be taken for the rule.
        if held_back.len() == SHARES {
            let planes = |id: CandidateId| trees.planes(id);
            trees.second = Stage::fit(config, stacks, &trees.shares, &planes)?;
        }
        Ok(Some(trees))
    }

    /// What the trees say of a slice; of a drawn one those that were not shown it, `None` where
    /// there are none.
    pub(crate) fn probabilities(&self, id: CandidateId) -> Result<Option<Array3<f32>>, Error> {
        let (stage, planes) = match &self.second {
            None => (&self.first, self.stacks[id.stack].planes(id.slice.0, self.priors)?),
            Some(second) => (second, self.planes(id)?),
        };
        let trees = match self.shares.get(&id) {
            None => Some(&stage.all),
            Some(&share) => stage.without[share].as_ref(),
        };
        trees.map(|trees| self.map(trees, id, &planes)).transpose()
    }

    fn map(
        &self,
        trees: &PixelTrees,
        id: CandidateId,
        planes: &[Array2<f32>],
    ) -> Result<Array3<f32>, Error> {
        let region = self.stacks[id.stack].region(id.slice.0)?;
        Ok(trees.probabilities(&references(planes), region.map(|region| &**region))?)
    }

    /// The features of the second stage.
    fn planes(&self, id: CandidateId) -> Result<Vec<Array2<f32>>, Error> {
        let working = &self.stacks[id.stack];
        let mut planes = working.planes(id.slice.0, self.priors)?;
        // All that surrounds a drawn slice is seen by trees that were not shown it.
        let share = self.shares.get(&id).copied();
        let here = self.first_map(id, share)?;
        let [before, after] = working.next_to(id.slice.0).map(|slice| {
            let next = CandidateId { slice: SliceId(slice), ..id };
            self.first_map(next, self.shares.get(&next).copied().or(share))
        });
        let (before, after) = (before?, after?);
        for class in 0..self.config.classes.len() {
            let at = |map: &Array3<f32>| map.index_axis(Axis(0), class).to_owned();
            planes.extend(surroundings(&at(&here), [&at(&before), &at(&after)]));
        }
        Ok(planes)
    }

    /// What the first stage says of a slice, by the trees of all drawn slices or of those that are
    /// not in a share; the foreground classes only.
    fn first_map(&self, id: CandidateId, share: Option<usize>) -> Result<Array3<f32>, Error> {
        if let Some(map) = self.maps.borrow().get(&(id, share)) {
            return Ok(map.clone());
        }
        let without = share.and_then(|share| self.first.without[share].as_ref());
        let planes = self.stacks[id.stack].planes(id.slice.0, self.priors)?;
        let map = self.map(without.unwrap_or(&self.first.all), id, &planes)?;
        let background = map.dim().0 - self.config.classes.len();
        let map = map.slice_move(s![background.., .., ..]);
        self.maps.borrow_mut().insert((id, share), map.clone());
        Ok(map)
    }
}

impl Stage {
    /// `None` where nothing is drawn.
    fn fit(
        config: &CampaignConfig,
        stacks: &[WorkingStack<'_>],
        shares: &BTreeMap<CandidateId, usize>,
        planes: &dyn Fn(CandidateId) -> Result<Vec<Array2<f32>>, Error>,
    ) -> Result<Option<Self>, Error> {
        let mut learnt = Vec::with_capacity(shares.len());
        for (&id, &share) in shares {
            learnt.push((share, planes(id)?, stacks[id.stack].learnt(id.slice.0)?));
        }
        let fit = |left_out: Option<usize>| {
            let kept = learnt.iter().filter(|(share, ..)| Some(*share) != left_out);
            let kept: Vec<_> =
                kept.map(|(_, planes, labels)| (references(planes), labels.view())).collect();
            let slices: Vec<LabelledPlanes<'_>> =
                kept.iter().map(|(planes, labels)| (planes.as_slice(), *labels)).collect();
            PixelTrees::fit(&slices, config.classes.len(), &config.completion.trees)
        };
        let Some(all) = fit(None)? else { return Ok(None) };
        let without = (0..SHARES).map(|share| fit(Some(share))).collect::<Result<_, _>>()?;
        Ok(Some(Self { all, without }))
    }
}

fn references(planes: &[Array2<f32>]) -> Vec<&ArrayRef2<f32>> {
    planes.iter().map(|plane| &**plane).collect()
}
