//! How often trainings on a handful of slices end in a network that predicts nothing, with and without the guard.
//!
//! Every seed draws its own slices (at least one with foreground) and its own weights; both trainings of a seed have
//! the same. Run from the repository root:
//!
//! `cargo run --release -p qunet-experiments --bin collapse -- --stack CT --labels LABELS --slices 7`

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::ensure;
use clap::Parser;
use ndarray::Array2;
use qunet_model::{
    Augmentation, Channels, CollapseGuard, Device, Fit, LossConfig, LossKind, Network,
    PredictConfig, Predictor, Remedy, Schedule, Sizing, TrainConfig, TrainEvent, Trainer,
    TrainingSet, UnetConfig, UnetPlusPlusConfig,
};
use qunet_stack::{Foreground, LabelMap, Scaling, SliceId, Stack};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// Counts collapses over seeds.
#[derive(Parser)]
struct Arguments {
    /// Stack to train on.
    #[arg(long)]
    stack: PathBuf,
    /// Its labels.
    #[arg(long)]
    labels: PathBuf,
    /// How many slices are annotated.
    #[arg(long, default_value_t = 7)]
    slices: usize,
    /// How many seeds.
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// Epochs of ten steps of four slices.
    #[arg(long, default_value_t = 50)]
    epochs: usize,
    /// Side of the slices in the network.
    #[arg(long, default_value_t = 64)]
    size: usize,
    /// Adam's learning rate.
    #[arg(long, default_value_t = 1e-3)]
    learning_rate: f64,
    /// Where the results go, as JSON.
    #[arg(long)]
    json: PathBuf,
}

#[derive(Clone, Serialize)]
struct Outcome {
    seed: u64,
    guard: bool,
    slices: Vec<usize>,
    /// Dice on the slices that were not annotated, pooled.
    dice: f64,
    /// Heads that were empty in the last epoch.
    empty_heads: Vec<usize>,
    /// How often a head was found to have been empty for some epochs.
    collapses: usize,
    warm_ups: usize,
    restarts: usize,
}

/// Counts remedies.
#[derive(Default)]
struct Remedies {
    collapses: usize,
    warm_ups: usize,
    restarts: usize,
}

impl Remedies {
    fn observe(&mut self, event: &TrainEvent) -> ControlFlow<()> {
        if let TrainEvent::Collapsed { remedy, .. } = event {
            self.collapses += 1;
            self.warm_ups += usize::from(*remedy == Remedy::WarmUp);
            self.restarts += usize::from(*remedy == Remedy::Restart);
        }
        ControlFlow::Continue(())
    }
}

type Slice = (Array2<f32>, Array2<bool>);

fn main() -> anyhow::Result<()> {
    qunet_examples::end_with_reader()?;
    let _ = qunet_model::keep_freed_memory();
    let arguments = Arguments::parse();
    let stack = Stack::open(&arguments.stack)?;
    let labels = LabelMap::open(&arguments.labels, &stack, Foreground::AnyLabel)?;
    let mut all = Vec::new();
    for id in stack.ids() {
        all.push((
            stack.scaled_slice(id, &Scaling::StackMinMax)?,
            labels.mask(SliceId(id.0))?.to_owned(),
        ));
    }
    ensure!(all.iter().any(|(_, mask)| mask.iter().any(|&m| m)), "the labels show no foreground");
    ensure!(arguments.slices > 0, "--slices is 0: annotate at least 1");
    ensure!(all.len() > 1, "the stack has one slice, and none would be left to judge by");
    let mut outcomes = Vec::new();
    for seed in 0..arguments.seeds {
        let chosen = choose(&all, arguments.slices, seed);
        let plain = run(&arguments, &all, &chosen, seed, false)?;
        // Without a collapse the guard does nothing, and the same seed gives the same weights.
        let guarded = if plain.collapses == 0 {
            Outcome { guard: true, ..plain.clone() }
        } else {
            run(&arguments, &all, &chosen, seed, true)?
        };
        for outcome in [plain, guarded] {
            eprintln!("{}", serde_json::to_string(&outcome)?);
            outcomes.push(outcome);
        }
    }
    for guard in [false, true] {
        let arm: Vec<_> = outcomes.iter().filter(|outcome| outcome.guard == guard).collect();
        let collapsed = arm.iter().filter(|outcome| !outcome.empty_heads.is_empty()).count();
        let nothing = arm.iter().filter(|outcome| outcome.dice == 0.0).count();
        let mean = arm.iter().map(|outcome| outcome.dice).sum::<f64>() / arm.len() as f64;
        println!(
            "guard {guard}: {collapsed} with an empty head, {nothing} with Dice 0, mean Dice {mean:.3}"
        );
    }
    fs::write(&arguments.json, serde_json::to_string_pretty(&outcomes)? + "\n")?;
    Ok(())
}

fn choose(all: &[Slice], count: usize, seed: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut ids: Vec<usize> = (0..all.len()).collect();
    loop {
        ids.shuffle(&mut rng);
        let chosen = &ids[..count.min(all.len() - 1)];
        if chosen.iter().any(|&id| all[id].1.iter().any(|&m| m)) {
            return chosen.to_vec();
        }
    }
}

fn run(
    arguments: &Arguments,
    all: &[Slice],
    chosen: &[usize],
    seed: u64,
    guard: bool,
) -> anyhow::Result<Outcome> {
    qunet_model::seed(seed);
    let unet = UnetConfig { width: 8, ..UnetConfig::paper() };
    let config = UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() };
    let network =
        Network::unet_plus_plus(&config, Channels::default(), Device::cuda_if_available())?;
    let size = (arguments.size, arguments.size);
    let set = TrainingSet::new(
        chosen.iter().map(|&id| all[id].clone()),
        size,
        Device::cuda_if_available(),
    )?;
    // The paper's loss and augmentation; its steps are as many as the author's notebooks take.
    let config = TrainConfig {
        epochs: arguments.epochs,
        batch_size: 4,
        steps_per_epoch: Some(10),
        learning_rate: arguments.learning_rate,
        schedule: Schedule::Constant,
        loss: LossConfig { kind: LossKind::Dice, ..LossConfig::default() },
        augmentation: Augmentation::paper(),
        foreground_share: 0.0,
        collapse: if guard { CollapseGuard::default() } else { CollapseGuard::report() },
        ..TrainConfig::default()
    };
    let mut remedies = Remedies::default();
    let fit = Fit { seed, ..Fit::default() };
    let mut observer = |event: &TrainEvent| remedies.observe(event);
    let history = Trainer::new(config)?.fit(&network, &set, &fit, &mut observer)?;
    let sizing = Sizing::Resize { height: arguments.size, width: arguments.size };
    let predictor =
        Predictor::with(&network, PredictConfig { sizing, ..PredictConfig::default() })?;
    let (mut both, mut sizes) = (0_usize, 0_usize);
    let rest: Vec<usize> = (0..all.len()).filter(|id| !chosen.contains(id)).collect();
    let slices = rest.iter().map(|&id| (id, all[id].0.clone()));
    for found in predictor.stream(slices) {
        let (id, maps) = found?;
        for (&label, &truth) in maps.labels(0.5).iter().zip(&all[id].1) {
            both += 2 * usize::from(label > 0 && truth);
            sizes += usize::from(label > 0) + usize::from(truth);
        }
    }
    let dice = if sizes == 0 { 0.0 } else { both as f64 / sizes as f64 };
    let empty_heads = history.last().map(|epoch| epoch.empty_heads.clone()).unwrap_or_default();
    let Remedies { collapses, warm_ups, restarts } = remedies;
    Ok(Outcome {
        seed,
        guard,
        slices: chosen.to_vec(),
        dice,
        empty_heads,
        collapses,
        warm_ups,
        restarts,
    })
}
