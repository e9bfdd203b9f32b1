//! Trains a U-net++ on a few annotated slices. Ctrl-C loses one epoch at most: the same command resumes the training.
//!
//! `cargo run -p qunet-examples --example train -- --stack ct.nii.gz --labels lesions.nii.gz --out trained`

use clap::Parser;
use qunet::model::{Fit, ProgressBar, UnetConfig};
use qunet::prelude::*;
use qunet::stack::phantom::CtPhantom;

/// Trains on evenly spaced slices of a stack, the labels standing in for an annotator.
#[derive(Parser)]
struct Arguments {
    /// Image stack; default: a CT phantom.
    #[arg(long, requires = "labels")]
    stack: Option<std::path::PathBuf>,
    /// Its labels.
    #[arg(long, requires = "stack")]
    labels: Option<std::path::PathBuf>,
    /// How many slices are annotated; every fourth of them is held out to judge the epochs by.
    #[arg(long, default_value_t = 8)]
    annotated: usize,
    /// Epochs of ten steps of four slices.
    #[arg(long, default_value_t = 30)]
    epochs: usize,
    /// Side of the slices in the network, a multiple of 16; the paper has 256.
    #[arg(long, default_value_t = 96)]
    size: usize,
    /// Seed of weights and training.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Folder for the weights and the checkpoint.
    #[arg(long, default_value = "trained")]
    out: std::path::PathBuf,
    #[command(flatten)]
    values: qunet_examples::MaskValues,
    #[command(flatten)]
    other_voxels: qunet_examples::OtherVoxels,
}

fn main() -> anyhow::Result<()> {
    let _ = qunet::model::keep_freed_memory();
    qunet_examples::end_with_reader()?;
    let Arguments { stack, labels, annotated, epochs, size, seed, out, values, other_voxels } =
        Arguments::parse();
    let phantom = CtPhantom::default().generate()?;
    let stack = stack.map_or(Ok(phantom.stack), Stack::open)?;
    let labels =
        labels.map_or(Ok(phantom.truth), |path| other_voxels.open(path, &stack, &values))?;
    let (mut learnt, mut held) = (Vec::new(), Vec::new());
    for (place, id) in stack.ids().step_by(stack.slices().div_ceil(annotated.max(1))).enumerate() {
        let slice = (stack.scaled_slice(id, &Scaling::StackMinMax)?, labels.mask(id)?);
        if place % 4 == 3 { held.push(slice) } else { learnt.push(slice) }
    }
    let (device, size) = (Device::cuda_if_available(), (size, size));
    let set = TrainingSet::new(learnt, size, device)?;
    let held = (!held.is_empty()).then(|| TrainingSet::new(held, size, device)).transpose()?;
    qunet::model::seed(seed);
    let unet = UnetConfig { width: 8, ..UnetConfig::paper() };
    let config = UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() };
    let network = Network::unet_plus_plus(&config, Channels::default(), device)?;
    let trainer = Trainer::new(TrainConfig { epochs, ..TrainConfig::default() })?;
    std::fs::create_dir_all(&out)?;
    let checkpoint = &*out.join("checkpoint.safetensors");
    let fit = Fit { seed, validation: held.as_ref(), checkpoint: Some(checkpoint) };
    trainer.fit(&network, &set, &fit, &mut ProgressBar::new("train"))?;
    Ok(network.save(out.join("model.safetensors"))?)
}
