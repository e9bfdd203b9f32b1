//! Quality metrics of every slice as CSV; needs no LibTorch.
//!
//! `cargo run -p qunet-examples --no-default-features --example score_stack -- --stack ct.nii.gz`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use qunet::prelude::*;
use qunet::quality::write_csv;
use qunet::stack::phantom::CtPhantom;

/// Scores every slice of a stack: sharpness, blurriness, inverse PSNR, region mean and CoV.
#[derive(Parser)]
struct Arguments {
    /// Image stack: a .nii or .nii.gz file, or a folder of PNG slices; default: a CT phantom.
    #[arg(long, value_name = "FILE|DIR")]
    stack: Option<PathBuf>,
    /// Region of interest on the stack's grid.
    #[arg(long, value_name = "FILE|DIR", requires = "stack")]
    roi: Option<PathBuf>,
    /// Where the table goes; default: a few lines on the terminal.
    #[arg(long, value_name = "FILE.csv")]
    out: Option<PathBuf>,
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
    match &arguments.out {
        Some(path) => {
            write_csv(path, &records)?;
            println!("{} slices of {} scored: {}", records.len(), stack.name(), path.display());
        }
        None => {
            println!("slice  blurriness  inverse PSNR  region CoV");
            for record in &records {
                println!(
                    "{:>5}  {:>10.3e}  {:>12}  {:>10}",
                    record.id,
                    record.blurriness(),
                    cell(record.inverse_psnr),
                    cell(record.roi_cov)
                );
            }
        }
    }
    Ok(())
}

fn cell(value: Option<f64>) -> String {
    value.map_or_else(|| "undefined".to_owned(), |value| format!("{value:.3e}"))
}
