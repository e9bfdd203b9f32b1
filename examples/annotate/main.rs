//! A campaign from the command line: which slices to annotate next, until no more are worth it.
//!
//! `annotate lungs init --stack ct.nii.gz`, draw into `lungs/round-1/ct.labels.nii.gz`, `annotate lungs ingest`,
//! `annotate lungs go`, and so on. Every step may be interrupted at any moment and called again.

mod arguments;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use qunet::campaign::{Campaign, CampaignConfig, Error, Masks, Next, ProgressBars, StackSource};
use qunet::stack::phantom::CtPhantom;

use arguments::{Arguments, Step};

fn main() -> ExitCode {
    let _ = qunet::model::keep_freed_memory();
    match run(&Arguments::parse(), &mut io::stdout()) {
        Ok(waits) => ExitCode::from(if waits { 3 } else { 0 }),
        Err(error) => {
            eprintln!("error: {error:#}");
            let waits = matches!(error.downcast_ref(), Some(Error::Waiting { .. }));
            ExitCode::from(if waits { 3 } else { 1 })
        }
    }
}

/// Whether slices wait, for the steps that are asked just that.
fn run(
    Arguments { campaign: folder, step }: &Arguments,
    out: &mut impl Write,
) -> anyhow::Result<bool> {
    let mut campaign = match step {
        Step::Config => {
            writeln!(out, "{}", serde_json::to_string_pretty(&CampaignConfig::default())?)?;
            return Ok(false);
        }
        Step::Init { stacks, rois, config } => {
            let config = config.as_deref().map_or_else(|| Ok(Default::default()), settings)?;
            Campaign::create(folder, &config, &sources(folder, stacks, rois)?)?
        }
        _ => Campaign::open(folder)?,
    };
    let bars = &mut ProgressBars::default();
    match step {
        Step::Config | Step::Init { .. } | Step::Status => {}
        Step::Ingest { masks, empty, accept_empty, binary, format } => {
            let all = Masks::default().accept_empty(*accept_empty).binary(*binary).format(*format);
            let all = masks.iter().fold(all, |all, (name, path)| all.stack(name, path));
            let all = empty.iter().fold(all, |all, &(ref name, slice)| all.empty(name, slice));
            writeln!(out, "{}", campaign.ingest(&all)?)?;
        }
        Step::Export { folder, format, suggest } => campaign.export(*format, folder, *suggest)?,
        Step::Train => writeln!(out, "{} epochs trained", campaign.train(bars)?.history.len())?,
        Step::Query => writeln!(out, "{}", campaign.query(bars)?)?,
        Step::Predict => writeln!(out, "{} stack(s) segmented", campaign.predict(bars)?.len())?,
        Step::Report => writeln!(out, "page: {}", campaign.report()?.display())?,
        Step::Go => drop(campaign.go(bars)?),
    }
    let status = campaign.status();
    writeln!(out, "{status}")?;
    let waits = matches!(status.next, Next::Annotate { .. });
    if waits {
        for path in campaign.request()? {
            writeln!(out, "draw into {}", path.display())?;
        }
    }
    Ok(waits && matches!(step, Step::Status | Step::Ingest { .. }))
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
        sources.push(phantom(&campaign.with_extension("phantom"))?);
    }
    for (name, roi) in rois {
        let of = sources.iter_mut().find(|source| source.name == *name);
        of.with_context(|| format!("--roi {name}=...: no stack is called {name}"))?.roi =
            Some(roi.clone());
    }
    Ok(sources)
}

fn phantom(folder: &Path) -> anyhow::Result<StackSource> {
    let image = folder.join("phantom.nii.gz");
    if !image.exists() {
        let phantom = CtPhantom::default().generate()?;
        fs::create_dir_all(folder)?;
        phantom.stack.write_labels(folder.join("truth.nii.gz"), phantom.truth.labels())?;
        phantom.stack.write(&image)?;
    }
    Ok(StackSource::new(image))
}
