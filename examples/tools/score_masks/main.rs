//! How good masks are: overlap, surfaces and lesions of predictions beside the truth, per slice, per
//! volume and pooled; needs no LibTorch.
//!
//! `cargo run -p qunet-examples --no-default-features --example score_masks -- --prediction
//! predicted/ --truth labels/ --csv scores.csv`

mod cases;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use ndarray::{Array3, ArrayView3, Axis};
use qunet::segmetrics::{
    Bootstrap, BoundaryOptions, ConfusionCounts, Connectivity, EmptyPolicy, ObjectOverlaps,
    Objects, Report, ReportBuilder, SurfaceDistances,
};
use qunet::stack::{Foreground, write_file};
use qunet_examples::{MaskValues, OtherVoxels};

use self::cases::{Case, cases, phantom};

/// Scores predicted masks beside the truth; without arguments, a phantom's lesions moved a little.
#[derive(Parser)]
struct Arguments {
    /// Predicted masks: a .nii or .nii.gz file, or a folder of them.
    #[arg(long, value_name = "FILE|DIR", requires = "truth")]
    prediction: Option<PathBuf>,
    /// True masks: a file, or a folder of files of the same names.
    #[arg(long, value_name = "FILE|DIR", requires = "prediction")]
    truth: Option<PathBuf>,
    /// Score each label by itself; default: all labels above 0 together.
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    labels: Vec<u16>,
    #[command(flatten)]
    values: MaskValues,
    #[command(flatten)]
    other_voxels: OtherVoxels,
    /// How far a surface may be off for the surface Dice, in mm.
    #[arg(long, value_name = "MM", default_value_t = 2.0)]
    tolerance: f64,
    /// Print every slice too.
    #[arg(long)]
    slices: bool,
    /// Where all rows go as CSV.
    #[arg(long, value_name = "FILE.csv")]
    csv: Option<PathBuf>,
    /// Where the whole report goes as JSON.
    #[arg(long, value_name = "FILE.json")]
    json: Option<PathBuf>,
    /// Where a summary goes in the layout of nnU-Net.
    #[arg(long, value_name = "FILE.json")]
    nnunet: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    qunet_examples::end_with_reader()?;
    let cases = match (&arguments.prediction, &arguments.truth) {
        (Some(prediction), Some(truth)) => cases(prediction, truth)?,
        _ => vec![phantom()?],
    };
    let mut builder = ReportBuilder::new(EmptyPolicy::Undefined)
        .overlap()
        .given(["hd95_mm", "assd_mm", "surface_dice", "lesion_f1", "panoptic"])
        .bootstrap(Bootstrap::default());
    for case in &cases {
        add(&mut builder, case, arguments)?;
    }
    let report = builder.build()?;
    if arguments.slices {
        print!("{report:#}");
    } else {
        print!("{report}");
    }
    write(&report, &cases, arguments)
}

/// Adds the slices and the volume of one case, for each class.
fn add(builder: &mut ReportBuilder, case: &Case, arguments: &Arguments) -> anyhow::Result<()> {
    let together = |values: &MaskValues| values.said().unwrap_or(Foreground::AnyLabel);
    let both = [arguments.values.clone(), arguments.values.of_truth()];
    let said = arguments.labels.is_empty().then(|| both.each_ref().map(together));
    let (prediction, truth, spacing) = case.open(said.as_ref(), arguments.other_voxels)?;
    let classes = arguments.labels.iter().map(|&label| (label.to_string(), Some(label)));
    let foreground = arguments.labels.is_empty().then(|| ("foreground".to_owned(), None));
    for (class, label) in classes.chain(foreground) {
        let mask = |labels: &Array3<u16>| {
            labels.mapv(|found| label.map_or(found != 0, |label| found == label))
        };
        let (prediction, truth) = (mask(&prediction), mask(&truth));
        let slices = prediction.axis_iter(Axis(0)).zip(truth.axis_iter(Axis(0)));
        for (index, (prediction, truth)) in slices.enumerate() {
            let counts = ConfusionCounts::from_masks(&prediction, &truth)?;
            builder.slice(case.name(), index, class.as_str(), counts, [None; 5]);
        }
        let values = of_volume(&prediction.view(), &truth.view(), spacing, arguments.tolerance)?;
        // Its counts are added over its slices.
        builder.volume(case.name(), class, None, values);
    }
    Ok(())
}

/// The metrics that a volume has and its slices do not.
fn of_volume(
    prediction: &ArrayView3<'_, bool>,
    truth: &ArrayView3<'_, bool>,
    spacing: [f64; 3],
    tolerance: f64,
) -> Result<[Option<f64>; 5], qunet::segmetrics::Error> {
    let policy = EmptyPolicy::Undefined;
    let distances =
        SurfaceDistances::between(prediction, truth, &spacing, BoundaryOptions::default())?;
    let objects = |mask| Objects::from_mask(mask, Connectivity::Full);
    let overlaps = ObjectOverlaps::between(&objects(prediction)?, &objects(truth)?)?;
    Ok([
        distances.hausdorff_pooled(95.0)?,
        distances.assd(),
        distances.surface_dice(tolerance, policy)?,
        overlaps.lesions(0.0).f1(policy),
        overlaps.panoptic(0.5).quality(policy),
    ])
}

/// Writes the files that were asked for, each whole or not at all.
fn write(report: &Report, cases: &[Case], arguments: &Arguments) -> anyhow::Result<()> {
    let files = |name: &str| {
        let case = cases.iter().find(|case| case.name() == name);
        case.map_or_else(Default::default, Case::files)
    };
    let mut outputs: Vec<(&Path, Vec<u8>)> = Vec::new();
    if let Some(path) = &arguments.csv {
        outputs.push((path, bytes(|to| report.write_csv(to))?));
    }
    if let Some(path) = &arguments.json {
        outputs.push((path, bytes(|to| report.write_json(to))?));
    }
    if let Some(path) = &arguments.nnunet {
        outputs.push((path, bytes(|to| report.write_nnunet_summary(to, files))?));
    }
    for (path, bytes) in outputs {
        write_file(path, &bytes)?;
        println!("written: {}", path.display());
    }
    Ok(())
}

fn bytes(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    write(&mut bytes)?;
    Ok(bytes)
}
