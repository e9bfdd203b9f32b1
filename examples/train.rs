//! Trains a U-net++ on a few annotated slices; an interrupted training goes on where it was.
//!
//! `cargo run -p qunet-examples --example train -- --stack ct.nii.gz --labels lesions.nii.gz --out trained`

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use qunet::model::{Fit, Precision, ProgressBar, UnetConfig};
use qunet::prelude::*;
use qunet::report::{LossCurves, LossStage, loss_curves};
use qunet::select::evenly_spaced;
use qunet::stack::phantom::CtPhantom;

/// Trains on evenly spaced slices of a stack, the labels standing in for an annotator.
#[derive(Parser)]
struct Arguments {
    /// Image stack; default: a CT phantom.
    #[arg(long, value_name = "FILE|DIR", requires = "labels")]
    stack: Option<PathBuf>,
    /// Its labels; anything but 0 is lesion.
    #[arg(long, value_name = "FILE|DIR", requires = "stack")]
    labels: Option<PathBuf>,
    /// How many slices are annotated; every fourth of them is held out to judge the epochs by.
    #[arg(long, value_name = "N", default_value_t = 8)]
    annotated: usize,
    /// Epochs of ten steps of four slices.
    #[arg(long, value_name = "N", default_value_t = 30)]
    epochs: usize,
    /// Filters of the first row; the paper has 32.
    #[arg(long, value_name = "N", default_value_t = 8)]
    width: usize,
    /// Side of the slices in the network, a multiple of 16; the paper has 256.
    #[arg(long, value_name = "PIXELS", default_value_t = 96)]
    size: usize,
    /// Computes in bfloat16: faster on processors and GPUs that have it.
    #[arg(long)]
    bf16: bool,
    /// Seeds weights and training.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Folder for the weights, the checkpoint and the loss curves.
    #[arg(long, value_name = "DIR", default_value = "trained")]
    out: PathBuf,
}

fn main() -> ExitCode {
    let _ = qunet::model::keep_freed_memory();
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (stack, labels) = match (&arguments.stack, &arguments.labels) {
        (Some(stack), Some(labels)) => {
            let stack = Stack::open(stack)?;
            let labels = LabelMap::open_binary(labels, &stack)?;
            (stack, labels)
        }
        _ => {
            let phantom = CtPhantom::default().generate()?;
            (phantom.stack, phantom.truth)
        }
    };
    fs::create_dir_all(&arguments.out)?;
    let ids: Vec<SliceId> = stack.ids().collect();
    let annotated = evenly_spaced(&ids, arguments.annotated);
    let (held, learnt): (Vec<_>, Vec<_>) =
        annotated.iter().enumerate().partition(|(place, _)| place % 4 == 3);
    let set = |ids: &[(usize, &SliceId)]| -> Result<TrainingSet, qunet::Error> {
        let mut slices = Vec::new();
        for (_, id) in ids {
            slices.push((stack.scaled_slice(**id, &Scaling::StackMinMax)?, labels.mask(**id)?));
        }
        Ok(TrainingSet::new(slices, (arguments.size, arguments.size), device())?)
    };
    let (train, validation) =
        (set(&learnt)?, if held.is_empty() { None } else { Some(set(&held)?) });

    qunet::model::seed(arguments.seed);
    let unet = UnetConfig { width: arguments.width, ..UnetConfig::paper() };
    let network = UnetPlusPlus::new(&UnetPlusPlusConfig { unet, ..Default::default() }, device())?;
    let precision = if arguments.bf16 { Precision::Bf16 } else { Precision::F32 };
    let (epochs, seed) = (arguments.epochs, arguments.seed);
    let config = TrainConfig { epochs, seed, precision, ..TrainConfig::default() };
    let checkpoint = arguments.out.join("checkpoint.safetensors");
    let fit = Fit { validation: validation.as_ref(), checkpoint: Some(&checkpoint) };
    println!("training on {} slices, judged by {}", learnt.len(), held.len());
    let history =
        Trainer::new(config)?.fit_with(&network, &train, &fit, &mut ProgressBar::new("train"))?;
    if let Some(dice) = history.iter().filter_map(|epoch| epoch.validation_dice).reduce(f64::max) {
        println!("best validation Dice {dice:.3}");
    }
    let weights = arguments.out.join("model.safetensors");
    network.save(&weights)?;
    let epochs = history.into_iter().map(|epoch| epoch.head_losses).collect();
    let stage = LossStage { name: "training".to_owned(), epochs };
    let curves = arguments.out.join("losses.svg");
    loss_curves(&LossCurves { stages: vec![stage] })?.write_to(&curves)?;
    println!("weights: {}\nloss curves: {}", weights.display(), curves.display());
    Ok(())
}

fn device() -> Device {
    Device::cuda_if_available()
}
