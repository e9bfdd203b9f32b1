//! Segments a stack with trained weights of either architecture, a batch of slices in memory at a time.
//!
//! `cargo run -p qunet-examples --example predict -- --model trained/model.safetensors --stack ct.nii.gz`

use std::path::PathBuf;

use clap::Parser;
use ndarray::{Array3, Axis};
use qunet::model::{PredictConfig, Sizing};
use qunet::prelude::*;
use qunet::stack::phantom::CtPhantom;

/// Writes a label map that overlays its stack.
#[derive(Parser)]
struct Arguments {
    /// Weights that the example `train` wrote.
    #[arg(long, default_value = "trained/model.safetensors")]
    model: PathBuf,
    /// Image stack; default: a CT phantom.
    #[arg(long)]
    stack: Option<PathBuf>,
    /// Side at which the network was trained.
    #[arg(long, default_value_t = 96)]
    size: usize,
    /// Averages with the mirrored slice.
    #[arg(long)]
    flips: bool,
    /// The probability above which a pixel is lesion.
    #[arg(long, default_value_t = 0.5)]
    threshold: f32,
    /// The label map.
    #[arg(long, default_value = "segmentation.nii.gz")]
    out: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let _ = qunet::model::keep_freed_memory();
    qunet_examples::end_with_reader()?;
    let arguments = Arguments::parse();
    let phantom = CtPhantom { seed: 1, ..CtPhantom::default() };
    let stack = arguments.stack.as_ref();
    let stack = stack.map_or_else(|| Ok(phantom.generate()?.stack), Stack::open)?;
    let network = Network::open(&arguments.model, Device::cuda_if_available())?;
    let sizing = Sizing::Resize { height: arguments.size, width: arguments.size };
    let config = PredictConfig { sizing, flips: arguments.flips, ..PredictConfig::default() };
    let predictor = Predictor::with(&network, config)?;
    let mut labels = Array3::zeros(stack.shape());
    let ids: Vec<SliceId> = stack.ids().collect();
    for ids in ids.chunks(predictor.batch_size()) {
        let slices = ids.iter().map(|&id| stack.scaled_slice(id, &Scaling::StackMinMax));
        let slices = slices.collect::<Result<Vec<_>, _>>()?;
        for (id, maps) in ids.iter().zip(predictor.heads(&slices)?) {
            labels.index_axis_mut(Axis(0), id.0).assign(&maps.labels(arguments.threshold));
        }
    }
    stack.write_labels(&arguments.out, &labels)?;
    let lesion = labels.iter().filter(|&&label| label > 0).count();
    println!("{lesion} of {} pixels segmented: {}", labels.len(), arguments.out.display());
    Ok(())
}
