//! U-net and U-net++ with four deep-supervision heads on LibTorch: losses, augmentation, training and inference.
//!
//! The architecture is fixed by the two parameter counts that S. Roychowdhury's QU-net++ paper (2021, section II-C)
//! gives: U-net++ 9,045,540 (9,043,620 trainable), U-net 7,767,457 (7,763,489 trainable).
//!
//! # A network, its maps, its training
//!
//! A [`Network`] is built from a [`UnetPlusPlusConfig`] or a [`UnetConfig`] and its [`Channels`], on a [`Device`]. A
//! [`Predictor`] runs it over slices of any size and gives the [`HeadMaps`] of each:
//!
//! ```
//! use ndarray::Array2;
//! use qunet_model::{Channels, Device, Network, Predictor, UnetConfig, UnetPlusPlusConfig};
//!
//! qunet_model::seed(7);
//! let unet = UnetConfig { width: 4, ..UnetConfig::paper() };
//! let config = UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() };
//! let network = Network::unet_plus_plus(&config, Channels::default(), Device::Cpu)?;
//! let slice = Array2::from_elem((50, 70), 0.3_f32);
//! let heads = Predictor::new(&network, (64, 64), 1)?.heads(&[slice])?;
//! assert_eq!(heads[0].last().dim(), (50, 70));
//! assert_eq!(heads[0].last_two()?.map(|head| head.level), [3, 4]);
//! # Ok::<(), qunet_model::Error>(())
//! ```
//!
//! A [`Trainer`] fits it to the annotated slices of a [`TrainingSet`], notifies an [`Observer`], and resumes from a
//! checkpoint:
//!
//! ```
//! # use ndarray::{Array2, s};
//! # use qunet_model::{Channels, Device, Network, UnetConfig};
//! use std::ops::ControlFlow;
//! use qunet_model::{Fit, TrainConfig, TrainEvent, Trainer, TrainingSet};
//!
//! # let unet = UnetConfig { width: 2, depth: 3, ..UnetConfig::paper() };
//! # let network = Network::unet(&unet, Channels::default(), Device::Cpu)?;
//! # let folder = tempfile::tempdir()?;
//! # let checkpoint = folder.path().join("checkpoint.safetensors");
//! let mut mask = Array2::from_elem((50, 70), false);
//! mask.slice_mut(s![10..30, 20..40]).fill(true);
//! let image = mask.mapv(|lesion| if lesion { 0.8_f32 } else { 0.2 });
//! let set = TrainingSet::new([(image, mask)], (32, 32), Device::Cpu)?;
//! let trainer = Trainer::new(TrainConfig { epochs: 2, ..TrainConfig::default() })?;
//! let fit = Fit { seed: 7, checkpoint: Some(&checkpoint), ..Fit::default() };
//! let mut observer = |event: &TrainEvent| {
//!     println!("{event}");
//!     ControlFlow::Continue(())
//! };
//! let history = trainer.fit(&network, &set, &fit, &mut observer)?;
//! assert_eq!(history.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What there is
//!
//! - **Networks.** [`Network`] opens and saves weights files that carry its [`Description`] (an [`Architecture`] and
//!   [`Channels`]), and reads the weights of the author's Keras notebooks. Choices are [`DropoutPlacement`],
//!   [`NormConfig`] with [`NormKind`], [`NormPlacement`] and [`NormNodes`], and [`HeadPlacement`]; a [`Mode`] decides which layers
//!   act as in training.
//! - **Training.** [`TrainConfig`] with [`OptimizerConfig`], [`Schedule`] and [`Precision`]; `paper()` is the literal
//!   recipe. [`LossConfig`] is negative Dice, Dice + cross-entropy or focal Tversky ([`LossKind`], [`TverskyConfig`]),
//!   summed over the heads; pixels labelled [`IGNORE`] do not count. [`Augmentation`] moves and changes slices ([`Fill`]
//!   is what comes in from outside). [`CollapseGuard`] notices heads that predict nothing and applies a [`Remedy`]. A
//!   [`Fit`] holds the seed, the validation slices and the checkpoint of one training.
//! - **Observers.** An [`Observer`] is notified of every [`TrainEvent`] and may end the training; [`ProgressBar`],
//!   [`JsonLines`] and [`Silent`] are observers, and so is any closure. An [`EpochRecord`] is one epoch.
//! - **Inference.** [`PredictConfig`] decides how slices are brought to the network's size ([`Sizing`]: resized, padded or in
//!   tiles). Anything that is an [`Image`] is predicted; [`HeadMaps`] gives each [`Head`], and [`MonteCarloMaps`] what
//!   dropout adds.
//! - **The machine.** [`keep_freed_memory`] makes a forward pass take 0.86 of its time; call it first in a program.
//!   [`Description::check_memory`] refuses a training that the machine cannot hold, as every training does.
//!   [`Threads`] sets how many threads LibTorch computes with, or measures how many are fastest ([`calibrate_threads`],
//!   [`ThreadChoice`], [`ThreadTime`]). [`seed`](fn@seed) seeds LibTorch, which is re-exported as [`tch`].
//!
//! Every failure is an [`Error`]; a broken weights file has a [`WeightsProblem`].
//!
//! # What holds
//!
//! Tensors are `(N, C, H, W)`; height and width are multiples of 16 with five rows ([`Network::divisor`]). LibTorch has
//! one random generator for the process, which every training step seeds again: build and train networks one after the
//! other where runs must repeat exactly. A [`Predictor`] keeps the weights of the moment at which it was made.
//!
//! # Features
//!
//! | Feature | Effect |
//! |---|---|
//! | `doc-only` | compiles without LibTorch, for documentation and lints; nothing links |
//!
//! How LibTorch is found is described in `docs/libtorch.md` of the repository.

mod augment;
mod error;
mod inference;
mod loss;
mod machine;
mod memory;
mod network;
mod observer;
mod tensors;
mod threads;
mod training;
mod weights;

pub use augment::{Augmentation, Fill};
pub use error::{Error, WeightsProblem};
pub use inference::{Head, HeadMaps, MonteCarloMaps, PredictConfig, Predictor, Sizing};
pub use loss::{IGNORE, LossConfig, LossKind, TverskyConfig};
pub use machine::{Precision, keep_freed_memory};
pub use network::{
    Architecture, Channels, Description, DropoutPlacement, HeadPlacement, Mode, Network,
    NormConfig, NormKind, NormNodes, NormPlacement, UnetConfig, UnetPlusPlusConfig,
};
pub use observer::{JsonLines, Observer, Silent};
pub use tch;
pub use tch::Device;
pub use tensors::Image;
pub use threads::{ThreadChoice, ThreadTime, Threads, calibrate_threads};
pub use training::{
    CollapseGuard, EpochRecord, Fit, OptimizerConfig, ProgressBar, Remedy, Schedule, TrainConfig,
    TrainEvent, Trainer, TrainingSet,
};

/// Seeds LibTorch: fresh weights and dropout follow from it. The generator is the process's own, so build and train
/// networks one after the other where reproducibility counts.
pub fn seed(seed: u64) {
    tch::manual_seed(seed as i64);
}
