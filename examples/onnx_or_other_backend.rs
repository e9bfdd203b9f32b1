//! Selection by probability maps of any network: ONNX Runtime, PyTorch, a remote service. Needs no LibTorch.
//!
//! Save the maps of two heads, or of two networks, as anything that a stack is read from; in Python with ONNX Runtime:
//!
//! ```python
//! level3, level4 = session.run(["level3", "level4"], {"image": slices})   # (N, 1, H, W) float32
//! numpy.save("level3.npy", level3[:, 0]); numpy.save("level4.npy", level4[:, 0])
//! ```
//!
//! `cargo run -p qunet-examples --no-default-features --example onnx_or_other_backend -- --level3 level3.npy --level4 level4.npy`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use ndarray::{Array3, Axis, s};
use qunet::prelude::*;
use qunet::select::{Pool, StrategyConfig, Uncertainty};
use qunet::stack::phantom::CtPhantom;

/// Chooses slices by the probability maps of two heads, or of two networks.
#[derive(Parser)]
struct Arguments {
    /// Probabilities of head L3, (slices, height, width); default: made up from a phantom.
    #[arg(long, value_name = "FILE", requires = "level4")]
    level3: Option<PathBuf>,
    /// Probabilities of head L4, of the same shape.
    #[arg(long, value_name = "FILE", requires = "level3")]
    level4: Option<PathBuf>,
    /// Slices whose agreement is below are chosen.
    #[arg(long, value_name = "Q0", default_value_t = 0.5)]
    quality_threshold: f64,
    /// How many slices to ask for.
    #[arg(long, value_name = "N", default_value_t = 5)]
    count: usize,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), qunet::Error> {
    let (level3, level4) = match (&arguments.level3, &arguments.level4) {
        (Some(level3), Some(level4)) => (Stack::open(level3)?, Stack::open(level4)?),
        _ => made_up()?,
    };
    let mut query =
        DisagreementSelection::params().quality_threshold(arguments.quality_threshold).start()?;
    let mut uncertainty = Vec::new();
    for id in level4.ids() {
        let (map3, map4) = (level3.slice(id)?.to_f32(), level4.slice(id)?.to_f32());
        query.observe(id, &map3, &map4)?;
        let samples = [map3.view(), map4.view()].map(|map| map.insert_axis(Axis(0)));
        uncertainty.push(Uncertainty::of_maps(id, &samples)?);
    }
    let set = query.finish();
    println!("Algorithm 1: {} slices below Q = {}", set.ids().len(), arguments.quality_threshold);
    for record in set.records.iter().filter(|record| set.ids().contains(&record.id)) {
        println!("  slice {}: Q = {:.3}", record.id, record.quality_index);
    }
    let pool = Pool::of_stack(level4.slices())?
        .with_agreement(set.records.iter().map(|record| (0, record)))?
        .with_uncertainty(&uncertainty)?;
    for strategy in [StrategyConfig::Entropy {}, StrategyConfig::Bald {}] {
        let selection = strategy.select(&pool, arguments.count, 0)?;
        println!("{}:", selection.strategy);
        selection.picks.iter().for_each(|pick| println!("  {pick}"));
    }
    Ok(())
}

/// Two heads that see the lesions of a phantom, one of them shifted by slice number in pixels.
fn made_up() -> Result<(Stack, Stack), qunet::Error> {
    let phantom = CtPhantom { slices: 12, ..CtPhantom::default() }.generate()?;
    let level4 = phantom.truth.labels().mapv(|label| if label > 0 { 0.8_f32 } else { 0.1 });
    let mut level3 = Array3::from_elem(level4.dim(), 0.1);
    for (shift, (mut to, from)) in level3.outer_iter_mut().zip(level4.outer_iter()).enumerate() {
        let width = from.ncols();
        to.slice_mut(s![.., shift..]).assign(&from.slice(s![.., ..width - shift]));
    }
    let geometry = *phantom.stack.geometry();
    let stack = |name, maps| Stack::new(name, Pixels::F32(maps), geometry);
    Ok((stack("level 3", level3)?, stack("level 4", level4)?))
}
