//! A trained campaign on a stack that is not one of its own.

use std::fmt;

use ndarray::Array3;
use qunet_context::{Source, weigh};
use qunet_model::{IGNORE, Observer};
use qunet_stack::Stack;

use crate::committee::Committee;
use crate::completion::{Fusion, believed, clean, pooled};
use crate::event::{Event, notify};
use crate::input::{Priors, WorkingStack};
use crate::store::Store;
use crate::{Campaign, CampaignConfig, Error, StackRecord};

/// The segmentation of a stack, whether a campaign knows it or not.
#[derive(Clone, Debug, PartialEq)]
pub struct OtherStack {
    /// The labels of all slices, `(slices, height, width)`.
    pub labels: Array3<u8>,
    /// How the sources were made one. There is no estimate where the campaign does not know the
    /// stack.
    pub fusion: Fusion,
    /// The number of the campaign's stack that has the same pixels; what was drawn on it is used.
    pub own: Option<usize>,
}

impl fmt::Display for OtherStack {
    /// Whether there is a prior, and how much each source counts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.own {
            Some(_) => "slices of this stack were drawn in the campaign; ",
            None => "nothing of this stack was drawn in the campaign, so that there is no prior; ",
        })?;
        self.fusion.fmt(f)
    }
}

impl<S: Store> Campaign<S> {
    /// Segments a stack that is not one of the campaign's, with what the campaign has learnt: its
    /// network, shown no prior, and trees over the slices drawn in the campaign, which know no prior
    /// either. They weigh as they did on the campaign's drawn slices; there is no mask to
    /// interpolate.
    ///
    /// A stack with the pixels of one of the campaign's in a folder is segmented as
    /// [`Campaign::segment`] does, with all that is drawn on it.
    ///
    /// ```
    /// use qunet_campaign::{CampaignConfig, RecordedLabels, Silent, run_two_steps};
    /// use qunet_stack::{Scaling, phantom::CtPhantom};
    ///
    /// let [known, other] = [5, 6].map(|seed| CtPhantom { slices: 12, size: 48, seed }.generate());
    /// let (known, other) = (known?, other?);
    /// let mut config = CampaignConfig { scaling: Scaling::lung_window(), ..CampaignConfig::two_steps() };
    /// (config.network.unet.width, config.input.size) = (2, 32);
    /// (config.train.epochs, config.fine_tune.epochs) = (1, 1);
    /// let mut annotator = RecordedLabels::new(&known.truth);
    /// let outcome = run_two_steps(&known.stack, &config, &mut annotator, &mut Silent)?;
    ///
    /// let found = outcome.segment_other(&other.stack, &mut Silent)?;
    /// assert_eq!(found.labels.shape(), other.stack.shape());
    /// assert_eq!(found.fusion.weights.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NotQueried`] before the last training has been followed by a query,
    /// [`Error::Interrupted`] where the observer ends the run, and those of the sources.
    pub fn segment_other(
        &self,
        stack: &Stack,
        observer: &mut dyn Observer<Event>,
    ) -> Result<OtherStack, Error> {
        let round = self.queried()?;
        if let Some(number) = self.own(stack)? {
            return self.segment_own(number, round);
        }
        let networks = self.networks()?;
        let config = without_prior(&self.manifest.config);
        let drawings = self.open_drawings()?;
        let mut stacks = self.working_stacks(&drawings, &config)?;
        let number = stacks.len();
        let nobody = Array3::from_elem(stack.shape(), IGNORE);
        stacks.push(WorkingStack::new(stack, &[], &nobody, &config)?);
        let committee = Committee::new(&config, &networks, &stacks, Priors::Hidden)?;
        let working = &stacks[number];
        let fusion = self.fusion_elsewhere(&config, working, round)?;
        let slices: Vec<usize> = (0..stack.slices()).collect();
        let mut maps = Vec::with_capacity(slices.len());
        for batch in slices.chunks(config.prediction.batch_size) {
            for look in committee.look(working, number, batch)? {
                maps.push(Some(fusion.fuse(&look.sources)?));
            }
            let (done, total) = (maps.len(), slices.len());
            notify(observer, &Event::Predicted { round, stack: number, done, total })?;
        }
        clean(working, &fusion, &config.completion, &mut maps)?;
        let mut labels = Array3::zeros(stack.shape());
        for (map, mut to) in maps.iter().flatten().zip(labels.outer_iter_mut()) {
            to.assign(&working.restored(map, fusion.threshold)?);
        }
        Ok(OtherStack { labels, fusion, own: None })
    }

    /// The stack of the campaign with these pixels. In memory there are no digests of pixels.
    fn own(&self, stack: &Stack) -> Result<Option<usize>, Error> {
        let [digest, _] = self.store.digests_of(stack)?;
        let same = |record: &StackRecord| !digest.is_empty() && record.pixels == digest;
        Ok(self.manifest.stacks.iter().position(same))
    }

    fn segment_own(&self, number: usize, round: usize) -> Result<OtherStack, Error> {
        let records = self.records(number, round)?.ok_or(Error::NotQueried { round })?;
        let (labels, fusion) = (self.completed(number, round)?, records.fusion);
        Ok(OtherStack { labels, fusion, own: Some(number) })
    }

    /// Weights by the held-back slices of all stacks, and their mean threshold.
    fn fusion_elsewhere(
        &self,
        config: &CampaignConfig,
        working: &WorkingStack<'_>,
        round: usize,
    ) -> Result<Fusion, Error> {
        let (mut scores, mut thresholds) = (Vec::new(), Vec::new());
        for number in 0..self.manifest.stacks.len() {
            let records = self.records(number, round)?.ok_or(Error::NotQueried { round })?;
            scores.push(records.fusion.held_back);
            thresholds.push(records.fusion.threshold);
        }
        let completion = &config.completion;
        let none = completion.sources.iter().map(|&source| (source, Vec::new())).collect();
        let beliefs = believed(&none, &pooled(&scores), working.is_alike(config.input.neighbours)?);
        let weights = weigh(&beliefs, completion.temperature)?;
        let threshold = thresholds.iter().sum::<f32>() / thresholds.len() as f32;
        let smoothed = working.is_alike(completion.smoothing)?;
        Ok(Fusion { weights, threshold, smoothed, held_back: none, estimate: None })
    }
}

/// The settings without what needs a drawn slice.
fn without_prior(config: &CampaignConfig) -> CampaignConfig {
    let mut config = config.clone();
    let sources = &mut config.completion.sources;
    sources.remove(&Source::Interpolation);
    if sources.remove(&Source::NetworkWithPrior) {
        sources.insert(Source::Network);
    }
    config
}
