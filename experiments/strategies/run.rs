//! The campaigns, each from scoring to the finished stacks.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, ensure};
use clap::Args;
use ndarray::Axis;
use qunet_campaign::{CampaignConfig, Outcome as Campaign, RecordedLabels, Silent, run_rounds};
use qunet_model::{IGNORE, Threads};
use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, Evaluation};
use qunet_select::{Column, Strategy, StrategyConfig};
use qunet_stack::{Foreground, LabelMap, SliceId, Stack};

use crate::outcome::{self, Outcome};

/// Samples of Monte-Carlo dropout for the strategies that read them.
const SAMPLES: usize = 8;

/// What `run` takes.
#[derive(Args)]
pub(crate) struct Run {
    /// A stack; may be repeated.
    #[arg(long, required = true)]
    stack: Vec<PathBuf>,
    /// Its lesions; as often as `--stack`.
    #[arg(long, required = true)]
    truth: Vec<PathBuf>,
    /// Its region of interest; as often as `--stack`, or never.
    #[arg(long)]
    roi: Vec<PathBuf>,
    /// Names of two strategies each; default: those of docs/strategies.md.
    #[arg(long, value_name = "FIRST/LATER,...", value_delimiter = ',')]
    arms: Vec<Arm>,
    /// Share of the slices that may be annotated.
    #[arg(long, default_value_t = 0.2)]
    budget: f64,
    /// Slices of each later round.
    #[arg(long, default_value_t = 3)]
    per_round: usize,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    first_seed: u64,
    /// How many seeds.
    #[arg(long, default_value_t = 5)]
    seeds: u64,
    /// Side of the slices in the network.
    #[arg(long, default_value_t = 64)]
    size: usize,
    /// Epochs of the first training; later ones take half as many.
    #[arg(long)]
    epochs: Option<usize>,
    /// Threads of LibTorch. The number is fixed, because sums of floats depend on it, and with them
    /// every outcome.
    #[arg(long, default_value = "1")]
    threads: NonZeroUsize,
    /// File of outcomes.
    #[arg(long)]
    out: PathBuf,
}

/// The strategies of the first round and of all later ones.
#[derive(Clone)]
struct Arm {
    first: StrategyConfig,
    later: StrategyConfig,
}

impl Arm {
    /// Every strategy after the paper's S0, and a few after evenly spaced and random slices.
    fn default_arms() -> anyhow::Result<Vec<Self>> {
        let every = StrategyConfig::every();
        let after_s0 = every.iter().map(|later| format!("image_quality/{}", later.name()));
        let spaced = ["evenly_spaced", "head_disagreement", "disagreement_area", "hybrid"];
        let after_spaced = spaced.map(|later| format!("evenly_spaced/{later}"));
        let after_random = ["random/random", "random/head_disagreement"].map(str::to_owned);
        after_s0.chain(after_spaced).chain(after_random).map(|name| name.parse()).collect()
    }
}

impl FromStr for Arm {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (first, later) = text.split_once('/').context("name an arm as FIRST/LATER")?;
        Ok(Self { first: first.parse()?, later: later.parse()? })
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first.name(), self.later.name())
    }
}

/// Runs what the file of outcomes lacks.
pub(crate) fn run(run: &Run) -> anyhow::Result<()> {
    let arms = if run.arms.is_empty() { Arm::default_arms()? } else { run.arms.clone() };
    for arm in &arms {
        config(run, arm, 0).check().with_context(|| arm.to_string())?;
    }
    let (stacks, truth) = open(run)?;
    let known = outcome::read(&run.out)?;
    let is_done = |arm: &Arm, seed| {
        known.iter().any(|it| it.last && it.seed == seed && it.arm == arm.to_string())
    };
    for seed in run.first_seed..run.first_seed + run.seeds {
        for arm in arms.iter().filter(|arm| !is_done(arm, seed)) {
            let (stacks, truth): (Vec<_>, Vec<_>) =
                (stacks.iter().collect(), truth.iter().collect());
            let mut annotator = RecordedLabels::from_stacks(&truth);
            let config = config(run, arm, seed);
            let campaign = run_rounds(&stacks, &config, &mut annotator, &mut Silent)?;
            outcome::append(&run.out, &outcomes(&campaign, arm, &truth)?)?;
            eprintln!("seed {seed}: {arm}");
        }
    }
    Ok(())
}

fn config(run: &Run, arm: &Arm, seed: u64) -> CampaignConfig {
    let Arm { first, later } = arm.clone();
    let mut config = CampaignConfig { first, later, seed, ..CampaignConfig::two_steps() };
    let samples = config.later.needs().contains(&Column::Bald);
    config.prediction.monte_carlo = if samples { SAMPLES } else { 0 };
    config.stopping.budget.fraction = Some(run.budget);
    config.stopping.max_rounds = None;
    (config.rounds.share, config.rounds.later) = (0.6, Some(run.per_round));
    config.input.size = run.size;
    config.threads = Threads::Fixed(run.threads);
    if let Some(epochs) = run.epochs {
        (config.train.epochs, config.fine_tune.epochs) = (epochs, epochs.div_ceil(2));
    }
    config
}

fn open(run: &Run) -> anyhow::Result<(Vec<Stack>, Vec<LabelMap>)> {
    ensure!(run.stack.len() == run.truth.len(), "as many --truth as --stack");
    ensure!(run.roi.is_empty() || run.roi.len() == run.stack.len(), "as many --roi as --stack");
    let (mut stacks, mut truths) = (Vec::new(), Vec::new());
    for (number, (stack, truth)) in run.stack.iter().zip(&run.truth).enumerate() {
        let mut stack = Stack::open(stack)?;
        if let Some(roi) = run.roi.get(number) {
            stack = stack.with_roi(roi)?;
        }
        truths.push(LabelMap::open(truth, &stack, Foreground::AnyLabel)?);
        stacks.push(stack);
    }
    Ok((stacks, truths))
}

/// One outcome for every round of a campaign that is over.
fn outcomes(
    campaign: &Campaign<'_>,
    arm: &Arm,
    truth: &[&LabelMap],
) -> anyhow::Result<Vec<Outcome>> {
    let manifest = campaign.manifest();
    let mut outcomes = Vec::new();
    for round in &manifest.rounds {
        let summary = round.query.as_ref().context("every round was queried")?.summary;
        let (finished, left) = evaluate(campaign, round.round, truth)?;
        outcomes.push(Outcome {
            arm: arm.to_string(),
            seed: manifest.config.seed,
            round: round.round,
            annotated: summary.annotated_slices,
            slices: manifest.slices(),
            foreground: summary.annotated_foreground,
            finished: finished.pooled.dice.unwrap_or(0.0),
            left: left.pooled.dice,
            mean_left: left.over_slices.dice.mean,
            last: round.round == manifest.rounds.len(),
        });
    }
    Ok(outcomes)
}

/// The scores after a round: of all slices, as drawn where somebody drew, and of those that nobody
/// had annotated.
fn evaluate(
    campaign: &Campaign<'_>,
    round: usize,
    truth: &[&LabelMap],
) -> anyhow::Result<(Evaluation, Evaluation)> {
    let (mut finished, mut left) = (Vec::new(), Vec::new());
    for (number, truth) in truth.iter().enumerate() {
        let predicted = campaign.prediction(number, round)?.context("the round was queried")?;
        for (slice, predicted) in predicted.axis_iter(Axis(0)).enumerate() {
            let truth = truth.mask(SliceId(slice))?;
            let annotated = predicted.iter().all(|&label| label == IGNORE);
            let mask = if annotated { truth.clone() } else { predicted.mapv(|label| label > 0) };
            let counts = ConfusionCounts::from_masks(&mask, &truth)?;
            if !annotated {
                left.push((finished.len(), counts));
            }
            finished.push((finished.len(), counts));
        }
    }
    let policy = EmptyPolicy::Undefined;
    Ok((Evaluation::new(finished, policy), Evaluation::new(left, policy)))
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use qunet_stack::phantom::CtPhantom;

    use super::*;
    use crate::table;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        run: Run,
    }

    #[test]
    fn outcomes_are_resumable_and_make_a_table() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let [image, truth, out] = ["ct.nii.gz", "truth.nii.gz", "outcomes.jsonl"]
            .map(|name| folder.path().join(name).display().to_string());
        let phantom = CtPhantom { slices: 12, size: 48, seed: 5 }.generate()?;
        phantom.stack.write(&image)?;
        phantom.stack.write_labels(&truth, phantom.truth.labels())?;
        let of = |arms: &str| {
            let paths = ["strategies", "--stack", &image, "--truth", &truth, "--out", &out];
            let small = ["--budget=0.25", "--per-round=1", "--seeds=1", "--size=32", "--epochs=1"];
            let all = paths.into_iter().chain(small).chain(["--arms", arms]);
            Cli::try_parse_from(all).map(|cli| cli.run)
        };
        let known = ["random/random", "random/bald"];
        run(&of(known[0])?)?;
        run(&of(&known.join(","))?)?;
        let outcomes = outcome::read(out.as_ref())?;
        // Three slices: two first, and one in a later round; the first round is the same.
        let rounds: Vec<_> = outcomes.iter().map(|it| (it.arm.as_str(), it.annotated)).collect();
        let expected = known.map(|arm| [(arm, 2), (arm, 3)]).concat();
        assert_eq!(rounds, expected);
        assert_eq!(outcomes[0].finished, outcomes[2].finished);
        let mut text = Vec::new();
        table::print(&mut text, &outcomes)?;
        let text = String::from_utf8(text)?;
        assert!(text.contains("| random/bald | 3.0 |"), "{text}");
        let curves = known.map(str::to_owned);
        table::draw(folder.path(), &outcomes, &curves)?;
        assert!(of("random").is_err() && of("random/best").is_err());
        Ok(())
    }

    #[test]
    fn the_default_arms_are_allowed() -> anyhow::Result<()> {
        let all = ["strategies", "--stack=a", "--truth=b", "--out=c"];
        let run = Cli::try_parse_from(all)?.run;
        for arm in Arm::default_arms()? {
            config(&run, &arm, 0).check()?;
        }
        Ok(())
    }
}
