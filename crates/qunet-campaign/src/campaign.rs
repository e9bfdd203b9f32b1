//! The engine: rounds of asking, annotating, training and observing, over any store.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use ndarray::{Array2, Array3};
use qunet_model::{IGNORE, Network, Observer};
use qunet_quality::{QualityRecord, score_stack};
use qunet_select::{CandidateId, Pool, Request, Selection, StopReason, Strategy, Verdict};
use qunet_stack::{SliceId, Stack};
use serde::Serialize;

use crate::error::require;
use crate::event::{Event, notify};
use crate::manifest::{Annotations, FORMAT, is_plain_name};
use crate::records::SliceRecords;
use crate::store::{Folder, Item, Store};
use crate::{CampaignConfig, Error, Manifest, Member, Round, StackRecord, StackSource};

/// Rounds of annotation over one or more stacks: ask for slices, train on what was drawn, observe
/// the rest, ask again.
///
/// A campaign lives in a folder ([`Campaign::create`], [`Campaign::open`]) or in memory
/// ([`run_rounds`](crate::run_rounds)); both take the same steps and decide alike. In a folder it
/// may be killed at any moment and is opened again where it was: every step puts its files first and
/// then commits the manifest, so a step either happened or did not, and calling it again does what
/// is left.
///
/// ```
/// use qunet_campaign::{Campaign, CampaignConfig, Masks, Next, RoundSizes, Silent, StackSource};
/// use qunet_stack::phantom::CtPhantom;
///
/// let folder = tempfile::tempdir()?;
/// let phantom = CtPhantom { slices: 12, size: 48, seed: 5 }.generate()?;
/// let image = folder.path().join("ct.nii.gz");
/// phantom.stack.write(&image)?;
///
/// let rounds = RoundSizes { first: Some(2), share: 0.6, later: Some(1) };
/// let mut config = CampaignConfig { rounds, ..CampaignConfig::quick() };
/// (config.network.unet.width, config.input.size) = (2, 32);
/// (config.train.epochs, config.fine_tune.epochs) = (1, 1);
/// let stacks = [StackSource::new(&image)];
/// let mut campaign = Campaign::create(folder.path().join("campaign"), &config, &stacks)?;
///
/// // An annotator fills in what was asked for; here the ground truth takes the place of one.
/// let masks = Masks::default().stack("ct", folder.path().join("truth.nii.gz")).accept_empty(true);
/// phantom.stack.write_labels(folder.path().join("truth.nii.gz"), phantom.truth.labels())?;
/// assert!(matches!(campaign.status().next, Next::Annotate { .. }));
/// campaign.ingest(&masks)?;
/// campaign.train(&mut Silent)?;
/// campaign.query(&mut Silent)?;
/// let segmentations = campaign.segment()?;
/// assert_eq!(segmentations[0].dim(), (12, 48, 48));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Campaign<S = Folder> {
    pub(crate) store: S,
    pub(crate) manifest: Manifest,
}

/// How far a campaign is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// The current round, from 1.
    pub round: usize,
    /// Annotated slices in all stacks.
    pub annotated: usize,
    /// Slices that may be annotated in all.
    pub allowed: usize,
    /// Slices in all stacks.
    pub slices: usize,
    /// Mean agreement of the last two heads after each round that has a query.
    pub agreement: Vec<Option<f64>>,
    /// The next step.
    pub next: Next,
}

/// The next step of a campaign.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Next {
    /// Annotate these slices.
    Annotate {
        /// Stack and slice of each, best first.
        waiting: Vec<String>,
    },
    /// Train on what is annotated.
    Train,
    /// Let the trained network observe the rest, and ask for more.
    Query,
    /// Segment all stacks: the campaign is over.
    Segment {
        /// Why it is over.
        reason: StopReason,
    },
    /// Nothing: it is over, and all stacks are segmented.
    Done {
        /// Why it is over.
        reason: StopReason,
    },
}

impl<S: Store> Campaign<S> {
    /// Begins: scores every slice and chooses the first ones.
    pub(crate) fn begin(
        mut store: S,
        config: &CampaignConfig,
        sources: &[StackSource],
        observer: &mut dyn Observer<Event>,
    ) -> Result<Self, Error> {
        config.check_memory()?;
        let mut stacks = Vec::with_capacity(sources.len());
        for (number, source) in sources.iter().enumerate() {
            stacks.push(begin_stack(&mut store, config, number, source, observer)?);
        }
        let manifest = Manifest {
            format: FORMAT,
            qunet_version: env!("CARGO_PKG_VERSION").to_owned(),
            config: config.clone(),
            stacks,
            rounds: Vec::new(),
            ended: None,
            segmentations: Vec::new(),
        };
        let mut campaign = Self { store, manifest };
        let selection = campaign.first_selection()?;
        notify(observer, &Event::Selected { round: 1, selection: selection.clone() })?;
        let mut manifest = campaign.manifest.clone();
        manifest.rounds.push(new_round(1, selection));
        campaign.commit(manifest)?;
        Ok(campaign)
    }

    fn first_selection(&self) -> Result<Selection, Error> {
        let (config, total) = (&self.manifest.config, self.manifest.slices());
        if total < 2 {
            return Err(Error::TooFewSlices { slices: total });
        }
        let count = config.slices_of_round(1, total, 0);
        let request = Request::new(count, config.seed_of_round(1));
        let selection = config.first.select(&self.pool_of(&[])?, &request)?;
        if selection.ids().is_empty() {
            let strategy = selection.strategy.clone();
            return Err(Error::NothingToBegin {
                strategy,
                slices: total,
                why: main_reason(&selection),
            });
        }
        Ok(selection)
    }

    /// All it knows.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// How far the campaign is, and what comes next.
    #[must_use]
    pub fn status(&self) -> Status {
        let manifest = &self.manifest;
        let queries = manifest.rounds.iter().filter_map(|round| round.query.as_ref());
        Status {
            round: manifest.rounds.len(),
            annotated: manifest.annotated(),
            allowed: manifest.config.stopping.budget.allowed(manifest.slices()),
            slices: manifest.slices(),
            agreement: queries.map(|query| query.summary.mean_agreement).collect(),
            next: self.next(),
        }
    }

    pub(crate) fn next(&self) -> Next {
        let manifest = &self.manifest;
        if let Some(reason) = manifest.ended {
            return match manifest.segmentations.is_empty() {
                true => Next::Segment { reason },
                false => Next::Done { reason },
            };
        }
        let waiting = manifest.waiting();
        if !waiting.is_empty() {
            let waiting = waiting.into_iter().map(|id| manifest.name_of(id)).collect();
            return Next::Annotate { waiting };
        }
        match manifest.rounds.last() {
            Some(round) if round.training.is_some() => Next::Query,
            _ => Next::Train,
        }
    }

    /// Takes every step up to the next one that needs an annotator, or to the end; returns
    /// [`Next::Annotate`] or [`Next::Done`].
    ///
    /// # Errors
    /// As [`Campaign::train`], [`Campaign::query`] and [`Campaign::segment`].
    pub fn advance(&mut self, observer: &mut dyn Observer<Event>) -> Result<Next, Error> {
        loop {
            match self.next() {
                Next::Train => drop(self.train(observer)?.clone()),
                Next::Query => drop(self.query(observer)?),
                Next::Segment { .. } => drop(self.segment()?),
                next @ (Next::Annotate { .. } | Next::Done { .. }) => return Ok(next),
            }
        }
    }

    /// Opens a stack with its region of interest, both as they were when it was scored.
    ///
    /// # Errors
    /// [`Error::Moved`] where a file is no longer there, [`Error::Stack`] where it cannot be read,
    /// [`Error::Changed`] where the pixels, their place or the region are others.
    pub fn stack(&self, number: usize) -> Result<Cow<'_, Stack>, Error> {
        let record = self.record(number)?;
        let source = &record.source;
        let stack = self.store.stack(number, source).map_err(|error| error.moved(&source.name))?;
        let [pixels, region] = self.store.digests_of(&stack)?;
        if pixels != record.pixels {
            return Err(Error::Changed { path: source.image.clone() });
        }
        if region != record.region {
            return Err(Error::ChangedRegion { stack: source.name.clone() });
        }
        Ok(stack)
    }

    /// The quality metrics of every slice of a stack.
    ///
    /// # Errors
    /// [`Error::Changed`] where the file is not what was recorded, [`Error::Quality`] where it
    /// cannot be read.
    pub fn scores(&self, number: usize) -> Result<Vec<QualityRecord>, Error> {
        let record = self.record(number)?;
        self.store.scores(Item::Scores(&record.source.name), &record.scores)
    }

    /// The annotations of a stack, `(slices, height, width)`; 255 where nobody annotated.
    ///
    /// # Errors
    /// [`Error::Changed`] where the file is not what was recorded, [`Error::Stack`] where it
    /// cannot be read.
    pub fn annotations(&self, number: usize) -> Result<Array3<u8>, Error> {
        let StackRecord { source, annotations, .. } = self.record(number)?;
        let item = Item::Annotations(&source.name, annotations.generation);
        self.store.labels(item, &annotations.digest)
    }

    /// The observation of a stack in the query of a round, from 1; `None` before that query.
    ///
    /// # Errors
    /// [`Error::Changed`] where a file is not what was recorded.
    pub fn records(&self, number: usize, round: usize) -> Result<Option<SliceRecords>, Error> {
        let name = &self.record(number)?.source.name;
        let Some(query) = self.query_of(round) else { return Ok(None) };
        self.store.records(Item::Records(name, round), &query.records[number]).map(Some)
    }

    /// The labels of a stack predicted in the query of a round, 255 on slices that were annotated
    /// wholly; `None` before that query.
    ///
    /// # Errors
    /// As [`Campaign::records`].
    pub fn prediction(&self, number: usize, round: usize) -> Result<Option<Array3<u8>>, Error> {
        let name = &self.record(number)?.source.name;
        let Some(query) = self.query_of(round) else { return Ok(None) };
        self.store.labels(Item::Prediction(name, round), &query.predictions[number]).map(Some)
    }

    /// 1 where the last two heads differed on a stack in the query of a round, 255 on slices that
    /// were annotated; `None` before that query.
    ///
    /// # Errors
    /// As [`Campaign::records`].
    pub fn disagreement(&self, number: usize, round: usize) -> Result<Option<Array3<u8>>, Error> {
        let name = &self.record(number)?.source.name;
        let Some(query) = self.query_of(round) else { return Ok(None) };
        self.store.labels(Item::Disagreement(name, round), &query.disagreements[number]).map(Some)
    }

    /// The last segmentation of a stack, `(slices, height, width)`: the annotations where there are
    /// some, the last head elsewhere; `None` before the first.
    ///
    /// # Errors
    /// As [`Campaign::records`].
    pub fn segmentation(&self, number: usize) -> Result<Option<Array3<u8>>, Error> {
        let name = &self.record(number)?.source.name;
        let Some(digest) = self.manifest.segmentations.get(number) else { return Ok(None) };
        self.store.labels(Item::Segmentation(name), digest).map(Some)
    }

    /// The networks of the last training.
    ///
    /// # Errors
    /// [`Error::NotTrained`] before the first training, [`Error::Changed`] where the weights are not
    /// what was recorded.
    pub fn networks(&self) -> Result<Vec<Rc<Network>>, Error> {
        let round = self.manifest.rounds.len();
        let (round, training) = self.manifest.last_trained().ok_or(Error::NotTrained { round })?;
        let member = |(number, member): (usize, &Member)| {
            self.store.network(Item::Weights(round, number), &member.weights)
        };
        training.members.iter().enumerate().map(member).collect()
    }

    /// The record of a stack.
    pub(crate) fn record(&self, number: usize) -> Result<&StackRecord, Error> {
        let stacks = &self.manifest.stacks;
        stacks.get(number).ok_or_else(|| Error::UnknownStack {
            name: number.to_string(),
            known: format!("stacks 0 to {}", stacks.len().saturating_sub(1)),
        })
    }

    fn query_of(&self, round: usize) -> Option<&crate::Query> {
        self.manifest.rounds.get(round.checked_sub(1)?)?.query.as_ref()
    }

    /// Makes a changed manifest the campaign's, in the store first.
    pub(crate) fn commit(&mut self, manifest: Manifest) -> Result<(), Error> {
        self.store.commit(&manifest)?;
        self.manifest = manifest;
        self.store.settle(&self.manifest)
    }

    pub(crate) fn refuse_while_waiting(&self, step: &'static str) -> Result<(), Error> {
        let waiting = self.manifest.waiting();
        if waiting.is_empty() {
            return Ok(());
        }
        let slices = waiting.iter().map(|&id| self.manifest.name_of(id)).collect();
        Err(Error::Waiting { step, slices })
    }

    /// All that is known of all slices but the reserve, for any [`Strategy`]: what is annotated, where
    /// they lie, their quality and, after a query, what the networks say of them.
    ///
    /// # Errors
    /// Those of reading the records of the last query.
    pub fn pool(&self) -> Result<Pool, Error> {
        let round = self.manifest.last_queried();
        let stacks = 0..self.manifest.stacks.len();
        let records: Result<Option<Vec<_>>, _> =
            stacks.map(|number| self.records(number, round)).collect();
        self.pool_of(&records?.unwrap_or_default())
    }

    /// The same with the records of a query, one per stack, or none.
    pub(crate) fn pool_of(&self, records: &[SliceRecords]) -> Result<Pool, Error> {
        let reserve = self.manifest.config.reserve;
        let free = |id: CandidateId| reserve.is_none_or(|reserve| !reserve.holds(id.slice));
        let stacks = &self.manifest.stacks;
        let numbered = || stacks.iter().enumerate();
        let all = numbered().flat_map(|(stack, record)| {
            (0..record.shape[0]).map(move |slice| CandidateId { stack, slice: SliceId(slice) })
        });
        let candidates: Vec<CandidateId> = all.filter(|&id| free(id)).collect();
        let annotated = numbered().flat_map(|(stack, record)| {
            record.annotated.iter().map(move |&slice| CandidateId { stack, slice })
        });
        let position = |&id: &CandidateId| (id, id.slice.0 as f64 * stacks[id.stack].slice_spacing);
        let mut pool = Pool::new(candidates.iter().copied())?
            .with_annotated(annotated.filter(|&id| free(id)))?
            .with_positions(candidates.iter().map(position))?;
        for (number, _) in numbered() {
            let mut scores = self.scores(number)?;
            scores.retain(|record| free(CandidateId { stack: number, slice: record.id }));
            pool = pool.with_quality(number, &scores)?;
        }
        if records.is_empty() {
            return Ok(pool);
        }
        let uncertainty = records.iter().flat_map(|stack| stack.uncertainty.iter().copied());
        let uncertainty: Vec<_> = uncertainty.filter(|record| free(record.id)).collect();
        let agreement = records.iter().flat_map(|stack| &stack.agreement);
        pool = pool
            .with_agreement(agreement.filter(|record| free(record.id)))?
            .with_uncertainty(&uncertainty)?;
        match features(records, &candidates) {
            Some(features) => Ok(pool.with_features(&features)?),
            None => Ok(pool),
        }
    }
}

/// Scores one stack and puts what the campaign keeps of it.
fn begin_stack<S: Store>(
    store: &mut S,
    config: &CampaignConfig,
    number: usize,
    source: &StackSource,
    observer: &mut dyn Observer<Event>,
) -> Result<StackRecord, Error> {
    let stack = store.stack(number, source)?.into_owned();
    let [pixels, region] = store.digests_of(&stack)?;
    let scores = score_stack(&stack, &config.scaling, &config.quality)?;
    notify(observer, &Event::Scored { stack: number, records: scores.clone() })?;
    let [slices, height, width] = stack.shape();
    let blank = Array3::from_elem((slices, height, width), IGNORE);
    let name = source.name.as_str();
    let digest = store.put_labels(Item::Annotations(name, 0), &stack, blank)?;
    Ok(StackRecord {
        source: source.clone(),
        shape: stack.shape(),
        slice_spacing: stack.geometry().spacing()[0],
        pixels,
        region,
        scores: store.put_scores(Item::Scores(name), scores)?,
        annotations: Annotations { generation: 0, digest },
        annotated: Vec::new(),
        foreground: 0,
    })
}

/// A round that has just begun.
pub(crate) fn new_round(round: usize, selection: Selection) -> Round {
    Round { round, selection, threads: None, training: None, query: None }
}

/// Refuses names of stacks that are missing, doubled or no names of files.
pub(crate) fn check_names(stacks: &[StackSource]) -> Result<(), Error> {
    require(!stacks.is_empty(), "stacks", 0, || "a campaign has at least one stack".into())?;
    for (place, stack) in stacks.iter().enumerate() {
        let twice = stacks[..place].iter().any(|other| other.name == stack.name);
        if twice || !is_plain_name(&stack.name) {
            return Err(Error::StackName { name: stack.name.clone(), twice });
        }
    }
    Ok(())
}

/// The most frequent verdict of a selection that chose nothing, with how often it came.
fn main_reason(selection: &Selection) -> String {
    let mut kinds: Vec<(String, usize)> = Vec::new();
    for slice in &selection.verdicts {
        let text = match &slice.verdict {
            verdict @ Verdict::Degenerate { .. } => verdict.to_string(),
            verdict => verdict.to_string().split(':').next().unwrap_or_default().to_owned(),
        };
        match kinds.iter_mut().find(|(kind, _)| *kind == text) {
            Some((_, count)) => *count += 1,
            None => kinds.push((text, 1)),
        }
    }
    let most = kinds.into_iter().max_by_key(|&(_, count)| count);
    most.map_or_else(String::new, |(kind, count)| format!("{count} of them: {kind}"))
}

/// The features of the candidates below each other; `None` where there are none.
fn features(records: &[SliceRecords], candidates: &[CandidateId]) -> Option<Array2<f32>> {
    let row = |id: &CandidateId| records.get(id.stack)?.features.get(id.slice.0);
    let rows: Vec<&Vec<f32>> = candidates.iter().map(row).collect::<Option<_>>()?;
    let length = rows.first()?.len();
    let flat = rows.iter().flat_map(|row| row.iter().copied()).collect();
    Array2::from_shape_vec((rows.len(), length), flat).ok()
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { round, annotated, allowed, slices, .. } = self;
        writeln!(f, "round {round}: {annotated} of {slices} slices annotated, {allowed} allowed")?;
        for (agreement, round) in self.agreement.iter().zip(1..) {
            let agreement = agreement.map_or("-".to_owned(), |mean| format!("{mean:.3}"));
            writeln!(f, "  mean agreement of the heads after round {round}: {agreement}")?;
        }
        match &self.next {
            Next::Annotate { waiting } => {
                let (count, list) = (waiting.len(), waiting.join(", "));
                write!(f, "next: annotate and ingest {count} slice(s): {list}")
            }
            Next::Train => f.write_str("next: train"),
            Next::Query => f.write_str("next: query"),
            Next::Segment { reason } => write!(f, "{reason}; next: segment"),
            Next::Done { reason } => write!(f, "done: {reason}"),
        }
    }
}
