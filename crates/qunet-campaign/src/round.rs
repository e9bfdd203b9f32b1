//! The steps of a round: take annotations, train, observe and decide, segment.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::rc::Rc;

use ndarray::{Array2, Array3, Axis, Zip};
use qunet_context::Source;
use qunet_exchange::Answers;
use qunet_model::{
    Device, Fit, IGNORE, Network, Observer, Threads, TrainEvent, Trainer, TrainingSet,
};
use qunet_segmetrics::{ConfusionMatrix, EmptyPolicy};
use qunet_select::{
    CandidateId, Column, Needs, Request, RoundSummary, Selection, StopReason, Strategy,
};
use qunet_stack::{SliceId, Stack};

use crate::campaign::new_round;
use crate::committee::{Committee, share_out};
use crate::completion::weigh_sources;
use crate::event::{Event, notify};
use crate::input::{Priors, WorkingStack, is_foreground};
use crate::records::{Inference, SliceRecords, with_annotations};
use crate::store::{Item, Store};
use crate::{
    Annotations, Campaign, CampaignConfig, Digest, Error, Manifest, Member, Query, Training,
};

/// The result of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Queried {
    /// These slices are to be annotated next.
    Asks(Selection),
    /// The campaign is over.
    Ends(StopReason),
}

/// What the networks say of one stack: the digests of its items, as [`items_of_query`] names them, and its records.
type Observed = ([Digest; 3], SliceRecords);

/// The items of a stack that a query leaves: the prediction, the disagreement, and the records.
fn items_of_query(stack: &str, round: usize) -> [Item<'_>; 3] {
    [Item::Prediction(stack, round), Item::Disagreement(stack, round), Item::Records(stack, round)]
}

/// The slices of an ingest, by what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ingested {
    /// Annotated now and not before.
    pub taken: Vec<CandidateId>,
    /// Annotated before and otherwise now.
    pub changed: Vec<CandidateId>,
    /// Asked for and not annotated yet.
    pub waiting: Vec<CandidateId>,
    /// Labelled though nobody asked for them; left out.
    pub unasked: Vec<CandidateId>,
    /// Back without foreground though they held some; they stay as they were until
    /// [`Masks::empty`](crate::Masks::empty) names them.
    pub kept: Vec<CandidateId>,
    /// How masks were brought to their stacks, where there is something to tell.
    pub notes: Vec<String>,
}

/// The most slices named in one line.
const LISTED: usize = 8;

impl Ingested {
    /// Whether something the annotator drew was left out.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !(self.unasked.is_empty() && self.kept.is_empty())
    }

    /// The counts in one line, a line for what was left out, with the names of the slices in
    /// this manifest, and the notes.
    #[must_use]
    pub fn describe(&self, manifest: &Manifest) -> String {
        let Self { taken, changed, waiting, .. } = self;
        let (taken, changed, waiting) = (taken.len(), changed.len(), waiting.len());
        let mut text =
            format!("{taken} slice(s) taken, {changed} changed, {waiting} still waiting");
        for (ids, what) in [
            (&self.kept, "came back empty: left as it was; name a slice as empty to clear it"),
            (&self.unasked, "labelled though nobody asked: left out"),
        ] {
            if !ids.is_empty() {
                let first = ids.iter().take(LISTED).map(|&id| manifest.name_of(id));
                let names = first.collect::<Vec<_>>().join(", ");
                let more = ids.len().saturating_sub(LISTED);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                text += &format!("\n{} slice(s) {what}: {names}{more}", ids.len());
            }
        }
        self.notes.iter().for_each(|note| text += &format!("\n{note}"));
        text
    }
}

/// Who decides whether a slice without foreground is annotated and empty.
pub(crate) trait EmptySlices {
    /// Whether this slice was named as empty.
    fn named(&self, slice: SliceId) -> bool;
    /// Whether all waiting slices without foreground are empty.
    fn all_waiting(&self) -> bool;
}

impl<S: Store> Campaign<S> {
    /// Takes the answers for one stack into a manifest that is to be committed. A blank slice
    /// counts as annotated where it is known to be empty, and clears an earlier annotation only
    /// where it is named.
    pub(crate) fn take(
        &mut self,
        manifest: &mut Manifest,
        stack: usize,
        answers: Answers,
        empty: &dyn EmptySlices,
        ingested: &mut Ingested,
    ) -> Result<(), Error> {
        let before = self.annotations(stack)?;
        let mut labels = before.clone();
        let (_, height, width) = labels.dim();
        let record = &mut manifest.stacks[stack];
        let at = |slice| CandidateId { stack, slice };
        let drawn = answers.drawn.into_iter().map(|(id, drawn)| (id, Some(drawn)));
        for (id, drawn) in drawn.chain(answers.blank.into_iter().map(|id| (id, None))) {
            let certain = drawn.is_some() || empty.named(id);
            let mut old = labels.index_axis_mut(Axis(0), id.0);
            let new = drawn.unwrap_or_else(|| Array2::zeros((height, width)));
            // Nothing clears what is drawn but a name, not even an annotator's empty answer.
            let clears = !new.iter().any(|&label| is_foreground(label))
                && old.iter().any(|&label| is_foreground(label));
            match record.annotated.binary_search(&id) {
                Ok(_) if old == new => continue,
                Ok(_) if !certain || (clears && !empty.named(id)) => {
                    ingested.kept.push(at(id));
                    continue;
                }
                Ok(_) => ingested.changed.push(at(id)),
                Err(_) if !certain && !empty.all_waiting() => continue,
                Err(place) => {
                    record.annotated.insert(place, id);
                    ingested.taken.push(at(id));
                }
            }
            old.assign(&new);
        }
        ingested.unasked.extend(answers.unasked.into_iter().map(at));
        ingested.notes.extend(answers.notes);
        if labels == before {
            return Ok(());
        }
        record.foreground = foreground(&record.annotated, &labels);
        let (generation, digest) = self.put_annotations(stack, labels)?;
        manifest.stacks[stack].annotations = Annotations { generation, digest };
        Ok(())
    }

    /// Keeps annotations as a generation of their own. A number that is taken already is passed over:
    /// a manifest that was put back does not know of the generations after it, and they hold an
    /// annotator's work. The same annotations, left by a program that was killed, are taken as they
    /// are.
    fn put_annotations(
        &mut self,
        stack: usize,
        labels: Array3<u8>,
    ) -> Result<(usize, Digest), Error> {
        let record = self.record(stack)?;
        let (name, mut generation) =
            (record.source.name.clone(), record.annotations.generation + 1);
        while let Some(digest) = self.store.left_behind(Item::Annotations(&name, generation)) {
            let found = self.store.labels(Item::Annotations(&name, generation), &digest);
            if found.is_ok_and(|found| found == labels) {
                return Ok((generation, digest));
            }
            generation += 1;
        }
        let grid = self.stack(stack)?.into_owned();
        let digest = self.store.put_labels(Item::Annotations(&name, generation), &grid, labels)?;
        Ok((generation, digest))
    }

    /// Trains on all annotated slices: in the first round from fresh weights, later from those of
    /// the round before, or afresh where that one knew of no foreground. A round that is trained
    /// already is left as it is; in a folder, an interrupted training continues after its last
    /// epoch.
    ///
    /// # Errors
    /// [`Error::Waiting`] where slices asked for are not annotated yet, [`Error::Interrupted`]
    /// where the observer ends the run, and those of the network.
    pub fn train(&mut self, observer: &mut dyn Observer<Event>) -> Result<&Training, Error> {
        let round = self.manifest.rounds.len();
        if self.manifest.rounds.last().is_none_or(|last| last.training.is_none()) {
            self.refuse_while_waiting("train")?;
            self.settle_threads()?;
            let training = self.run_training(round, observer)?;
            let mut manifest = self.manifest.clone();
            if let Some(last) = manifest.rounds.last_mut() {
                last.training = Some(training);
            }
            self.commit(manifest)?;
        }
        let trained = self.manifest.rounds.last().and_then(|last| last.training.as_ref());
        trained.ok_or(Error::NotTrained { round })
    }

    /// Sets the number of threads that this round is trained with; it is recorded before the
    /// training, since sums of floats, and with them the weights, depend on it.
    fn settle_threads(&mut self) -> Result<(), Error> {
        let config = &self.manifest.config;
        let recorded = self.manifest.rounds.last().and_then(|round| round.threads.clone());
        let threads = recorded.as_ref().map_or(config.threads, |it| Threads::Fixed(it.threads));
        let description = config.description();
        let (train, side) = (&config.train, config.input.size);
        let choice =
            threads.apply(&description, train.batch_size, (side, side), train.precision)?;
        if recorded.is_none() {
            let mut manifest = self.manifest.clone();
            if let Some(last) = manifest.rounds.last_mut() {
                last.threads = Some(choice);
            }
            self.commit(manifest)?;
        }
        Ok(())
    }

    fn run_training(
        &mut self,
        round: usize,
        observer: &mut dyn Observer<Event>,
    ) -> Result<Training, Error> {
        let config = self.manifest.config.clone();
        let device = Device::cuda_if_available();
        let before = self.committee_to_continue()?;
        let known: Vec<_> = before.iter().map(|(member, _)| member.left_out.clone()).collect();
        let shares = share_out(&self.manifest.stacks, config.completion.shares, &known)?;
        let continued = before.len() == shares.len();
        let train = if continued { &config.fine_tune } else { &config.train };
        let members = shares.len();
        // Opened and brought to the grid once for all members.
        let drawings = self.open_drawings()?;
        let stacks = self.working_stacks(&drawings, &config)?;
        for (stack, (working, (_, annotations))) in stacks.iter().zip(&drawings).enumerate() {
            let share = working.outside_region(annotations)?;
            if share > 0.0 {
                notify(observer, &Event::OutsideRegion { stack, share })?;
            }
        }
        let mut trained = Vec::with_capacity(members);
        for (member, left_out) in shares.into_iter().enumerate() {
            // The first member draws as the only one would.
            let seed = config.seed_of_round(round).wrapping_add((member as u64) << 32);
            let set = self.training_set(&stacks, &left_out, device)?;
            let network = match before.get(member).filter(|_| continued) {
                Some((_, network)) => Rc::clone(network),
                None => fresh(&config, seed, device)?,
            };
            let checkpoint = self.store.checkpoint(round, member)?;
            let fit = Fit { seed, checkpoint: checkpoint.as_deref(), ..Fit::default() };
            let mut notified = |event: &TrainEvent| -> ControlFlow<()> {
                let event = event.clone();
                observer.notify(&Event::Train { round, member, members, continued, event })
            };
            let trainer = Trainer::new(match left_out.is_empty() {
                true => train.clone(),
                false => config.completion.shortened(train),
            })?;
            let history = trainer.fit(&network, &set, &fit, &mut notified)?;
            let weights = self.store.put_network(Item::Weights(round, member), network)?;
            trained.push(Member { weights, left_out, history });
        }
        Ok(Training { continued, slices: self.manifest.annotated(), members: trained })
    }

    /// The annotated slices that are not left out, as the network sees them: each with a prior from
    /// the other drawn slices, with one from fewer of them, and without, so that one network serves
    /// wherever something or nothing is drawn nearby.
    fn training_set(
        &self,
        stacks: &[WorkingStack<'_>],
        left_out: &[CandidateId],
        device: Device,
    ) -> Result<TrainingSet, Error> {
        let config = &self.manifest.config;
        let mut slices = Vec::new();
        for (stack, working) in stacks.iter().enumerate() {
            let learnt = |slice: &&usize| {
                !left_out.contains(&CandidateId { stack, slice: SliceId(**slice) })
            };
            for &slice in working.drawn().slices().iter().filter(learnt) {
                let labels = working.labels(slice)?;
                for without in variants(working, slice, config.input.prior) {
                    slices.push((working.channels(slice, without.as_deref())?, labels.clone()));
                }
            }
        }
        let size = (config.input.size, config.input.size);
        Ok(TrainingSet::from_labels(slices, config.outputs(), size, device)?)
    }

    /// The networks of the round before, where it saw any foreground: those that saw none have
    /// learnt to find none, and are a poor place to start from.
    fn committee_to_continue(&self) -> Result<Vec<(Member, Rc<Network>)>, Error> {
        let knew = |query: &Query| query.summary.annotated_foreground > 0;
        if !self.manifest.last_query().is_some_and(knew) {
            return Ok(Vec::new());
        }
        let Some((_, training)) = self.manifest.last_trained() else { return Ok(Vec::new()) };
        Ok(training.members.iter().cloned().zip(self.networks()?).collect())
    }

    /// Lets the trained network observe all slices that nobody annotated, decides whether the
    /// campaign continues, and begins the next round where it does. A round that was queried
    /// already is left as it is; an interrupted query continues with the next stack.
    ///
    /// # Errors
    /// [`Error::NotTrained`] before the round is trained, [`Error::Interrupted`] where the observer
    /// ends the run, and those of the network and the strategy.
    pub fn query(&mut self, observer: &mut dyn Observer<Event>) -> Result<Queried, Error> {
        let strategy = self.manifest.config.later.clone();
        self.query_with(&strategy, observer)
    }

    /// The same with a strategy of one's own in place of the configured one; the selection records
    /// its name.
    ///
    /// # Errors
    /// As [`Campaign::query`].
    pub fn query_with(
        &mut self,
        strategy: &dyn Strategy,
        observer: &mut dyn Observer<Event>,
    ) -> Result<Queried, Error> {
        if let Some(reason) = self.manifest.ended {
            return Ok(Queried::Ends(reason));
        }
        let round = self.manifest.rounds.len();
        match self.manifest.rounds.last() {
            Some(last) if last.training.is_some() => {}
            // The round before was queried already, and this one is the answer.
            Some(last) if round > 1 => return Ok(Queried::Asks(last.selection.clone())),
            _ => return Err(Error::NotTrained { round }),
        }
        self.refuse_while_waiting("query")?;
        self.manifest.config.check_samples(strategy)?;
        let (query, records) = self.observed(round, &strategy.needs(), observer)?;
        let fusions = records.iter().map(|stack| stack.fusion.clone()).collect();
        notify(observer, &Event::Observed { summary: query.summary, fusions })?;
        let mut manifest = self.manifest.clone();
        if let Some(last) = manifest.rounds.last_mut() {
            last.query = Some(query);
        }
        let queried = self.decide(&manifest, &records, strategy)?;
        match &queried {
            Queried::Ends(reason) => manifest.ended = Some(*reason),
            Queried::Asks(selection) => {
                manifest.rounds.push(new_round(round + 1, selection.clone()));
            }
        }
        self.commit(manifest)?;
        let event = match queried.clone() {
            Queried::Ends(reason) => Event::Ended { reason },
            Queried::Asks(selection) => Event::Selected { round: round + 1, selection },
        };
        notify(observer, &event)?;
        Ok(queried)
    }

    /// What the networks of this round say of every stack; what was observed already is taken from there.
    pub(crate) fn observed(
        &mut self,
        round: usize,
        needs: &Needs,
        observer: &mut dyn Observer<Event>,
    ) -> Result<(Query, Vec<SliceRecords>), Error> {
        let members = match self.manifest.last_trained() {
            Some((_, training)) => training.members.clone(),
            None => return Err(Error::NotTrained { round }),
        };
        let weights: Vec<Digest> = members.iter().map(|member| member.weights.clone()).collect();
        let resumed = |number| self.resumable(number, round, &weights, needs);
        let mut found: Vec<Option<Observed>> =
            (0..self.manifest.stacks.len()).map(resumed).collect();
        if found.iter().any(Option::is_none) {
            self.observe_rest(round, members, needs, &mut found, observer)?;
        }
        let (digests, all): (Vec<[Digest; 3]>, Vec<SliceRecords>) =
            found.into_iter().flatten().unzip();
        let item = |place: usize| digests.iter().map(|items| items[place].clone()).collect();
        let [predictions, disagreements, records]: [Vec<Digest>; 3] = [item(0), item(1), item(2)];
        let summary = self.summary(round, &all, &predictions)?;
        Ok((Query { summary, records, predictions, disagreements }, all))
    }

    /// Observes the stacks of which nothing was found.
    fn observe_rest(
        &mut self,
        round: usize,
        members: Vec<Member>,
        needs: &Needs,
        found: &mut [Option<Observed>],
        observer: &mut dyn Observer<Event>,
    ) -> Result<(), Error> {
        let networks = self.networks()?;
        let config = self.manifest.config.clone();
        let drawings = self.open_drawings()?;
        let stacks = self.working_stacks(&drawings, &config)?;
        let committee = Committee::new(&config, &networks, &stacks, Priors::Shown)?;
        let (weights, left_out): (Vec<_>, Vec<_>) =
            members.into_iter().map(|member| (member.weights, member.left_out)).unzip();
        let weighed = weigh_sources(&config, &committee, &stacks, &left_out)?;
        for (number, weighed) in weighed.into_iter().enumerate() {
            if found[number].is_some() {
                continue;
            }
            let open = self.record(number)?.open_slices();
            let partial = self.partial_slices(number)?;
            let (stack, working, committee) = (number, &stacks[number], &committee);
            let inference = Inference { config: &config, round, stack, working, committee, needs };
            let observation =
                inference.observe((&open, &partial), weighed, weights.clone(), observer)?;
            let name = self.record(number)?.source.name.clone();
            let [prediction, disagreement, records] = items_of_query(&name, round);
            let stack = &drawings[number].0;
            let digests = [
                self.store.put_labels(prediction, stack, observation.labels)?,
                self.store.put_labels(disagreement, stack, observation.disagreement)?,
                // The records come last: where they are, the label maps are too.
                self.store.put_records(records, observation.records.clone())?,
            ];
            found[number] = Some((digests, observation.records));
        }
        Ok(())
    }

    /// All stacks with what was drawn on them.
    pub(crate) fn open_drawings(&self) -> Result<Vec<(Stack, Array3<u8>)>, Error> {
        let open = |number| Ok((self.stack(number)?.into_owned(), self.annotations(number)?));
        (0..self.manifest.stacks.len()).map(open).collect()
    }

    /// The same on the grids that the sources work on.
    pub(crate) fn working_stacks<'a>(
        &self,
        drawings: &'a [(Stack, Array3<u8>)],
        config: &'a CampaignConfig,
    ) -> Result<Vec<WorkingStack<'a>>, Error> {
        let pairs = drawings.iter().zip(&self.manifest.stacks);
        pairs
            .map(|((stack, annotations), record)| {
                WorkingStack::new(stack, &record.annotated, annotations, config)
            })
            .collect()
    }

    /// What each source says, by itself, of the slices of each stack that nobody annotated, by the
    /// networks of the last training; background on all others.
    ///
    /// # Errors
    /// [`Error::NotTrained`] before the first training, and those of the sources.
    pub fn by_source(&self) -> Result<Vec<BTreeMap<Source, Array3<u8>>>, Error> {
        let (networks, config) = (self.networks()?, &self.manifest.config);
        let drawings = self.open_drawings()?;
        let stacks = self.working_stacks(&drawings, config)?;
        let committee = Committee::new(config, &networks, &stacks, Priors::Shown)?;
        let mut all = Vec::with_capacity(stacks.len());
        for (number, working) in stacks.iter().enumerate() {
            let record = self.record(number)?;
            let mut labels: BTreeMap<Source, Array3<u8>> = BTreeMap::new();
            let open: Vec<usize> = record.open_slices().into_iter().map(|id| id.0).collect();
            for batch in open.chunks(config.prediction.batch_size) {
                for (&slice, look) in batch.iter().zip(committee.look(working, number, batch)?) {
                    for (source, map) in look.sources {
                        let blank = || Array3::zeros(working.shape());
                        let whole = working.restored(&map, config.completion.threshold)?;
                        let labels = labels.entry(source).or_insert_with(blank);
                        labels.index_axis_mut(Axis(0), slice).assign(&whole);
                    }
                }
            }
            all.push(labels);
        }
        Ok(all)
    }

    /// What an interrupted query left of a stack, or an observation before it, where it is of these weights
    /// and slices and holds what is needed.
    fn resumable(
        &self,
        number: usize,
        round: usize,
        weights: &[Digest],
        needs: &Needs,
    ) -> Option<Observed> {
        let record = self.record(number).ok()?;
        let items = items_of_query(&record.source.name, round);
        let [_, _, records] = items;
        let digests = items.map(|item| self.store.left_behind(item));
        let [Some(prediction), Some(disagreement), Some(digest)] = digests else { return None };
        let found = self.store.records(records, &digest).ok()?;
        let mut wanted = record.open_slices();
        wanted.extend(self.partial_slices(number).ok()?);
        let lacks = |column, has: bool| needs.contains(&column) && !has;
        let whole = found.weights == weights
            && found.predicted == wanted
            && !lacks(Column::Features, !found.features.is_empty())
            && !lacks(Column::Bald, found.uncertainty.iter().all(|it| it.bald.is_some()));
        whole.then_some(([prediction, disagreement, digest], found))
    }

    /// Annotated slices on which some pixels are not: the network predicts those.
    fn partial_slices(&self, number: usize) -> Result<Vec<SliceId>, Error> {
        let annotated = &self.record(number)?.annotated;
        if annotated.is_empty() {
            return Ok(Vec::new());
        }
        let labels = self.annotations(number)?;
        let partial =
            |id: &&SliceId| labels.index_axis(Axis(0), id.0).iter().any(|&it| it == IGNORE);
        Ok(annotated.iter().filter(partial).copied().collect())
    }

    /// The round in numbers.
    fn summary(
        &self,
        round: usize,
        records: &[SliceRecords],
        predictions: &[Digest],
    ) -> Result<RoundSummary, Error> {
        let agreement = records.iter().flat_map(|stack| &stack.agreement);
        let defined: Vec<f64> =
            agreement.filter(|it| !it.empty).map(|it| it.quality_index).collect();
        let mean = defined.iter().sum::<f64>() / defined.len() as f64;
        Ok(RoundSummary {
            round,
            annotated_slices: self.manifest.annotated(),
            total_slices: self.manifest.slices(),
            annotated_foreground: self.manifest.foreground(),
            mean_agreement: (!defined.is_empty()).then_some(mean),
            prediction_kappa: self.kappa(round, predictions)?,
            estimated_dice: estimated_dice(records),
        })
    }

    /// Cohen's kappa with the predictions of the round before, where both predict.
    fn kappa(&self, round: usize, predictions: &[Digest]) -> Result<Option<f64>, Error> {
        if round < 2 {
            return Ok(None);
        }
        let classes = self.manifest.config.classes.len() + 1;
        let mut counts = vec![vec![0; classes]; classes];
        for (number, (record, digest)) in self.manifest.stacks.iter().zip(predictions).enumerate() {
            let Some(mut before) = self.prediction(number, round - 1)? else { return Ok(None) };
            let item = Item::Prediction(&record.source.name, round);
            let mut now = self.store.labels(item, digest)?;
            Zip::from(&mut now).and(&mut before).for_each(|now, before| {
                if *now == IGNORE || *before == IGNORE {
                    (*now, *before) = (0, IGNORE);
                }
            });
            let matrix = ConfusionMatrix::from_labels(&now, &before, classes, Some(IGNORE))?;
            for (actual, row) in counts.iter_mut().enumerate() {
                for (predicted, count) in row.iter_mut().enumerate() {
                    *count += matrix.count(actual, predicted);
                }
            }
        }
        Ok(ConfusionMatrix::from_rows(counts)?.kappa(EmptyPolicy::Undefined))
    }

    /// Whether the campaign continues, and with which slices.
    fn decide(
        &self,
        manifest: &Manifest,
        records: &[SliceRecords],
        strategy: &dyn Strategy,
    ) -> Result<Queried, Error> {
        let config = &manifest.config;
        let queries = manifest.rounds.iter().filter_map(|round| round.query.as_ref());
        let rounds: Vec<RoundSummary> = queries.map(|query| query.summary).collect();
        if let Some(reason) = config.stopping.decide(&rounds)? {
            return Ok(Queried::Ends(reason));
        }
        let round = manifest.rounds.len() + 1;
        let count = config.slices_of_round(round, manifest.slices(), manifest.annotated());
        let request = Request::new(count, config.seed_of_round(round));
        let selection = strategy.select(&self.pool_of(records)?, &request)?;
        Ok(match selection.ids().is_empty() {
            true => Queried::Ends(StopReason::NothingSelected),
            false => Queried::Asks(selection),
        })
    }

    /// The round of the last query, where that has followed the last training.
    pub(crate) fn queried(&self) -> Result<usize, Error> {
        let rounds = &self.manifest.rounds;
        let trained = rounds.iter().rposition(|round| round.training.is_some());
        match rounds.iter().rposition(|round| round.query.is_some()) {
            Some(place) if Some(place) == trained => Ok(place + 1),
            _ => Err(Error::NotQueried { round: trained.map_or(1, |place| place + 1) }),
        }
    }

    /// Segments every stack, `(slices, height, width)`: the annotations where there are some, the
    /// prediction of the last query elsewhere.
    ///
    /// # Errors
    /// [`Error::NotQueried`] before the last training has been followed by a query.
    pub fn segment(&mut self) -> Result<Vec<Array3<u8>>, Error> {
        let round = self.queried()?;
        let mut manifest = self.manifest.clone();
        manifest.segmentations.clear();
        let mut segmentations = Vec::with_capacity(manifest.stacks.len());
        for (number, record) in manifest.stacks.iter().enumerate() {
            let labels = self.completed(number, round)?;
            let stack = self.stack(number)?.into_owned();
            let item = Item::Segmentation(&record.source.name);
            manifest.segmentations.push(self.store.put_labels(item, &stack, labels.clone())?);
            segmentations.push(labels);
        }
        self.commit(manifest)?;
        Ok(segmentations)
    }

    /// The annotations of a stack where there are some, the prediction of a query elsewhere.
    pub(crate) fn completed(&self, number: usize, round: usize) -> Result<Array3<u8>, Error> {
        let predicted = self.prediction(number, round)?.ok_or(Error::NotQueried { round })?;
        Ok(with_annotations(predicted, &self.annotations(number)?))
    }
}

/// The mean of the estimates of all stacks that have one, by their slices that nobody annotated.
fn estimated_dice(records: &[SliceRecords]) -> Option<f64> {
    let (mut sum, mut slices) = (0.0, 0);
    for stack in records {
        let open = stack.agreement.len();
        if let Some(estimate) = stack.fusion.estimate {
            sum += estimate.dice * open as f64;
            slices += open;
        }
    }
    (slices > 0).then(|| sum / slices as f64)
}

/// A network with fresh weights.
fn fresh(config: &CampaignConfig, seed: u64, device: Device) -> Result<Rc<Network>, Error> {
    qunet_model::seed(seed);
    Ok(Rc::new(Network::unet_plus_plus(&config.network, config.channels(), device)?))
}

/// The slices left out of the priors with which a drawn slice is learnt from; `None` for no prior.
fn variants(working: &WorkingStack<'_>, slice: usize, prior: bool) -> Vec<Option<Vec<usize>>> {
    let around = working.drawn().neighbours(slice, &[]);
    match around.filter(|_| prior) {
        None => vec![None],
        Some(around) => {
            // The nearer neighbour is missing, as it is for many slices that nobody drew.
            vec![Some(Vec::new()), Some(vec![around.nearer()]), None]
        }
    }
}

fn foreground(annotated: &[SliceId], labels: &Array3<u8>) -> u64 {
    let slice = |id: &SliceId| labels.index_axis(Axis(0), id.0);
    let count = |id| slice(id).iter().filter(|&&label| is_foreground(label)).count() as u64;
    annotated.iter().map(count).sum()
}

impl fmt::Display for Queried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ends(reason) => write!(f, "the campaign ends: {reason}"),
            Self::Asks(selection) => {
                let picks = selection.picks();
                write!(f, "{} asks for {} slice(s)", selection.strategy, picks.len())?;
                picks.iter().try_for_each(|pick| write!(f, "\n  {pick}"))
            }
        }
    }
}
