#![doc = include_str!("../README.md")]

mod augment;
mod config;
mod error;
mod layers;
mod loss;
mod network;
mod predict;
mod tensors;
mod trainer;
mod training_set;
mod unet;
mod unet_plus_plus;

pub use augment::Augmentation;
pub use config::{BatchNormConfig, HeadPlacement, UnetConfig, UnetPlusPlusConfig};
pub use error::Error;
pub use layers::Mode;
pub use loss::{LossConfig, LossKind};
pub use network::Network;
pub use predict::{HeadMaps, Predictor};
pub use tch;
pub use tch::Device;
pub use trainer::{EpochRecord, Schedule, TrainConfig, TrainObserver, Trainer};
pub use training_set::TrainingSet;
pub use unet::Unet;
pub use unet_plus_plus::UnetPlusPlus;

/// Seeds LibTorch: fresh weights and dropout follow from it. The generator is the process's own,
/// so build and train networks one after the other where reproducibility counts.
pub fn seed(seed: u64) {
    tch::manual_seed(seed as i64);
}
