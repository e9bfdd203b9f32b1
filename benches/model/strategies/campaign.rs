//! The campaigns of one seed.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use qunet_campaign::{
    Campaign, CampaignConfig, Manifest, Masks, Queried, Query, Silent, StackSource,
};
use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, Evaluation};
use qunet_stack::LabelMap;

use crate::Run;
use crate::arm::{Arm, Start};
use crate::outcome::{self, Outcome};

const MANIFEST: &str = "campaign.json";
const SAMPLES: usize = 8;

/// Runs what the file of outcomes lacks of one seed.
pub(crate) fn run(run: &Run, arms: &[Arm], seed: u64) -> anyhow::Result<()> {
    let known = outcome::read(&run.out)?;
    let done =
        |arm: &Arm| known.iter().any(|it| it.last && it.seed == seed && it.arm == arm.to_string());
    let folder = tempfile::tempdir()?;
    for start in Start::ALL {
        let missing: Vec<&Arm> =
            arms.iter().filter(|arm| arm.start == start && !done(arm)).collect();
        if missing.is_empty() {
            continue;
        }
        let base = folder.path().join(start.to_string());
        begin(run, start, seed, &base)?;
        for arm in missing {
            let own = folder.path().join("arm");
            copy(&base, &own)?;
            if arm.needs_samples() {
                draw_samples(&own)?;
            }
            let outcomes = finish(run, arm, seed, &own)?;
            fs::remove_dir_all(&own)?;
            for outcome in &outcomes {
                eprintln!("{}", serde_json::to_string(outcome)?);
            }
            outcome::append(&run.out, &outcomes)?;
        }
    }
    Ok(())
}

/// A campaign up to its first training.
fn begin(run: &Run, start: Start, seed: u64, folder: &Path) -> anyhow::Result<()> {
    ensure!(run.stack.len() == run.truth.len(), "as many --truth as --stack");
    ensure!(run.roi.is_empty() || run.roi.len() == run.stack.len(), "as many --roi as --stack");
    let mut config = CampaignConfig {
        first: start.strategy(),
        slices_per_round: run.per_round,
        features: true,
        ..CampaignConfig::default()
    };
    (config.steps.budget, config.steps.size) = (run.budget, run.size);
    let mut sources = Vec::new();
    for (number, stack) in run.stack.iter().enumerate() {
        let source = StackSource::new(stack).named(name(number));
        sources.push(match run.roi.get(number) {
            Some(roi) => source.with_roi(roi),
            None => source,
        });
    }
    let mut campaign = Campaign::create(folder, &config.with_seed(seed), &sources)?;
    campaign.ingest(&masks(run))?;
    campaign.train(&mut Silent)?;
    Ok(())
}

/// What a stack is called in a campaign.
fn name(number: usize) -> String {
    format!("stack-{number}")
}

/// The truth stands in for the annotator.
fn masks(run: &Run) -> Masks {
    let all = Masks::default().accept_empty(true).binary(true);
    let numbered = run.truth.iter().enumerate();
    numbered.fold(all, |all, (number, truth)| all.stack(name(number), truth))
}

/// Copies a campaign that is not open.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Has a campaign draw the samples that BALD goes by, which others do without.
fn draw_samples(folder: &Path) -> anyhow::Result<()> {
    let path = folder.join(MANIFEST);
    let mut manifest: Manifest = serde_json::from_slice(&fs::read(&path)?)?;
    manifest.config.monte_carlo = SAMPLES;
    Ok(fs::write(&path, serde_json::to_vec_pretty(&manifest)?)?)
}

/// Runs a campaign to its end, and looks at every round.
fn finish(run: &Run, arm: &Arm, seed: u64, folder: &Path) -> anyhow::Result<Vec<Outcome>> {
    let mut campaign = Campaign::open(folder)?;
    let strategy = arm.later.strategy();
    let mut outcomes = Vec::new();
    loop {
        let round = campaign.manifest().rounds.len();
        let last = matches!(campaign.query_with(&*strategy, &mut Silent)?, Queried::Ends(_));
        let query = campaign.manifest().rounds[round - 1].query.as_ref();
        let query = query.context("the round was queried")?;
        let (finished, left) = evaluate(run, &campaign, query)?;
        let manifest = campaign.manifest();
        outcomes.push(Outcome {
            arm: arm.to_string(),
            seed,
            round,
            annotated: query.summary.annotated_slices,
            slices: manifest.slices(),
            foreground: query.summary.annotated_foreground,
            finished: finished.pooled.dice.unwrap_or(0.0),
            left: left.pooled.dice,
            mean_left: left.over_slices.dice.mean,
            last,
        });
        if last {
            return Ok(outcomes);
        }
        campaign.ingest(&masks(run))?;
        campaign.train(&mut Silent)?;
    }
}

/// The scores of all slices, as finished, and of those that nobody annotated.
fn evaluate(
    run: &Run,
    campaign: &Campaign,
    query: &Query,
) -> anyhow::Result<(Evaluation, Evaluation)> {
    // Nothing was ingested since the query: what is annotated now was annotated then.
    let (mut finished, mut left) = (Vec::new(), Vec::new());
    let stacks = campaign.manifest().stacks.iter().zip(&query.predictions).zip(&run.truth);
    for ((record, file), truth) in stacks {
        let stack = campaign.open_stack(record)?;
        let truth = LabelMap::open_binary(truth, &stack)?;
        let predicted = LabelMap::open_binary(campaign.folder().join(&file.path), &stack)?;
        for id in stack.ids() {
            let truth = truth.mask(id)?;
            if record.annotated.contains(&id) {
                finished.push((finished.len(), ConfusionCounts::from_masks(&truth, &truth)?));
            } else {
                let counts = ConfusionCounts::from_masks(&predicted.mask(id)?, &truth)?;
                left.push((finished.len(), counts));
                finished.push((finished.len(), counts));
            }
        }
    }
    let policy = EmptyPolicy::Undefined;
    Ok((Evaluation::new(finished, policy), Evaluation::new(left, policy)))
}
