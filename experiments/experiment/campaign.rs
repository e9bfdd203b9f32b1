//! One campaign in memory, with the truth in the place of an annotator.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use anyhow::Context;
use ndarray::Array3;
use qunet_campaign::{CampaignConfig, Outcome, RecordedLabels, Silent, first_round};
use qunet_context::Source;
use qunet_select::CandidateId;
use qunet_stack::{LabelMap, SliceId, Stack};

use crate::line::{Found, Signs, SliceLine};
use crate::plan::Opened;
use crate::score::{Score, counts};

/// The first round of a campaign, which arms that differ in later rounds alone have in common.
pub(crate) struct FirstRound<'a> {
    config: CampaignConfig,
    campaign: Outcome<'a>,
    annotator: RecordedLabels<'a>,
    seconds: f64,
}

impl<'a> FirstRound<'a> {
    fn run(data: &'a Opened, config: CampaignConfig) -> anyhow::Result<Self> {
        let started = Instant::now();
        let stacks: Vec<&Stack> = data.stacks.iter().collect();
        let truths: Vec<&LabelMap> = data.truths.iter().collect();
        let mut annotator = RecordedLabels::from_stacks(&truths);
        let mut campaign = first_round(&stacks, &config, &mut annotator, &mut Silent)?;
        // Arms of a single round have nothing to ask for, and no other arm to share it with.
        if config.stopping.max_rounds != Some(1) {
            campaign.observe(&mut Silent)?;
        }
        Ok(Self { config, campaign, annotator, seconds: started.elapsed().as_secs_f64() })
    }
}

/// Runs it to its end, from the first round where `known` is its own; that of this run is kept there.
pub(crate) fn run<'a>(
    data: &'a Opened,
    config: &CampaignConfig,
    by_source: bool,
    known: &mut Option<FirstRound<'a>>,
) -> anyhow::Result<Found> {
    let later = config.later.clone();
    let common = CampaignConfig { later: CampaignConfig::default().later, ..config.clone() };
    let first = match known.take().filter(|first| first.config == common) {
        Some(first) => first,
        None => FirstRound::run(data, common)?,
    };
    let first = &*known.insert(first);
    let started = Instant::now();
    let mut annotator = first.annotator.clone();
    let mut campaign = first.campaign.fork(later)?;
    campaign.finish(&mut annotator, &mut Silent)?;
    let seconds = first.seconds + started.elapsed().as_secs_f64();
    let drawn = annotator.asked().clone();
    let round = campaign.manifest().rounds.len();
    let mut fusions = Vec::new();
    for number in 0..data.stacks.len() {
        let records = campaign.records(number, round)?.context("the last round is queried")?;
        fusions.push(records.fusion);
    }
    let mut slices = slices_left(&campaign, data, &drawn, config)?;
    slices.extend(elsewhere(data, |stack| Ok(campaign.segment_other(stack, &mut Silent)?.labels))?);
    let sources = match by_source {
        true => scores_by_source(&campaign, data, &drawn, config)?,
        false => BTreeMap::new(),
    };
    let parameters = match config.completion.sources.contains(&Source::Network) {
        true => campaign.networks()?.first().map(|network| network.trainable_parameters()),
        false => None,
    };
    Ok(Found { drawn, slices, sources, fusions, parameters, seconds })
}

/// The slices of the campaign that nobody drew.
fn slices_left(
    campaign: &Outcome<'_>,
    data: &Opened,
    drawn: &BTreeSet<CandidateId>,
    config: &CampaignConfig,
) -> anyhow::Result<Vec<SliceLine>> {
    let round = campaign.manifest().rounds.len();
    let mut slices = Vec::new();
    for (number, truth) in data.truths.iter().enumerate() {
        let labels = campaign.segmentation(number)?.context("the run ends in a segmentation")?;
        let records = campaign.records(number, round)?.context("the last round is queried")?;
        let pairs = records.agreement.iter().zip(&records.uncertainty);
        let signs: BTreeMap<CandidateId, Signs> = pairs
            .map(|(agreement, uncertainty)| {
                let signs = Signs {
                    quality_index: agreement.quality_index as f32,
                    disagreement_area: agreement.disagreement_area as f32,
                    entropy: uncertainty.entropy as f32,
                    foreground: uncertainty.foreground as f32,
                };
                (agreement.id, signs)
            })
            .collect();
        for it in counts(number, &labels, truth, drawn)? {
            let line = SliceLine::new(it, is_reserved(config, it.0.slice));
            slices.push(SliceLine { signs: signs.get(&it.0).copied(), ..line });
        }
    }
    Ok(slices)
}

/// The slices of the stacks on which nobody draws.
pub(crate) fn elsewhere(
    data: &Opened,
    segment: impl Fn(&Stack) -> anyhow::Result<Array3<u8>>,
) -> anyhow::Result<Vec<SliceLine>> {
    let mut slices = Vec::new();
    for ((stack, truth), number) in data.test.iter().zip(data.stacks.len()..) {
        let labels = segment(stack)?;
        let all = counts(number, &labels, truth, &BTreeSet::new())?.into_iter();
        slices.extend(all.map(|it| SliceLine::new(it, false)));
    }
    Ok(slices)
}

/// What each source alone finds of the slices that nobody drew: on all of them, and on those of the reserve.
fn scores_by_source(
    campaign: &Outcome<'_>,
    data: &Opened,
    drawn: &BTreeSet<CandidateId>,
    config: &CampaignConfig,
) -> anyhow::Result<BTreeMap<Source, (Score, Option<Score>)>> {
    let mut all: BTreeMap<Source, Vec<_>> = BTreeMap::new();
    for (number, sources) in campaign.by_source()?.into_iter().enumerate() {
        for (source, labels) in sources {
            let counts = counts(number, &labels, &data.truths[number], drawn)?;
            all.entry(source).or_default().extend(counts);
        }
    }
    let rate = |(source, found): (Source, Vec<(CandidateId, _)>)| {
        let kept = found.iter().filter(|(id, _)| is_reserved(config, id.slice));
        let reserve = config.reserve.map(|_| Score::of(kept.map(|(_, counts)| *counts)));
        (source, (Score::of(found.iter().map(|(_, counts)| *counts)), reserve))
    };
    Ok(all.into_iter().map(rate).collect())
}

/// Whether no arm may draw a slice.
pub(crate) fn is_reserved(config: &CampaignConfig, slice: SliceId) -> bool {
    config.reserve.is_some_and(|reserve| reserve.holds(slice))
}
