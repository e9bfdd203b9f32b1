//! Step 1 alone: which slices to annotate first, and why; needs no LibTorch.
//!
//! `cargo run -p qunet-examples --no-default-features --example select_initial -- --stack ct.nii.gz`

use std::path::PathBuf;

use clap::Parser;
use qunet::prelude::*;
use qunet::report::quality_scatter;
use qunet::select::ImageQuality;
use qunet::stack::phantom::CtPhantom;

/// Chooses the slices S0 to annotate first and prints the verdict on every slice.
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
    /// The most slices to take.
    #[arg(long, value_name = "N", default_value_t = 10)]
    count: usize,
    /// The paper's settings: slices that are not better than the mean are never taken.
    #[arg(long)]
    paper: bool,
    /// Where the scatter plot goes.
    #[arg(long, value_name = "FILE.svg")]
    scatter: Option<PathBuf>,
}

const CONSTANT: &str = "no slice shows anything: in each all pixels of the region of interest have \
    one value; check that --stack is the image, and not a mask of one label, and that --roi lies on it";
const EQUAL: &str =
    "all slices are equal in quality, so that none is better than the rest; annotate any of them";
const NONE: &str = "no slice is better than the mean in every metric; leave out --paper, give --roi, \
    or annotate evenly spaced slices";

fn main() -> anyhow::Result<()> {
    qunet_examples::end_with_reader()?;
    let arguments = Arguments::parse();
    let mut stack = match &arguments.stack {
        None => CtPhantom::default().generate()?.stack,
        Some(path) => Stack::open(path)?,
    };
    if let Some(path) = &arguments.roi {
        stack = arguments.other_voxels.with_roi(stack, path)?;
    }
    let records = score_stack(&stack, &Scaling::StackMinMax, &QualityParams::default())?;
    let pool = Pool::of_stack(stack.slices())?.with_quality(0, &records)?;
    let settings = if arguments.paper { ImageQuality::paper() } else { ImageQuality::default() };
    let s0 = settings.select(&pool, &Request::new(arguments.count, 0))?;
    for slice in &s0.verdicts {
        println!("{:>5}  {}", slice.id.slice, slice.verdict);
    }
    println!("annotate first, best quality first:");
    s0.picks().iter().for_each(|pick| println!("  {pick}"));
    if s0.picks().is_empty() {
        println!("none: {}", why_none(&records));
    }
    if let Some(path) = &arguments.scatter {
        let limits = s0.thresholds.image_quality[0];
        quality_scatter(&records, &s0.verdicts, &limits)?.write_to(path)?;
        println!("scatter plot: {}", path.display());
    }
    Ok(())
}

/// What a choice of nothing is due to, and what to do.
fn why_none(records: &[QualityRecord]) -> &'static str {
    let quality = |record: &QualityRecord| (record.blurriness(), record.inverse_psnr);
    if records.iter().all(|record| record.variance_of_laplacian == 0.0) {
        CONSTANT
    } else if records.iter().all(|record| quality(record) == quality(&records[0])) {
        EQUAL
    } else {
        NONE
    }
}
