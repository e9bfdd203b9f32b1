//! Weights in files: safetensors, and weights under Keras' names.

mod file;
mod keras;
mod problem;

pub(crate) use file::{Weights, description, load, named, restore, write};
pub use keras::load_keras;
pub use problem::WeightsProblem;
