//! Weights in files: safetensors, and weights under Keras' names.

mod file;
mod keras;
mod problem;

pub(crate) use file::{Weights, load, named, restore, text, write};
pub use keras::load_keras;
pub use problem::WeightsProblem;
