//! Scoring a packed stack beside unpacking it alone with the same decoder, in one process:
//! `cargo run --release -p qunet-benches --example gzip -- STACK.nii.gz [ROUNDS] [THREADS]`.
//!
//! Where the file is not there, writes the stack, 829 slices of 512 x 512 16-bit pixels, and stops.
//! Prints one JSON object: seconds and peak memory of every round, and the ratios of their medians.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use flate2::bufread::MultiGzDecoder;
use ndarray::{Array3, Axis};
use qunet_quality::{QualityParams, score_file, with_threads};
use qunet_stack::phantom::CtPhantom;
use qunet_stack::{Pixels, Scaling, Stack};
use serde_json::{Value, json};

const SLICES: usize = 829;
const SIZE: usize = 512;
/// Slices of the phantom; the stack goes up and down through them. Slices lie further apart than
/// gzip looks back, so that it packs none the better for the repetition.
const PHANTOM: usize = 32;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let path = PathBuf::from(arguments.next().context("a path is needed: STACK.nii.gz")?);
    let mut number = |usual: usize| -> anyhow::Result<usize> {
        let Some(argument) = arguments.next() else { return Ok(usual) };
        argument.to_string_lossy().parse().context("ROUNDS and THREADS are whole numbers")
    };
    let (rounds, threads) = (number(5)?, number(2)?);
    if !path.exists() {
        stack()?.write(&path)?;
        // What writing took would count as memory that scoring holds.
        println!("wrote {}; run again to measure", path.display());
        return Ok(());
    }
    let window = Scaling::lung_window();
    let cases: [(&str, Option<Scaling>); 4] = [
        ("unpack", None),
        ("score, no scaling", Some(Scaling::None)),
        ("score, lung window", Some(window)),
        ("score, range of the stack", Some(Scaling::StackMinMax)),
    ];
    // In turns, so that a busy machine slows all alike.
    let mut runs: Vec<Vec<(f64, u64)>> = vec![Vec::new(); cases.len()];
    for _ in 0..rounds {
        for ((_, scaling), runs) in cases.iter().zip(&mut runs) {
            runs.push(timed(|| match scaling {
                None => unpack(&path),
                Some(scaling) => score(&path, scaling, threads),
            })?);
        }
    }
    let unpacking = median(&runs[0]);
    let rows: Vec<Value> = cases
        .iter()
        .zip(&runs)
        .map(|((name, _), runs)| {
            json!({
                "case": name,
                "seconds": runs.iter().map(|run| run.0).collect::<Vec<_>>(),
                "median_seconds": median(runs),
                "ratio": median(runs) / unpacking,
                "peak_mib": runs.iter().map(|run| run.1).max(),
            })
        })
        .collect();
    let bytes = fs::metadata(&path)?.len();
    let shape = [SLICES, SIZE, SIZE];
    let record = json!({ "shape": shape, "dtype": "int16", "packed_bytes": bytes, "threads": threads, "rows": rows });
    println!("{}", serde_json::to_string_pretty(&record)?);
    Ok(())
}

fn stack() -> anyhow::Result<Stack> {
    let phantom = CtPhantom { slices: PHANTOM, size: SIZE, seed: 0 }.generate()?.stack;
    let geometry = *phantom.geometry();
    let Pixels::I16(slices) = phantom.pixels() else { anyhow::bail!("a CT phantom is 16-bit") };
    let mut pixels = Array3::zeros((SLICES, SIZE, SIZE));
    for (index, mut slice) in pixels.axis_iter_mut(Axis(0)).enumerate() {
        let step = index % (2 * PHANTOM);
        slice.assign(&slices.index_axis(Axis(0), step.min(2 * PHANTOM - 1 - step)));
    }
    Ok(Stack::new("phantom", Pixels::I16(pixels), geometry)?)
}

/// Unpacks into a buffer that is not looked at.
fn unpack(path: &Path) -> anyhow::Result<()> {
    let file = BufReader::with_capacity(1 << 18, File::open(path)?);
    let mut decoder = MultiGzDecoder::new(file);
    let mut buffer = vec![0; SIZE * SIZE * 2];
    while decoder.read(&mut buffer)? > 0 {}
    Ok(())
}

fn score(path: &Path, scaling: &Scaling, threads: usize) -> anyhow::Result<()> {
    let params = QualityParams::default();
    let records = with_threads(threads, || score_file(path, None, scaling, &params))??;
    anyhow::ensure!(records.len() == SLICES, "{} of {SLICES} slices", records.len());
    Ok(())
}

/// Seconds, and the most memory held since the start in MiB.
fn timed(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<(f64, u64)> {
    // Linux counts the peak anew from here.
    fs::write("/proc/self/clear_refs", "5").context("peaks of memory are known on Linux only")?;
    let start = Instant::now();
    work()?;
    let seconds = start.elapsed().as_secs_f64();
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = peak.context("no peak")?.trim().trim_end_matches(" kB").parse()?;
    Ok((seconds, kib >> 10))
}

fn median(runs: &[(f64, u64)]) -> f64 {
    let mut seconds: Vec<f64> = runs.iter().map(|run| run.0).collect();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
