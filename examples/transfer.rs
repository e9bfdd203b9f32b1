//! What a network has learnt about one kind of image serves another: fine-tuning against training from scratch.
//!
//! `cargo run -p qunet-examples --example transfer -- --from ct.nii.gz lesions.nii.gz --to oct/images oct/masks`

use std::path::PathBuf;

use clap::Parser;
use qunet::model::{BatchNormConfig, EpochRecord, ProgressBar, UnetConfig};
use qunet::prelude::*;
use qunet::report::{LossCurves, LossStage, loss_curves};
use qunet::select::evenly_spaced;
use qunet::stack::phantom::CtPhantom;

/// Trains on one stack, then on a few slices of another in three ways.
#[derive(Parser)]
struct Arguments {
    /// Stack to learn from first, and its labels; default: a CT phantom.
    #[arg(long, num_args = 2, value_names = ["STACK", "LABELS"], requires = "to")]
    from: Option<Vec<PathBuf>>,
    /// Stack to transfer to, and its labels; default: another phantom.
    #[arg(long, num_args = 2, value_names = ["STACK", "LABELS"], requires = "from")]
    to: Option<Vec<PathBuf>>,
    /// Slices of the second stack that are annotated.
    #[arg(long, value_name = "N", default_value_t = 3)]
    annotated: usize,
    /// Epochs of the first training; the second takes half as many.
    #[arg(long, value_name = "N", default_value_t = 20)]
    epochs: usize,
    /// Picture of the losses.
    #[arg(long, value_name = "FILE.svg", default_value = "transfer.svg")]
    picture: PathBuf,
}

const SIZE: (usize, usize) = (96, 96);

fn main() -> anyhow::Result<()> {
    let _ = qunet::model::keep_freed_memory();
    let arguments = Arguments::parse();
    let source = Source::open(arguments.from.as_deref(), 0)?;
    let target = Source::open(arguments.to.as_deref(), 1)?;
    let all: Vec<SliceId> = target.stack.ids().collect();
    let few = evenly_spaced(&all, arguments.annotated);
    let rest: Vec<SliceId> = all.into_iter().filter(|id| !few.contains(id)).collect();
    let mut stages = Vec::new();
    for (name, learnt, frozen) in
        [("from scratch", false, false), ("fine-tuned", true, false), ("encoder kept", true, true)]
    {
        qunet::model::seed(0);
        let unet =
            UnetConfig { width: 8, batch_norm: BatchNormConfig::torch(), ..UnetConfig::paper() };
        let config = UnetPlusPlusConfig { unet, ..Default::default() };
        let network = UnetPlusPlus::new(&config, Device::cuda_if_available())?;
        if learnt {
            let ids: Vec<SliceId> = source.stack.ids().collect();
            let config = TrainConfig { epochs: arguments.epochs, ..TrainConfig::default() };
            source.fit(&network, &ids, config, "first stack")?;
        }
        let epochs = arguments.epochs.div_ceil(2);
        let config =
            TrainConfig { epochs, freeze_encoder: frozen, seed: 1, ..TrainConfig::default() };
        let history = target.fit(&network, &few, config, name)?;
        println!(
            "{name}: Dice {:.3} on {} other slices",
            target.dice(&network, &rest)?,
            rest.len()
        );
        let epochs = history.into_iter().map(|epoch| epoch.head_losses).collect();
        stages.push(LossStage { name: name.to_owned(), epochs });
    }
    loss_curves(&LossCurves { stages })?.write_to(&arguments.picture)?;
    println!("losses: {}", arguments.picture.display());
    Ok(())
}

struct Source {
    stack: Stack,
    labels: LabelMap,
}

impl Source {
    fn open(paths: Option<&[PathBuf]>, seed: u64) -> Result<Self, qunet::Error> {
        let Some([stack, labels]) = paths else {
            let phantom = CtPhantom { seed, ..CtPhantom::default() }.generate()?;
            return Ok(Self { stack: phantom.stack, labels: phantom.truth });
        };
        let stack = Stack::open(stack)?;
        let labels = LabelMap::open_binary(labels, &stack)?;
        Ok(Self { stack, labels })
    }

    fn fit(
        &self,
        network: &UnetPlusPlus,
        ids: &[SliceId],
        config: TrainConfig,
        name: &'static str,
    ) -> Result<Vec<EpochRecord>, qunet::Error> {
        let mut slices = Vec::new();
        for &id in ids {
            slices
                .push((self.stack.scaled_slice(id, &Scaling::StackMinMax)?, self.labels.mask(id)?));
        }
        let set = TrainingSet::new(slices, SIZE, Device::cuda_if_available())?;
        Ok(Trainer::new(config)?.fit(network, &set, &mut ProgressBar::new(name))?)
    }

    /// Pooled over the pixels of all slices.
    fn dice(&self, network: &UnetPlusPlus, ids: &[SliceId]) -> Result<f64, qunet::Error> {
        let predictor = Predictor::new(network, SIZE, 4)?;
        let mut counts = ConfusionCounts::default();
        for &id in ids {
            let slice = self.stack.scaled_slice(id, &Scaling::StackMinMax)?;
            let found = predictor.heads(&[slice])?[0].labels().mapv(|label| label > 0);
            counts += ConfusionCounts::from_masks(&found, &self.labels.mask(id)?)?;
        }
        Ok(counts.dice(EmptyPolicy::Undefined).unwrap_or(0.0))
    }
}
