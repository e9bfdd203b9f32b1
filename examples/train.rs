//! Trains on a few annotated slices of a stack, so that `predict` segments others. Ctrl-C loses one epoch at most: the same
//! command goes on with the training.
//!
//! `cargo run -p qunet-examples --example train -- --stack ct.nii.gz --labels lesions.nii.gz --out trained`

use std::path::PathBuf;

use clap::Parser;
use qunet::campaign::{Campaign, InputConfig, Masks, Next, ProgressBars, StackSource};
use qunet::prelude::*;

/// Trains on evenly spaced slices of a stack, the labels standing in for an annotator, and completes the stack.
#[derive(Parser)]
struct Arguments {
    /// Image stack; default: a CT phantom, written beside the folder.
    #[arg(long, value_name = "FILE|DIR", requires = "labels")]
    stack: Option<PathBuf>,
    /// Its labels.
    #[arg(long, value_name = "FILE|DIR", requires = "stack")]
    labels: Option<PathBuf>,
    /// Its region of interest.
    #[arg(long, value_name = "FILE|DIR", requires = "stack")]
    roi: Option<PathBuf>,
    /// How many slices are annotated.
    #[arg(long, value_name = "N", default_value_t = 8)]
    annotated: usize,
    /// Epochs of ten steps of four slices.
    #[arg(long, value_name = "N", default_value_t = 30)]
    epochs: usize,
    /// Side of the slices in the network, a multiple of 16; the paper has 256.
    #[arg(long, value_name = "PIXELS", default_value_t = 96)]
    size: usize,
    /// Seed of weights and training.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Folder of the networks, and of all that they were trained with.
    #[arg(long, value_name = "DIR", default_value = "trained")]
    out: PathBuf,
    #[command(flatten)]
    values: qunet_examples::MaskValues,
    #[command(flatten)]
    other_voxels: qunet_examples::OtherVoxels,
}

fn main() -> anyhow::Result<()> {
    let _ = qunet::model::keep_freed_memory();
    qunet_examples::end_with_reader()?;
    let arguments = Arguments::parse();
    let (image, truth) = match arguments.stack.zip(arguments.labels) {
        Some(files) => files,
        None => qunet_examples::phantom(&arguments.out.with_extension("phantom"))?,
    };
    let stack = Stack::open(&image)?;
    let labels = arguments.other_voxels.open(truth, &stack, &arguments.values)?;
    let mut config = CampaignConfig::quick().single_round("evenly_spaced".parse()?);
    config.stopping.budget.slices = Some(arguments.annotated);
    config.stopping.budget.fraction = None;
    config.train.epochs = arguments.epochs;
    config.input = InputConfig { size: arguments.size, ..InputConfig::default() };
    config.seed = arguments.seed;
    let source = StackSource { roi: arguments.roi, ..StackSource::new(image) };
    let source = source.resampling(arguments.other_voxels.resample);
    let mut campaign = Campaign::create(&arguments.out, &config, &[source])?;
    if let Next::Annotate { .. } = campaign.status().next {
        for drawing in campaign.drawings() {
            stack.write_labels(drawing, labels.labels())?;
        }
        campaign.ingest(&Masks::default().accept_empty(true))?;
    }
    campaign.advance(&mut ProgressBars::default())?;
    println!("{}", campaign.status());
    for record in &campaign.manifest().stacks {
        println!("segmented: {}", campaign.segmentation_path(record).display());
    }
    Ok(())
}
