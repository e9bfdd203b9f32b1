//! Segments a stack with trained weights, in bounded memory, and draws the slice the heads agree on least.
//!
//! `cargo run -p qunet-examples --example predict -- --model trained/model.safetensors --stack ct.nii.gz`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use ndarray::{Array3, Axis};
use qunet::model::{HeadMaps, Precision, PredictConfig, Sizing};
use qunet::prelude::*;
use qunet::report::{HeadsSlice, heads_figure};
use qunet::stack::phantom::CtPhantom;

/// Writes a label map that overlays its stack.
#[derive(Parser)]
struct Arguments {
    /// Weights that the example `train` wrote.
    #[arg(long, value_name = "FILE", default_value = "trained/model.safetensors")]
    model: PathBuf,
    /// Image stack; default: a CT phantom.
    #[arg(long, value_name = "FILE|DIR")]
    stack: Option<PathBuf>,
    /// Side at which the network was trained.
    #[arg(long, value_name = "PIXELS", default_value_t = 96)]
    size: usize,
    /// Number type of the computation; auto compares both on the first slices.
    #[arg(long, value_enum, default_value = "f32")]
    precision: Numbers,
    /// Averages with the mirrored slice.
    #[arg(long)]
    flips: bool,
    /// Threads of the processor; default: all cores.
    #[arg(long, value_name = "N")]
    threads: Option<i32>,
    /// The label map.
    #[arg(long, value_name = "FILE.nii.gz", default_value = "segmentation.nii.gz")]
    out: PathBuf,
    /// Picture of the four heads on the slice they agree on least.
    #[arg(long, value_name = "FILE.svg", default_value = "least-agreement.svg")]
    picture: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Numbers {
    F32,
    Bf16,
    Auto,
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
    if let Some(threads) = arguments.threads {
        qunet::model::tch::set_num_threads(threads.max(1));
    }
    let stack = match &arguments.stack {
        None => CtPhantom { seed: 1, ..CtPhantom::default() }.generate()?.stack,
        Some(path) => Stack::open(path)?,
    };
    let network = UnetPlusPlus::open(&arguments.model, Device::cuda_if_available())?;
    let precision = match arguments.precision {
        Numbers::F32 => Precision::F32,
        Numbers::Bf16 => Precision::Bf16,
        Numbers::Auto => Precision::Auto,
    };
    let sizing = Sizing::Resize { height: arguments.size, width: arguments.size };
    let config = PredictConfig { sizing, precision, flips: arguments.flips, ..Default::default() };
    let predictor = Predictor::with(&network, config)?;

    let [slices, height, width] = stack.shape();
    let mut labels = Array3::zeros((slices, height, width));
    let mut query = DisagreementSelection::params().start()?;
    let mut least: Option<(SliceId, f64, HeadMaps)> = None;
    // A slice that cannot be scaled ends the stream; the error is kept for after it.
    let mut failed = None;
    let scaled = stack.ids().map_while(|id| match stack.scaled_slice(id, &Scaling::StackMinMax) {
        Ok(slice) => Some((id, slice)),
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    for found in predictor.stream(scaled) {
        let (id, maps) = found?;
        labels.index_axis_mut(Axis(0), id.0).assign(&maps.labels());
        if let (Some(level3), Some(level4)) = (maps.level(3), maps.level(4)) {
            let agreement = query.observe(id, level3, level4)?.quality_index;
            if least.as_ref().is_none_or(|(_, lowest, _)| agreement < *lowest) {
                least = Some((id, agreement, maps));
            }
        }
    }
    failed.map_or(Ok(()), Err)?;
    stack.write_labels(&arguments.out, &labels)?;
    let lesion = labels.iter().filter(|&&label| label > 0).count();
    println!("{lesion} of {} pixels segmented: {}", labels.len(), arguments.out.display());
    if let Some((id, agreement, maps)) = least {
        let image = stack.scaled_slice(id, &Scaling::StackMinMax)?;
        let [l1, l2, l3, l4] = maps.maps() else { return Ok(()) };
        let heads = [l1, l2, l3, l4].map(|map| &**map);
        let (quality_threshold, selected) = (Some(0.5), agreement < 0.5);
        let slice = HeadsSlice { id, image: &image, heads, agreement, quality_threshold, selected };
        heads_figure(&slice)?.write_to(&arguments.picture)?;
        let picture = arguments.picture.display();
        println!("L3 and L4 agree least on slice {id}, Q = {agreement:.3}: {picture}");
    }
    Ok(())
}
