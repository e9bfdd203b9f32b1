//! The command line.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Parser, Subcommand};
use qunet::exchange::Format;
use qunet::stack::SliceId;
use qunet_examples::{MaskValues, OtherVoxels};

/// Chooses which slices of image stacks to annotate, trains on them, and asks for more.
///
/// Exit codes: 0 done, 1 failed or something drawn was left out, 2 wrong arguments, 3 slices wait for
/// an annotator.
#[derive(Parser)]
pub(crate) struct Arguments {
    /// Folder of the campaign.
    pub(crate) campaign: PathBuf,
    #[command(subcommand)]
    pub(crate) step: Step,
}

#[derive(Subcommand)]
pub(crate) enum Step {
    /// Scores every slice, chooses the first ones, and writes label maps to draw into.
    Init {
        /// An image stack, called as its file or by a name of yours; may be given several times.
        /// Without any, a CT phantom is written beside the campaign, and the truth about it.
        #[arg(long = "stack", value_name = "[NAME=]FILE|DIR", value_parser = stack)]
        stacks: Vec<(Option<String>, PathBuf)>,
        /// The region of interest of a stack.
        #[arg(long = "roi", value_name = "NAME=FILE|DIR", value_parser = named::<PathBuf>)]
        rois: Vec<(String, PathBuf)>,
        #[command(flatten)]
        other_voxels: OtherVoxels,
        /// Settings as JSON; those that are left out have their defaults.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Prints the default settings as JSON; those of a campaign are in its campaign.json.
    Config,
    /// Prints how far the campaign is and what comes next; writes nothing.
    Status,
    /// Takes the masks of the slices that were asked for; by default from the round's folder.
    Ingest {
        /// The label map of a stack; stacks that are not named are left alone.
        #[arg(long = "masks", value_name = "NAME=FILE|DIR", value_parser = named::<PathBuf>)]
        masks: Vec<(String, PathBuf)>,
        /// A slice that was looked at and holds nothing.
        #[arg(long = "empty", value_name = "NAME=SLICE", value_parser = named::<SliceId>)]
        empty: Vec<(String, SliceId)>,
        /// All waiting slices without foreground were looked at and hold nothing.
        #[arg(long)]
        accept_empty: bool,
        /// Of two values the one that is not 0 is label 1, also where it is 255.
        #[arg(long)]
        binary: bool,
        #[command(flatten)]
        values: MaskValues,
        /// The program the masks come from: nifti (also ITK-SNAP), seg_nrrd (3D Slicer), coco
        /// (CVAT), label_studio, monai_label.
        #[arg(long, default_value = "nifti")]
        format: Format,
    },
    /// Writes the slices that wait, for one of the annotators' programs.
    Export {
        /// New folder.
        folder: PathBuf,
        /// The program; see ingest.
        #[arg(long, default_value = "nifti")]
        format: Format,
        /// Begins with what the last network predicts.
        #[arg(long)]
        suggest: bool,
    },
    /// Trains on everything that is annotated.
    Train,
    /// Lets the trained network choose the next slices, or end the campaign.
    Query,
    /// Segments every stack of the campaign, or one that is not of the campaign.
    Predict {
        /// Another stack, segmented with what the campaign has learnt; nothing in its folder changes.
        #[arg(long, value_name = "FILE|DIR", requires = "out")]
        stack: Option<PathBuf>,
        /// Its region of interest.
        #[arg(long, value_name = "FILE|DIR", requires = "stack")]
        roi: Option<PathBuf>,
        /// The label map of that stack.
        #[arg(long, value_name = "FILE.nii.gz", requires = "stack")]
        out: Option<PathBuf>,
        #[command(flatten)]
        other_voxels: OtherVoxels,
    },
    /// Writes a page about the campaign so far; nothing in its folder changes.
    Report {
        /// The page, outside the folder of the campaign; default: CAMPAIGN-report.html beside it.
        #[arg(long, value_name = "FILE.html")]
        out: Option<PathBuf>,
    },
    /// Trains, queries and predicts as far as it goes without an annotator.
    Go,
}

/// NAME=VALUE.
fn named<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<(String, T), String> {
    let (name, value) = text.split_once('=').ok_or("give it as NAME=VALUE")?;
    Ok((name.to_owned(), value.parse().map_err(|error| format!("{value}: {error}"))?))
}

/// NAME=PATH, or a path alone.
fn stack(text: &str) -> Result<(Option<String>, PathBuf), String> {
    if Path::new(text).exists() {
        return Ok((None, text.into()));
    }
    match named(text) {
        Ok((name, path)) => Ok((Some(name), path)),
        Err(_) => Err(format!("there is no {text}; give a file or folder, or NAME=FILE")),
    }
}
