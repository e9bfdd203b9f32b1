//! Running a trained network over slices of any size.

mod config;
mod maps;
mod monte_carlo;
mod patches;
mod predictor;

pub use config::{PredictConfig, Sizing};
pub use maps::{Head, HeadMaps};
pub use monte_carlo::MonteCarloMaps;
pub use predictor::Predictor;
