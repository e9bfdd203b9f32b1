//! A campaign from the command line: which slices to annotate next, until no more are worth it.
//!
//! `annotate lungs init --stack ct.nii.gz`, draw into `lungs/round-1/ct.labels.nii.gz`, `annotate lungs ingest`,
//! `annotate lungs go`, and so on. Every step may be interrupted at any moment and called again.

mod arguments;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Parser;
use qunet::campaign::{
    Campaign, CampaignConfig, CampaignReport, Error, Masks, Next, ProgressBars, StackSource,
};
use qunet::exchange::Format;
use qunet::stack::Stack;
use qunet_examples::OtherVoxels;

use arguments::{Arguments, Step};

/// The exit code where slices wait for an annotator.
const WAITING: u8 = 3;

fn main() -> ExitCode {
    let _ = qunet::model::keep_freed_memory();
    match run(&Arguments::parse(), &mut io::stdout()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error:#}");
            let waits = matches!(error.downcast_ref(), Some(Error::Waiting { .. }));
            ExitCode::from(if waits { WAITING } else { 1 })
        }
    }
}

/// Takes one step and returns the exit code.
fn run(
    Arguments { campaign: folder, step }: &Arguments,
    out: &mut impl Write,
) -> anyhow::Result<u8> {
    qunet_examples::end_with_reader()?;
    let mut campaign = match step {
        Step::Config => {
            writeln!(out, "{}", serde_json::to_string_pretty(&CampaignConfig::default())?)?;
            return Ok(0);
        }
        Step::Init { stacks, rois, other_voxels, config } => {
            let config = config.as_deref().map_or_else(|| Ok(Default::default()), settings)?;
            let sources = sources(folder, stacks, rois)?;
            let resampling = |source: StackSource| source.resampling(other_voxels.resample);
            let sources: Vec<_> = sources.into_iter().map(resampling).collect();
            let campaign = Campaign::create(folder, &config, &sources)?;
            tell_rois(&campaign)?;
            campaign
        }
        Step::Status | Step::Report { .. } | Step::Predict { stack: Some(_), .. } => {
            Campaign::view(folder)?
        }
        _ => Campaign::open(folder)?,
    };
    if let Step::Predict { stack: Some(stack), roi, out: Some(labels), other_voxels } = step {
        predict_other(&campaign, (stack, roi.as_deref(), labels), other_voxels, out)?;
        return Ok(0);
    }
    let partial = take(&mut campaign, step, out)?;
    let status = campaign.status();
    writeln!(out, "{status}")?;
    let waits = matches!(status.next, Next::Annotate { .. });
    if waits {
        for path in campaign.drawings() {
            writeln!(out, "draw into {}", path.display())?;
        }
    }
    Ok(match step {
        Step::Ingest { .. } if partial => 1,
        Step::Status | Step::Ingest { .. } if waits => WAITING,
        _ => 0,
    })
}

/// What a step does once the campaign is open; whether something drawn was left out.
fn take(campaign: &mut Campaign, step: &Step, out: &mut impl Write) -> anyhow::Result<bool> {
    let bars = &mut ProgressBars::default();
    match step {
        Step::Config | Step::Init { .. } | Step::Status => {}
        Step::Ingest { masks, empty, accept_empty, binary, values, format } => {
            ensure!(
                *format == Format::Nifti || !(*binary || values.said().is_some()),
                "--lesion, --threshold and --binary are of masks as files of voxels, not of this --format"
            );
            let all = Masks::default().accept_empty(*accept_empty).binary(*binary).format(*format);
            let all = values.said().into_iter().fold(all, Masks::foreground);
            let all = masks.iter().fold(all, |all, (name, path)| all.stack(name, path));
            let all = empty.iter().fold(all, |all, &(ref name, slice)| all.empty(name, slice));
            let ingested = campaign.ingest(&all)?;
            writeln!(out, "{}", ingested.describe(campaign.manifest()))?;
            return Ok(ingested.is_partial());
        }
        Step::Export { folder, format, suggest } => campaign.export(*format, folder, *suggest)?,
        Step::Train => {
            let members = &campaign.train(bars)?.members;
            let epochs = members.first().map_or(0, |member| member.history.len());
            writeln!(out, "{} network(s) trained for {epochs} epochs each", members.len())?;
        }
        Step::Query => writeln!(out, "{}", campaign.query(bars)?)?,
        Step::Predict { .. } => drop(campaign.segment()?),
        Step::Report { out: page } => {
            let page = report(campaign, page.as_deref())?;
            writeln!(out, "page: {}", page.display())?;
        }
        Step::Go => drop(campaign.advance(bars)?),
    }
    if matches!(step, Step::Predict { .. } | Step::Go)
        && !campaign.manifest().segmentations.is_empty()
    {
        for record in &campaign.manifest().stacks {
            writeln!(out, "segmented: {}", campaign.segmentation_path(record).display())?;
        }
    }
    Ok(false)
}

/// Segments a stack that is not of the campaign, and says by what.
fn predict_other(
    campaign: &Campaign,
    (stack, roi, labels): (&Path, Option<&Path>, &Path),
    other_voxels: &OtherVoxels,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let mut stack = Stack::open(stack)?;
    if let Some(roi) = roi {
        stack = other_voxels.with_roi(stack, roi)?;
    }
    campaign.check_outside(labels)?;
    let found = campaign.segment_other(&stack, &mut ProgressBars::default())?;
    stack.write_labels(labels, &found.labels)?;
    let lesion = found.labels.iter().filter(|&&label| label > 0).count();
    writeln!(out, "{found}")?;
    writeln!(out, "{lesion} of {} pixels segmented: {}", found.labels.len(), labels.display())?;
    Ok(())
}

/// Writes the page outside the folder of the campaign, which holds nothing but its own files.
fn report(campaign: &Campaign, page: Option<&Path>) -> anyhow::Result<PathBuf> {
    let folder = fs::canonicalize(campaign.folder())?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let page = match page {
        Some(page) => std::path::absolute(page)?,
        None => folder.with_file_name(format!("{name}-report.html")),
    };
    let parent = page.parent().unwrap_or(&folder);
    ensure!(parent.is_dir(), "there is no folder {}", parent.display());
    campaign.check_outside(&page)?;
    CampaignReport::new(campaign).page()?.write(&page)?;
    Ok(page)
}

fn settings(path: &Path) -> anyhow::Result<CampaignConfig> {
    let json = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&json).with_context(|| format!("{} is no configuration", path.display()))
}

fn sources(
    campaign: &Path,
    stacks: &[(Option<String>, PathBuf)],
    rois: &[(String, PathBuf)],
) -> anyhow::Result<Vec<StackSource>> {
    let source = |(name, path): &(Option<String>, PathBuf)| match name {
        Some(name) => StackSource::new(path).named(name),
        None => StackSource::new(path),
    };
    let mut sources: Vec<StackSource> = stacks.iter().map(source).collect();
    if sources.is_empty() {
        let (image, _) = qunet_examples::phantom(&campaign.with_extension("phantom"))?;
        sources.push(StackSource::new(image));
    }
    for (name, roi) in rois {
        let of = sources.iter_mut().find(|source| source.name == *name);
        of.with_context(|| format!("--roi {name}=...: no stack is called {name}"))?.roi =
            Some(roi.clone());
    }
    Ok(sources)
}

/// Says how the regions of interest had to be brought to their stacks.
fn tell_rois(campaign: &Campaign) -> anyhow::Result<()> {
    for (number, record) in campaign.manifest().stacks.iter().enumerate() {
        if let Some(roi) = &record.source.roi {
            qunet_examples::tell(roi, campaign.stack(number)?.roi_fit());
        }
    }
    Ok(())
}
