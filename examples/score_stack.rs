//! Quality metrics of every slice, read one at a time, so that memory does not grow with the stack; needs no LibTorch.
//!
//! `cargo run -p qunet-examples --no-default-features --example score_stack -- --stack ct.nii.gz --csv scores.csv`

use std::path::PathBuf;

use clap::Parser;
use qunet::prelude::*;
use qunet::quality::{with_threads, write_csv, write_json};
use qunet::stack::Resample;
use qunet::stack::phantom::CtPhantom;

/// Scores every slice of a stack: sharpness, blurriness, inverse PSNR, region mean and CoV.
#[derive(Parser)]
struct Arguments {
    /// Image stack: NIfTI, DICOM, TIFF, .npy, or a folder of PNG or JPEG slices; default: a CT phantom.
    #[arg(long, value_name = "FILE|DIR")]
    stack: Option<PathBuf>,
    /// Region of interest on the stack's grid.
    #[arg(long, value_name = "FILE|DIR", requires = "stack")]
    roi: Option<PathBuf>,
    #[command(flatten)]
    other_voxels: qunet_examples::OtherVoxels,
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
    let Arguments { stack, roi, other_voxels, threads, csv, json } = Arguments::parse();
    // Pixel values are brought to [0, 1] over the stack; Scaling::None scores them as they are stored.
    let (scaling, params) = (Scaling::StackMinMax, QualityParams::default());
    let records = with_threads(threads, || match (&stack, &roi) {
        (None, _) => score_stack(&CtPhantom::default().generate()?.stack, &scaling, &params),
        // A mask on other voxels is brought over as a whole: so much for one slice at a time.
        (Some(stack), Some(roi)) if other_voxels.resample == Resample::Nearest => {
            score_stack(&other_voxels.with_roi(Stack::open(stack)?, roi)?, &scaling, &params)
        }
        (Some(stack), roi) => {
            qunet_examples::tell_roi(stack, roi.as_deref())?;
            score_file(stack, roi.as_deref(), &scaling, &params)
        }
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
    csv.map_or(Ok(()), |path| write_csv(path, &records))?;
    Ok(json.map_or(Ok(()), |path| write_json(path, &records))?)
}
