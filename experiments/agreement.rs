//! Whether low agreement of the heads finds the slices that are segmented badly, under each rule for agreement on
//! nothing. Run from the repository root:
//!
//! `cargo run --release -p qunet-experiments --bin agreement -- --stack CT --labels LABELS --slices 7 --json FILE
//! --figures FOLDER`

mod ranks;

use std::fs;
use std::path::PathBuf;

use clap::Parser;
use ndarray::Array2;
use qunet_model::{
    Channels, Device, Fit, HeadMaps, Network, PredictConfig, Predictor, Silent, Sizing,
    TrainConfig, Trainer, TrainingSet, UnetConfig, UnetPlusPlusConfig,
};
use qunet_report::{AgreementPoint, agreement_scatter};
use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, OverlapMetric, Summary};
use qunet_select::{
    AgreementParams, AgreementRecord, EmptyAgreement, EvenlySpaced, Maps, Pool, Request, Strategy,
};
use qunet_stack::{Foreground, LabelMap, Scaling, SliceId, Stack};
use serde::Serialize;

use crate::ranks::spearman;

const POLICIES: [(&str, EmptyAgreement); 3] = [
    ("agree", EmptyAgreement::Agree),
    ("unknown", EmptyAgreement::Unknown),
    ("suspect", EmptyAgreement::Suspect),
];

/// A pixel is foreground where its probability is above this.
const THRESHOLD: f32 = 0.5;

/// Compares Q with the true Dice of every slice.
#[derive(Parser)]
struct Arguments {
    /// Stack to train on.
    #[arg(long)]
    stack: PathBuf,
    /// Its labels.
    #[arg(long)]
    labels: PathBuf,
    /// How many evenly spaced slices are annotated.
    #[arg(long, default_value_t = 7)]
    slices: usize,
    /// How many slices a query asks for.
    #[arg(long, default_value_t = 5)]
    picks: usize,
    /// How many seeds.
    #[arg(long, default_value_t = 5)]
    seeds: u64,
    /// Where the results go, as JSON.
    #[arg(long)]
    json: PathBuf,
    /// Where the figures of each seed go.
    #[arg(long)]
    figures: Option<PathBuf>,
}

/// The scores of one rule with one trained network.
#[derive(Serialize)]
struct Outcome {
    seed: u64,
    policy: &'static str,
    /// Spearman's rank correlation of Q and Dice over the slices on which Dice is defined.
    spearman: Option<f64>,
    /// Mean Dice of the slices with the lowest Q, where it is defined.
    dice_of_picks: Option<f64>,
    /// Mean Dice of all slices nobody annotated, where it is defined.
    dice_of_all: Option<f64>,
    /// Slices whose lesion neither head sees at all.
    missed: usize,
    /// How many of them are among the picks.
    missed_and_picked: usize,
}

fn main() -> anyhow::Result<()> {
    qunet_examples::end_with_reader()?;
    let _ = qunet_model::keep_freed_memory();
    let arguments = Arguments::parse();
    let stack = Stack::open(&arguments.stack)?;
    let labels = LabelMap::open(&arguments.labels, &stack, Foreground::AnyLabel)?;
    let pool = Pool::of_stack(stack.slices())?;
    let chosen = EvenlySpaced {}.select(&pool, &Request::new(arguments.slices, 0))?.slices(0);
    let mut outcomes = Vec::new();
    for seed in 0..arguments.seeds {
        let maps = maps_of(&stack, &labels, &chosen, seed)?;
        for (name, policy) in POLICIES {
            let points = points(&maps, &labels, policy)?;
            if let Some(folder) = &arguments.figures {
                let figure = agreement_scatter(&points, Some(0.5))?;
                figure.with_name(format!("agreement-{name}-{seed}"))?.write(folder)?;
            }
            let outcome = outcome(seed, name, points, arguments.picks);
            eprintln!("{}", serde_json::to_string(&outcome)?);
            outcomes.push(outcome);
        }
    }
    fs::write(&arguments.json, serde_json::to_string_pretty(&outcomes)? + "\n")?;
    Ok(())
}

/// Trains on the chosen slices and predicts all others.
fn maps_of(
    stack: &Stack,
    labels: &LabelMap,
    chosen: &[SliceId],
    seed: u64,
) -> anyhow::Result<Vec<(SliceId, HeadMaps)>> {
    let image = |id| stack.scaled_slice(id, &Scaling::StackMinMax);
    let device = Device::cuda_if_available();
    let slices: Result<Vec<(Array2<f32>, Array2<bool>)>, _> =
        chosen.iter().map(|&id| Ok((image(id)?, labels.mask(id)?))).collect();
    let slices = slices.map_err(|error: qunet_stack::Error| error)?;
    let set = TrainingSet::new(slices, (96, 96), device)?;
    qunet_model::seed(seed);
    let unet = UnetConfig { width: 8, ..UnetConfig::paper() };
    let config = UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() };
    let network = Network::unet_plus_plus(&config, Channels::default(), device)?;
    let config = TrainConfig { epochs: 30, ..TrainConfig::default() };
    let fit = Fit { seed, ..Fit::default() };
    Trainer::new(config)?.fit(&network, &set, &fit, &mut Silent)?;
    let sizing = Sizing::Resize { height: 96, width: 96 };
    let predictor =
        Predictor::with(&network, PredictConfig { sizing, ..PredictConfig::default() })?;
    let mut all = Vec::new();
    for id in stack.ids().filter(|id| !chosen.contains(id)) {
        all.push((id, image(id)?));
    }
    Ok(predictor.stream(all).collect::<Result<_, _>>()?)
}

fn points(
    maps: &[(SliceId, HeadMaps)],
    labels: &LabelMap,
    policy: EmptyAgreement,
) -> anyhow::Result<Vec<AgreementPoint>> {
    let params = AgreementParams { empty_agreement: policy, ..AgreementParams::default() };
    let mut points = Vec::with_capacity(maps.len());
    for (id, maps) in maps {
        let [level3, level4] = maps.last_two()?.map(|head| head.foreground.view());
        let pair = Maps::Pair { level3, level4 };
        let record = AgreementRecord::from_maps(*id, &pair, THRESHOLD, &params)?;
        let prediction = level4.mapv(|probability| probability > THRESHOLD);
        let counts = ConfusionCounts::from_masks(&prediction, &labels.mask(*id)?)?;
        let dice = OverlapMetric::Dice.of(&counts, EmptyPolicy::Undefined);
        let agreement = record.quality_index;
        points.push(AgreementPoint { id: *id, agreement, dice, empty: record.empty });
    }
    Ok(points)
}

fn outcome(
    seed: u64,
    policy: &'static str,
    mut points: Vec<AgreementPoint>,
    picks: usize,
) -> Outcome {
    points.sort_by(|a, b| a.agreement.total_cmp(&b.agreement).then(a.id.cmp(&b.id)));
    let missed = |points: &[AgreementPoint]| {
        points.iter().filter(|point| point.empty && point.dice == Some(0.0)).count()
    };
    let picked = &points[..picks.min(points.len())];
    let defined: Vec<(f64, f64)> =
        points.iter().filter_map(|point| Some((point.agreement, point.dice?))).collect();
    Outcome {
        seed,
        policy,
        spearman: spearman(&defined),
        dice_of_picks: Summary::from_values(picked.iter().map(|point| point.dice)).mean,
        dice_of_all: Summary::from_values(points.iter().map(|point| point.dice)).mean,
        missed: missed(&points),
        missed_and_picked: missed(picked),
    }
}
