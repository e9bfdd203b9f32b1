//! Step 1 alone: which slices to annotate first, and why; needs no LibTorch.
//!
//! `cargo run -p qunet-examples --no-default-features --example select_initial -- --stack ct.nii.gz`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use qunet::prelude::*;
use qunet::report::{QualityLimits, quality_scatter};
use qunet::stack::phantom::CtPhantom;

/// Chooses the slices S0 to annotate first and prints the verdict on every slice.
#[derive(Parser)]
struct Arguments {
    /// Image stack: a .nii or .nii.gz file, or a folder of PNG slices; default: a CT phantom.
    #[arg(long, value_name = "FILE|DIR")]
    stack: Option<PathBuf>,
    /// Region of interest on the stack's grid.
    #[arg(long, value_name = "FILE|DIR", requires = "stack")]
    roi: Option<PathBuf>,
    /// The most slices to take.
    #[arg(long, value_name = "N", default_value_t = 10)]
    max_slices: usize,
    /// Scale of the mean below which blurriness and inverse PSNR must lie.
    #[arg(long, value_name = "SCALE", default_value_t = 1.0)]
    threshold: f64,
    /// Where the scatter plot goes.
    #[arg(long, value_name = "FILE.svg")]
    scatter: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), qunet::Error> {
    let stack = match &arguments.stack {
        None => CtPhantom::default().generate()?.stack,
        Some(path) => Stack::open(path)?,
    };
    let stack = match &arguments.roi {
        None => stack,
        Some(path) => stack.with_roi(path)?,
    };
    let records = score_stack(&stack, &Scaling::StackMinMax, &QualityParams::default())?;
    let s0 = InitialSelection::params()
        .max_slices(arguments.max_slices)
        .blurriness(Threshold::MeanScale(arguments.threshold))
        .inverse_psnr(Threshold::MeanScale(arguments.threshold))
        .select(&records)?;
    for slice in &s0.verdicts {
        println!("{:>5}  {}", slice.id, slice.verdict);
    }
    let chosen: Vec<String> = s0.ids().iter().map(SliceId::to_string).collect();
    println!("annotate first, best quality first: {}", chosen.join(", "));
    if let Some(path) = &arguments.scatter {
        let limits = QualityLimits {
            blurriness: s0.limits.blurriness,
            inverse_psnr: s0.limits.inverse_psnr,
        };
        quality_scatter(&records, &s0.verdicts, &limits)?.write_to(path)?;
        println!("scatter plot: {}", path.display());
    }
    Ok(())
}
