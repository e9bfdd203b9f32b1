//! Weights in files: safetensors, and weights under Keras' names. Neither depends on networks: both take variables by name.

mod file;
mod keras;

pub(crate) use file::{WeightsFile, copies, load, named, restore, write};
pub(crate) use keras::load_keras;
