//! What a network has learnt about one kind of image serves another: fine-tuning against training from scratch.
//!
//! `cargo run -p qunet-examples --example transfer -- --epochs 20 --picture losses.svg`

use clap::Parser;
use ndarray::Array2;
use qunet::model::{Fit, ProgressBar, UnetConfig};
use qunet::prelude::*;
use qunet::report::{LossCurves, LossStage, loss_curves};
use qunet::stack::phantom::CtPhantom;

/// Trains on one CT phantom, then on three slices of another in three ways.
#[derive(Parser)]
struct Arguments {
    /// Epochs of each training.
    #[arg(long, default_value_t = 20)]
    epochs: usize,
    /// Picture of the losses.
    #[arg(long, default_value = "transfer.svg")]
    picture: std::path::PathBuf,
}

fn main() -> anyhow::Result<()> {
    qunet_examples::end_with_reader()?;
    let Arguments { epochs, picture } = Arguments::parse();
    let (source, target) = (slices(0)?, slices(1)?);
    let few: Vec<_> = target.iter().step_by(target.len().div_ceil(3)).cloned().collect();
    let mut stages = Vec::new();
    let ways = [("fresh", false, false), ("fine-tuned", true, false), ("encoder kept", true, true)];
    for (name, learnt, freeze_encoder) in ways {
        qunet::model::seed(0);
        let unet = UnetConfig { width: 8, ..UnetConfig::paper() };
        let network = Network::unet(&unet, Channels::default(), Device::Cpu)?;
        let fit = |slices: &[Slice], freeze_encoder| -> anyhow::Result<_> {
            let set = TrainingSet::new(slices.to_vec(), (96, 96), Device::Cpu)?;
            let config = TrainConfig { epochs, freeze_encoder, ..TrainConfig::default() };
            let (fit, mut bar) = (Fit { seed: 1, ..Fit::default() }, ProgressBar::new(name));
            Ok(Trainer::new(config)?.fit(&network, &set, &fit, &mut bar)?)
        };
        learnt.then(|| fit(&source, false)).transpose()?;
        let epochs = fit(&few, freeze_encoder)?.into_iter().map(|epoch| epoch.head_losses);
        stages.push(LossStage { name: name.to_owned(), epochs: epochs.collect() });
        let images: Vec<_> = target.iter().map(|(image, _)| image.view()).collect();
        let mut counts = ConfusionCounts::default();
        let found = Predictor::new(&network, (96, 96), 4)?.heads(&images)?;
        for (maps, (_, truth)) in found.iter().zip(&target) {
            counts += ConfusionCounts::from_masks(&maps.last().mapv(|p| p > 0.5), truth)?;
        }
        println!("{name}: Dice {:?}", counts.dice(EmptyPolicy::Undefined));
    }
    Ok(loss_curves(&LossCurves { stages })?.write_to(&picture)?)
}

type Slice = (Array2<f32>, Array2<bool>);

fn slices(seed: u64) -> Result<Vec<Slice>, qunet::stack::Error> {
    let phantom = CtPhantom { seed, ..CtPhantom::default() }.generate()?;
    let slice = |id| phantom.stack.scaled_slice(id, &Scaling::StackMinMax);
    phantom.stack.ids().map(|id| Ok((slice(id)?, phantom.truth.mask(id)?))).collect()
}
