//! Selection by probability maps of any network: ONNX Runtime, PyTorch, a remote service. Needs no LibTorch.
//!
//! Save the maps of two heads, or of two networks, as anything that a stack is read from; in Python with ONNX Runtime:
//!
//! ```python
//! level3, level4 = session.run(["level3", "level4"], {"image": slices})   # (N, 1, H, W) float32
//! numpy.save("level3.npy", level3[:, 0]); numpy.save("level4.npy", level4[:, 0])
//! ```
//!
//! `cargo run -p qunet-examples --no-default-features --example onnx_or_other_backend -- level3.npy level4.npy`

use ndarray::{Array3, Axis, s};
use qunet::prelude::*;
use qunet::select::{AgreementParams, AgreementRecord, HeadDisagreement, Maps, Uncertainty};
use qunet::stack::phantom::CtPhantom;

fn main() -> anyhow::Result<()> {
    qunet_examples::end_with_reader()?;
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let (level3, level4) = match &paths[..] {
        [level3, level4] => (Stack::open(level3)?, Stack::open(level4)?),
        _ => made_up()?,
    };
    let (mut agreement, mut uncertainty) = (Vec::new(), Vec::new());
    for id in level4.ids() {
        let (map3, map4) = (level3.slice(id)?.to_f32(), level4.slice(id)?.to_f32());
        let maps = Maps::Pair { level3: map3.view(), level4: map4.view() };
        let params = AgreementParams::default();
        agreement.push(AgreementRecord::from_maps(id, &maps, 0.5, &params)?);
        let samples = [map3.view(), map4.view()].map(|map| map.insert_axis(Axis(0)));
        uncertainty.push(Uncertainty::from_maps(id, &samples)?);
    }
    let pool = Pool::of_stack(level4.slices())?
        .with_agreement(&agreement)?
        .with_uncertainty(&uncertainty)?;
    let (entropy, bald) = (StrategyConfig::Entropy {}, StrategyConfig::Bald {});
    let strategies: [&dyn Strategy; 3] = [&HeadDisagreement::paper(), &entropy, &bald];
    for strategy in strategies {
        let selection = strategy.select(&pool, &Request::new(5, 0))?;
        println!("{}:", selection.strategy);
        selection.picks().iter().for_each(|pick| println!("  {pick}"));
    }
    Ok(())
}

/// Two heads that see the lesions of a phantom, one of them shifted by slice number in pixels.
fn made_up() -> anyhow::Result<(Stack, Stack)> {
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
