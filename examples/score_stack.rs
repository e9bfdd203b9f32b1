//! Quality metrics of every slice, read one at a time, so that memory does not grow with the stack; needs no LibTorch.
//!
//! `cargo run -p qunet-examples --no-default-features --example score_stack -- --stack ct.nii.gz --csv scores.csv`

use std::path::PathBuf;

use clap::Parser;
use qunet::prelude::*;
use qunet::quality::{with_threads, write_csv, write_json};
use qunet::stack::phantom::CtPhantom;
use qunet::stack::{MaskStream, SliceStream};

/// Scores every slice of a stack: sharpness, blurriness, inverse PSNR, region mean and CoV.
#[derive(Parser)]
struct Arguments {
    /// Image stack: a .nii or .nii.gz file, or a folder of PNG slices; default: a CT phantom.
    #[arg(long, value_name = "FILE|DIR")]
    stack: Option<PathBuf>,
    /// Region of interest on the stack's grid.
    #[arg(long, value_name = "FILE|DIR", requires = "stack")]
    roi: Option<PathBuf>,
    /// How many threads score, 0 for one per core.
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
    /// Where the table goes as CSV.
    #[arg(long, value_name = "FILE.csv")]
    csv: Option<PathBuf>,
    /// Where the table goes as JSON.
    #[arg(long, value_name = "FILE.json")]
    json: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    qunet_examples::end_with_reader()?;
    let Arguments { stack, roi, threads, csv, json } = Arguments::parse();
    if let (Some(stack), Some(roi)) = (&stack, &roi) {
        let stream = MaskStream::open(roi, &SliceStream::open(stack)?)?;
        qunet_examples::tell(roi, stream.fit());
    }
    // Pixel values are brought to [0, 1] over the stack; Scaling::None scores them as they are stored.
    let (scaling, params) = (Scaling::StackMinMax, QualityParams::default());
    let records = with_threads(threads, || match &stack {
        Some(path) => score_file(path, roi.as_deref(), &scaling, &params),
        None => score_stack(&CtPhantom::default().generate()?.stack, &scaling, &params),
    })??;
    println!("slice  blurriness  inverse PSNR  region CoV");
    let cell = |value: Option<f64>| value.map_or("undefined".into(), |it| format!("{it:.3e}"));
    for record in &records {
        let (blurriness, noise) = (record.blurriness(), cell(record.inverse_psnr));
        println!(
            "{:>5}  {blurriness:>10.3e}  {noise:>12}  {:>10}",
            record.id,
            cell(record.roi_cov)
        );
    }
    if let Some(path) = csv {
        write_csv(path, &records)?;
    }
    if let Some(path) = json {
        write_json(path, &records)?;
    }
    Ok(())
}
