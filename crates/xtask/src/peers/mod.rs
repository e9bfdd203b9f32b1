//! `cargo xtask peers`: this project beside the libraries that do the same in Python.
//!
//! `environment` makes a Python that has the other libraries; `measure` builds the Rust side of a family of
//! comparisons and lets `benches/peers` time both sides alternately; `row` is one line of the result,
//! `table` prints it, `docs` puts it into the docs.

mod docs;
mod environment;
mod measure;
mod row;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::workspace::Workspace;
use measure::Family;
use row::Row;

/// What can be compared.
#[derive(clap::Subcommand)]
pub(crate) enum Peers {
    /// Image quality, beside OpenCV, SciPy, scikit-image and NumPy.
    ///
    /// The first call makes a Python environment of its own in the cache folder (some 350 MB). The command
    /// fails where a value differs from the other library's, not where a ratio is missed.
    Quality(Options),
    /// Segmentation metrics, beside NumPy, OpenCV, edt, medpy, surface-distance, SimpleITK and others.
    ///
    /// The first call makes a Python environment of its own in the cache folder (some 1 GB; with --torch
    /// 6 GB). The command fails where a value differs from the other library's, not where a ratio is missed.
    Segmetrics {
        #[command(flatten)]
        options: Options,
        /// Add MONAI to the environment, with the PyTorch that it needs (5 GB): its rows are shown from then on.
        #[arg(long, conflicts_with = "from")]
        torch: bool,
    },
    /// The network, beside PyTorch, ONNX Runtime and OpenVINO: time and peak memory, two threads.
    ///
    /// The first call makes a Python environment of its own in the cache folder (some 5 GB). The command fails where a
    /// probability differs from the other library's, not where a ratio is missed.
    Model(Options),
}

/// What every family takes.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// File for the rows, in JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only rows whose label, as shown while measuring, holds this text.
    #[arg(long, value_name = "TEXT")]
    rows: Option<String>,
    /// Fewer rows and shorter timings: to see that all works.
    #[arg(long)]
    quick: bool,
    /// Print the tables in Markdown.
    #[arg(long)]
    markdown: bool,
    /// Put the tables into docs/benchmarks.md and draw the figure; needs --json or --from.
    #[arg(long, conflicts_with_all = ["rows", "quick"])]
    docs: bool,
    /// Show the rows of this file instead of measuring.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "rows", "quick"])]
    from: Option<PathBuf>,
}

pub(crate) fn run(workspace: &Workspace, peers: &Peers) -> anyhow::Result<()> {
    let (family, options, extras): (_, _, &[&str]) = match peers {
        Peers::Quality(options) => (Family::Quality, options, &[]),
        Peers::Model(options) => (Family::Model, options, &[]),
        Peers::Segmetrics { options, torch: true } => (Family::Segmetrics, options, &["torch.txt"]),
        Peers::Segmetrics { options, torch: false } => (Family::Segmetrics, options, &[]),
    };
    let record = options.from.as_deref().or(options.json.as_deref());
    if options.docs && record.is_none() {
        bail!("--docs draws from a file; name a new one with --json or an old one with --from");
    }
    let text = match &options.from {
        Some(file) => fs::read_to_string(file)
            .with_context(|| format!("cannot read the rows {}", file.display()))?,
        None => measure::measure(workspace, family, extras, options)?,
    };
    let rows = row::parse(&text)?;
    if let Some(file) = &options.json {
        write(file, &text)?;
    }
    print!("{}", if options.markdown { docs::tables(&rows) } else { table::tables(&rows) });
    if let Some(record) = record.filter(|_| options.docs) {
        docs::refresh(workspace, family, record, &rows)?;
    }
    check_values(&rows)
}

/// Writes a file under another name first, so that it is whole or not there.
fn write(file: impl AsRef<Path>, text: &str) -> anyhow::Result<()> {
    let file = file.as_ref();
    let what = || format!("cannot write {}", file.display());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(what)?;
    }
    let mut partial = file.as_os_str().to_owned();
    partial.push(".partial");
    fs::write(&partial, text).with_context(what)?;
    fs::rename(&partial, file).with_context(what)
}

/// Fails where a value differs from the other library's by more than its row allows.
fn check_values(rows: &[Row]) -> anyhow::Result<()> {
    let differing: Vec<String> = rows.iter().filter_map(Row::difference).collect();
    let Some(first) = differing.first() else {
        return Ok(());
    };
    let count = differing.len();
    bail!("{count} of {} rows have other values than the other library, first {first}", rows.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(subcommand)]
        peers: Peers,
    }

    fn parse(arguments: &[&str]) -> Result<Options, clap::Error> {
        let arguments = ["peers", "quality"].iter().chain(arguments);
        Cli::try_parse_from(arguments).map(|cli| match cli.peers {
            Peers::Quality(options) | Peers::Model(options) => options,
            Peers::Segmetrics { options, .. } => options,
        })
    }

    #[test]
    fn torch_is_for_new_rows_of_segmetrics() {
        let segmetrics = |arguments: &[&str]| {
            Cli::try_parse_from(["peers", "segmetrics"].iter().chain(arguments))
                .map(|cli| cli.peers)
        };
        let with = segmetrics(&["--torch", "--quick"]).unwrap();
        assert!(matches!(with, Peers::Segmetrics { torch: true, options } if options.quick));
        assert!(segmetrics(&["--torch", "--from", "rows.json"]).is_err());
        assert!(parse(&["--torch"]).is_err(), "image quality has no such library");
    }

    #[test]
    fn options_are_read() {
        let options = parse(&["--json", "rows.json", "--rows", "stack", "--quick"]).unwrap();
        assert_eq!(options.json.as_deref(), Some(Path::new("rows.json")));
        assert_eq!(options.rows.as_deref(), Some("stack"));
        assert!(options.quick && !options.markdown && !options.docs);
    }

    #[test]
    fn the_docs_take_whole_runs_only() {
        assert!(parse(&["--docs", "--quick", "--json", "rows.json"]).is_err());
        assert!(parse(&["--docs", "--rows", "stack", "--json", "rows.json"]).is_err());
        assert!(parse(&["--from", "rows.json", "--json", "other.json"]).is_err());
        let workspace = Workspace::find().unwrap();
        let docs = parse(&["--docs"]).unwrap();
        let why = run(&workspace, &Peers::Quality(docs)).unwrap_err().to_string();
        assert!(why.contains("--json") && why.contains("--from"), "{why}");
    }

    #[test]
    fn values_that_differ_fail() {
        let same = row::tests::row();
        assert!(check_values(std::slice::from_ref(&same)).is_ok());
        let other = Row { value_peer: Some(2.0), relative_difference: Some(0.5), ..same.clone() };
        let why = check_values(&[same, other]).unwrap_err().to_string();
        assert_eq!(
            why,
            "1 of 2 rows have other values than the other library, first variance of Laplacian \
             (u8 512x512): ours is 1, OpenCV's is 2, relative difference 5e-1 where 1e-9 is allowed"
        );
    }

    #[test]
    fn a_written_file_replaces_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("record/rows.json");
        write(&file, "[1]").unwrap();
        write(&file, "[2]").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "[2]");
        assert_eq!(fs::read_dir(folder.path().join("record")).unwrap().count(), 1);
    }
}
