//! Quality metrics of every slice as CSV or JSON; needs no LibTorch.
//!
//! A file is read a slice at a time, so that memory does not grow with the length of the stack:
//!
//! `cargo run -p qunet-examples --no-default-features --example score_stack -- --stack ct.nii.gz`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use qunet::prelude::*;
use qunet::quality::{with_threads, write_csv, write_json};
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
    /// Score the stored values as they are; default: scaled to [0, 1] over the stack.
    #[arg(long)]
    unscaled: bool,
    /// How many threads score, 0 for one per core.
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
    /// Where the table goes as CSV; default: a few lines on the terminal.
    #[arg(long, alias = "out", value_name = "FILE.csv")]
    csv: Option<PathBuf>,
    /// Where the table goes as JSON.
    #[arg(long, value_name = "FILE.json")]
    json: Option<PathBuf>,
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
    let (name, records) = with_threads(arguments.threads, || score(arguments))??;
    if let Some(path) = &arguments.csv {
        write_csv(path, &records)?;
        println!("{} slices of {name} scored: {}", records.len(), path.display());
    }
    if let Some(path) = &arguments.json {
        write_json(path, &records)?;
        println!("{} slices of {name} scored: {}", records.len(), path.display());
    }
    if arguments.csv.is_none() && arguments.json.is_none() {
        print(&records);
    }
    Ok(())
}

/// What the stack is called, and its records.
fn score(arguments: &Arguments) -> Result<(String, Vec<QualityRecord>), qunet::Error> {
    let scaling = if arguments.unscaled { Scaling::None } else { Scaling::StackMinMax };
    let params = QualityParams::default();
    let Some(path) = &arguments.stack else {
        let stack = CtPhantom::default().generate()?.stack;
        return Ok((stack.name().to_owned(), score_stack(&stack, &scaling, &params)?));
    };
    let records = score_file(path, arguments.roi.as_deref(), &scaling, &params)?;
    Ok((path.display().to_string(), records))
}

fn print(records: &[QualityRecord]) {
    println!("slice  blurriness  inverse PSNR  region CoV");
    for record in records {
        println!(
            "{:>5}  {:>10.3e}  {:>12}  {:>10}",
            record.id,
            record.blurriness(),
            cell(record.inverse_psnr),
            cell(record.roi_cov)
        );
    }
}

fn cell(value: Option<f64>) -> String {
    value.map_or_else(|| "undefined".to_owned(), |value| format!("{value:.3e}"))
}
