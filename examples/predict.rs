//! Segments a stack with what `train` or a campaign has learnt, a batch of slices at a time.
//!
//! `cargo run -p qunet-examples --example predict -- --model trained --stack other.nii.gz`

use std::path::PathBuf;

use clap::Parser;
use qunet::campaign::{Campaign, ProgressBars};
use qunet::prelude::*;
use qunet::stack::phantom::CtPhantom;

/// Writes a label map that overlays its stack. Settings, networks and the weights of all sources are those of the folder.
#[derive(Parser)]
struct Arguments {
    /// Folder that the example `train` wrote, or that of a campaign; nothing in it changes.
    #[arg(long, value_name = "DIR", default_value = "trained")]
    model: PathBuf,
    /// Image stack; default: a CT phantom.
    #[arg(long, value_name = "FILE|DIR")]
    stack: Option<PathBuf>,
    /// Its region of interest.
    #[arg(long, value_name = "FILE|DIR", requires = "stack")]
    roi: Option<PathBuf>,
    /// The label map.
    #[arg(long, value_name = "FILE", default_value = "segmentation.nii.gz")]
    out: PathBuf,
    #[command(flatten)]
    other_voxels: qunet_examples::OtherVoxels,
}

fn main() -> anyhow::Result<()> {
    let _ = qunet::model::keep_freed_memory();
    qunet_examples::end_with_reader()?;
    let Arguments { model, stack, roi, out, other_voxels } = Arguments::parse();
    let phantom = CtPhantom { seed: 1, ..CtPhantom::default() };
    let stack = stack.map_or_else(|| Ok(phantom.generate()?.stack), Stack::open)?;
    let stack = match roi {
        Some(roi) => other_voxels.with_roi(stack, roi)?,
        None => stack,
    };
    let found = Campaign::view(model)?.segment_other(&stack, &mut ProgressBars::default())?;
    stack.write_labels(&out, &found.labels)?;
    let lesion = found.labels.iter().filter(|&&label| label > 0).count();
    println!("{found}");
    println!("{lesion} of {} pixels segmented: {}", found.labels.len(), out.display());
    Ok(())
}
