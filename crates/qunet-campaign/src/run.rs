//! Campaigns in memory, with an annotator who answers at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ndarray::{Array2, Array3, Axis};
use qunet_exchange::Answers;
use qunet_model::{IGNORE, Observer};
use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, Evaluation};
use qunet_select::{CandidateId, Column, Needs, StrategyConfig};
use qunet_stack::{LabelMap, SliceId, Stack};

use crate::campaign::check_names;
use crate::error::require;
use crate::event::{Event, notify};
use crate::input::is_foreground;
use crate::manifest::plain_name;
use crate::round::{EmptySlices, Ingested};
use crate::store::Memory;
use crate::{Campaign, CampaignConfig, Error, Next, StackSource};

/// A campaign that ran to its end in memory: selections, scores, segmentation and network.
pub type Outcome<'a> = Campaign<Memory<'a>>;

/// Outlines the lesions on the slices that are asked for.
pub trait Annotator {
    /// The labels `(height, width)` of one slice, in the slice's own size: 0 is background, the
    /// classes count from 1, 255 is a pixel that stays unannotated.
    ///
    /// # Errors
    /// Whatever keeps the annotator from answering.
    fn annotate(&mut self, id: CandidateId) -> Result<Array2<u8>, Error>;
}

/// Known labels in the place of an annotator. It remembers which slices were asked for, so that a
/// test can show that no other was read.
#[derive(Clone, Debug)]
pub struct RecordedLabels<'a> {
    labels: Vec<&'a LabelMap>,
    asked: BTreeSet<CandidateId>,
}

impl<'a> RecordedLabels<'a> {
    /// Answers for one stack.
    #[must_use]
    pub fn new(labels: &'a LabelMap) -> Self {
        Self::from_stacks(&[labels])
    }

    /// Answers for several stacks, in the order of their numbers.
    #[must_use]
    pub fn from_stacks(labels: &[&'a LabelMap]) -> Self {
        Self { labels: labels.to_vec(), asked: BTreeSet::new() }
    }

    /// The slices that were asked for, in order.
    #[must_use]
    pub fn asked(&self) -> &BTreeSet<CandidateId> {
        &self.asked
    }
}

impl Annotator for RecordedLabels<'_> {
    fn annotate(&mut self, id: CandidateId) -> Result<Array2<u8>, Error> {
        self.asked.insert(id);
        let labels = self.labels.get(id.stack).ok_or_else(|| Error::UnknownStack {
            name: id.stack.to_string(),
            known: format!("labels of {} stack(s)", self.labels.len()),
        })?;
        Ok(labels.slice(id.slice)?.to_owned())
    }
}

/// Runs a campaign over stacks in memory to its end: the rounds of a [`Campaign`] in a folder, the
/// annotator asked at once.
///
/// # Errors
/// [`Error::NothingToBegin`] where no slice is chosen for the first round, [`Error::Interrupted`]
/// where the observer ends the run, and those of the parts.
///
/// ```
/// use qunet_campaign::{CampaignConfig, RecordedLabels, Silent, run_rounds};
/// use qunet_stack::{Scaling, phantom::CtPhantom};
///
/// let phantom = CtPhantom { slices: 12, size: 48, seed: 5 }.generate()?;
/// let mut config = CampaignConfig { scaling: Scaling::lung_window(), ..CampaignConfig::quick() };
/// (config.network.unet.width, config.input.size) = (2, 32);
/// (config.train.epochs, config.fine_tune.epochs) = (1, 1);
/// let mut annotator = RecordedLabels::new(&phantom.truth);
/// let outcome = run_rounds(&[&phantom.stack], &config, &mut annotator, &mut Silent)?;
/// assert_eq!(outcome.manifest().annotated(), 2); // a fifth of twelve slices
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run_rounds<'a>(
    stacks: &[&'a Stack],
    config: &CampaignConfig,
    annotator: &mut dyn Annotator,
    observer: &mut dyn Observer<Event>,
) -> Result<Outcome<'a>, Error> {
    let mut campaign = first_round(stacks, config, annotator, observer)?;
    campaign.finish(annotator, observer)?;
    Ok(campaign)
}

/// The first round of [`run_rounds`], up to the point at which the trained network could be asked for more. From
/// there [`Campaign::finish`] leads to the same end, and [`Campaign::fork`] to others.
///
/// # Errors
/// As [`run_rounds`].
pub fn first_round<'a>(
    stacks: &[&'a Stack],
    config: &CampaignConfig,
    annotator: &mut dyn Annotator,
    observer: &mut dyn Observer<Event>,
) -> Result<Outcome<'a>, Error> {
    config.check()?;
    let sources = sources(stacks);
    check_names(&sources)?;
    let mut campaign = Campaign::begin(Memory::new(stacks), config, &sources, observer)?;
    loop {
        match campaign.next() {
            Next::Annotate { .. } => campaign.annotate(annotator, observer)?,
            Next::Train => drop(campaign.train(observer)?.clone()),
            _ => return Ok(campaign),
        }
    }
}

/// The two steps of QU-net++ on one stack: two rounds of the engine behind [`run_rounds`]. The first
/// asks for slices by image quality and trains on them; the network then asks for more, is trained
/// further, and the rest is segmented. With [`CampaignConfig::paper`] this is Algorithm 1: S0, then
/// the slices on which the last two heads disagree, and the last head alone.
///
/// # Errors
/// [`Error::Parameter`] where `stopping.max_rounds` is not 2, as [`CampaignConfig::two_steps`] and
/// [`CampaignConfig::paper`] set it; otherwise as [`run_rounds`].
pub fn run_two_steps<'a>(
    stack: &'a Stack,
    config: &CampaignConfig,
    annotator: &mut dyn Annotator,
    observer: &mut dyn Observer<Event>,
) -> Result<Outcome<'a>, Error> {
    let rounds = config.stopping.max_rounds;
    let value = rounds.map_or("none".to_owned(), |rounds| rounds.to_string());
    require(rounds == Some(2), "stopping.max_rounds", value, || {
        "two steps are two rounds; set 2, or call run_rounds".into()
    })?;
    run_rounds(&[stack], config, annotator, observer)
}

/// Stacks in memory by names that differ.
fn sources(stacks: &[&Stack]) -> Vec<StackSource> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut source = |stack: &&Stack| {
        let plain = plain_name(stack.name());
        let name = if plain.is_empty() { "stack".to_owned() } else { plain };
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        let name = if *count > 1 { format!("{name}-{count}") } else { name };
        StackSource { name, image: Default::default(), roi: None, resample: Default::default() }
    };
    stacks.iter().map(&mut source).collect()
}

/// An annotator who answers at once means what is empty to be empty.
struct Certain;

impl EmptySlices for Certain {
    fn named(&self, _slice: SliceId) -> bool {
        true
    }

    fn all_waiting(&self) -> bool {
        true
    }
}

impl Campaign<Memory<'_>> {
    /// Observes the slices that nobody drew, for whatever strategy may choose among them: the queries of all
    /// [forks](Campaign::fork) take it from here.
    ///
    /// # Errors
    /// [`Error::NotTrained`] before the first training; otherwise as [`run_rounds`].
    pub fn observe(&mut self, observer: &mut dyn Observer<Event>) -> Result<(), Error> {
        let needs = Needs::columns([Column::Bald, Column::Features]);
        self.observed(self.manifest.rounds.len(), &needs, observer).map(drop)
    }

    /// The same campaign again, in which another strategy chooses the slices of later rounds: to compare
    /// strategies that begin alike, of which the first round is trained once, and observed once.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the strategy cannot be used, and where the networks cannot be copied.
    ///
    /// ```
    /// use qunet_campaign::{CampaignConfig, RecordedLabels, Silent, first_round};
    /// use qunet_select::StrategyConfig;
    /// use qunet_stack::phantom::CtPhantom;
    ///
    /// let phantom = CtPhantom { slices: 12, size: 48, seed: 5 }.generate()?;
    /// let mut config = CampaignConfig::two_steps();
    /// (config.network.unet.width, config.input.size) = (2, 32);
    /// (config.train.epochs, config.fine_tune.epochs) = (1, 1);
    /// let mut annotator = RecordedLabels::new(&phantom.truth);
    /// let mut trained = first_round(&[&phantom.stack], &config, &mut annotator, &mut Silent)?;
    /// trained.observe(&mut Silent)?;
    /// for later in ["coverage", "random"] {
    ///     let mut campaign = trained.fork(later.parse::<StrategyConfig>()?)?;
    ///     campaign.finish(&mut annotator.clone(), &mut Silent)?;
    ///     let [ours, theirs] = [&campaign, &trained].map(|it| it.manifest().rounds[0].training.as_ref());
    ///     assert_eq!(ours, theirs);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fork(&self, later: StrategyConfig) -> Result<Self, Error> {
        let mut manifest = self.manifest.clone();
        manifest.config.later = later;
        manifest.config.check()?;
        Ok(Self { store: self.store.copy()?, manifest })
    }

    /// Takes all steps to the end, the annotator asked at once.
    ///
    /// # Errors
    /// As [`run_rounds`].
    pub fn finish(
        &mut self,
        annotator: &mut dyn Annotator,
        observer: &mut dyn Observer<Event>,
    ) -> Result<(), Error> {
        while let Next::Annotate { .. } = self.advance(observer)? {
            self.annotate(annotator, observer)?;
        }
        Ok(())
    }

    /// Asks for the labels of all slices that wait.
    fn annotate(
        &mut self,
        annotator: &mut dyn Annotator,
        observer: &mut dyn Observer<Event>,
    ) -> Result<(), Error> {
        let slices = self.manifest.waiting();
        let mut answers: BTreeMap<usize, Answers> = BTreeMap::new();
        let mut with_foreground = 0;
        for &id in &slices {
            let labels = annotator.annotate(id)?;
            self.check_labels(id, &labels)?;
            with_foreground += usize::from(labels.iter().any(|&label| is_foreground(label)));
            answers.entry(id.stack).or_default().drawn.insert(id.slice, labels);
        }
        let mut manifest = self.manifest.clone();
        for (stack, answers) in answers {
            self.take(&mut manifest, stack, answers, &Certain, &mut Ingested::default())?;
        }
        self.commit(manifest)?;
        let round = self.manifest.rounds.len();
        notify(observer, &Event::Annotated { round, slices, with_foreground })
    }

    fn check_labels(&self, id: CandidateId, labels: &Array2<u8>) -> Result<(), Error> {
        let [_, height, width] = self.record(id.stack)?.shape;
        let (slice, found, expected) = (id.slice, labels.dim(), (height, width));
        if found != expected {
            return Err(Error::AnnotationShape { slice, found, expected });
        }
        let classes = self.manifest.config.classes.len();
        let unknown = |&&label: &&u8| usize::from(label) > classes && label != IGNORE;
        match labels.iter().find(unknown) {
            Some(&label) => Err(Error::AnnotationLabel { slice, label, classes }),
            None => Ok(()),
        }
    }

    /// Writes into a folder `selection.json` (settings, selections, losses: everything needed to
    /// see why a slice was picked and to repeat the run), and of every stack `scores.csv` and
    /// `segmentation.nii.gz` in its geometry, with the stack's name before them where there are
    /// several; and `model.safetensors`, the weights of the network that has learnt from all drawn
    /// slices. Each whole or not at all.
    ///
    /// # Errors
    /// Each names the file that could not be written.
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<(), Error> {
        let folder = folder.as_ref();
        let json = serde_json::to_vec_pretty(&self.manifest)?;
        qunet_stack::write_file(folder.join("selection.json"), &json)?;
        let stacks = &self.manifest.stacks;
        for (number, record) in stacks.iter().enumerate() {
            let path = |name: &str| match stacks.len() {
                1 => folder.join(name),
                _ => folder.join(format!("{}.{name}", record.source.name)),
            };
            qunet_quality::write_csv(path("scores.csv"), &self.scores(number)?)?;
            if let Some(labels) = self.segmentation(number)? {
                self.stack(number)?.write_labels(path("segmentation.nii.gz"), &labels)?;
            }
        }
        if let Some(network) = self.networks()?.first() {
            network.save(folder.join("model.safetensors"))?;
        }
        Ok(())
    }
}

/// Compares a segmentation with the truth on the given slices; every label above 0 is foreground.
///
/// # Errors
/// [`Error::Stack`] for a slice past the end, [`Error::Metrics`] where the shapes differ.
pub fn evaluate(
    labels: &Array3<u8>,
    truth: &LabelMap,
    ids: &[SliceId],
) -> Result<Evaluation, Error> {
    Ok(Evaluation::new(slice_counts(labels, truth, ids)?, EmptyPolicy::Undefined))
}

/// The counts of each slice.
pub(crate) fn slice_counts(
    labels: &Array3<u8>,
    truth: &LabelMap,
    ids: &[SliceId],
) -> Result<Vec<(usize, ConfusionCounts)>, Error> {
    let count = |&id: &SliceId| {
        let truth = truth.mask(id)?;
        let prediction = labels.index_axis(Axis(0), id.0).mapv(|label| label > 0);
        Ok((id.0, ConfusionCounts::from_masks(&prediction, &truth)?))
    };
    ids.iter().map(count).collect()
}
