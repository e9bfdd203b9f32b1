//! Draws nanoseconds per pixel against the side of the image, ours and OpenCV's, from a record of
//! `cargo xtask peers quality`: `cargo run -p qunet-benches --example plot_peers -- RECORD OUT.svg`.

mod axis;
mod chart;
mod data;
mod pen;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [record, out] = arguments.as_slice() else {
        bail!("two arguments are needed: the record (JSON) and the figure to write (SVG)");
    };
    let panels = data::panels(record)
        .with_context(|| format!("cannot draw from the record {}", record.display()))?;
    let svg = chart::draw(&panels)?;
    fs::write(out, svg).with_context(|| format!("cannot write {}", out.display()))
}
