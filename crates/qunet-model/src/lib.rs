#![doc = include_str!("../README.md")]

mod augment;
mod error;
mod inference;
mod loss;
mod memory;
mod network;
mod precision;
mod tensors;
mod training;
mod weights;

pub use augment::{Augmentation, Fill};
pub use error::Error;
pub use inference::{HeadMaps, MonteCarloMaps, PredictConfig, Predictor, Sizing};
pub use loss::{IGNORE, LossConfig, LossKind, TverskyConfig};
pub use memory::keep_freed_memory;
pub use network::{
    BatchNormConfig, DropoutPlacement, HeadPlacement, Mode, Network, NormNodes, NormPlacement,
    Unet, UnetConfig, UnetPlusPlus, UnetPlusPlusConfig,
};
pub use precision::Precision;
pub use tch;
pub use tch::Device;
pub use training::{
    CollapseGuard, EpochRecord, Fit, JsonLines, OptimizerConfig, ProgressBar, Schedule, Silent,
    TrainConfig, TrainEvent, TrainObserver, Trainer, TrainingSet,
};
pub use weights::{WeightsProblem, load_keras};

/// Seeds LibTorch: fresh weights and dropout follow from it. The generator is the process's own,
/// so build and train networks one after the other where reproducibility counts.
pub fn seed(seed: u64) {
    tch::manual_seed(seed as i64);
}
