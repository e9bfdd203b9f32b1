//! A training on disk: one safetensors file with weights, moments and the best weights, and the rest as JSON in its
//! header. It is replaced as a whole after every epoch, so that a killed training loses one epoch at most.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::adam::Adam;
use super::average::Average;
use super::event::EpochRecord;
use super::guard::GuardState;
use crate::error::Error;
use crate::network::Network;
use crate::weights::{self, WeightsFile, copies, named};

/// What identifies a training; a checkpoint serves no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// The configuration as JSON.
    pub(super) settings: String,
    pub(super) seed: u64,
    /// Digest of the training slices.
    pub(super) slices: String,
    /// Digest of the validation slices.
    pub(super) validation: Option<String>,
}

/// Everything but tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) identity: Identity,
    pub(super) history: Vec<EpochRecord>,
    pub(super) guard: GuardState,
    pub(super) adam_steps: u64,
    /// Steps that the average of the weights has taken in.
    #[serde(default)]
    pub(super) average_steps: u64,
    pub(super) best: Option<Best>,
    /// Whether training stopped early.
    pub(super) stopped: bool,
}

impl State {
    /// Before the first epoch.
    pub(super) fn new(identity: Identity, heads: usize) -> Self {
        let guard = GuardState::new(heads);
        Self {
            identity,
            history: Vec::new(),
            guard,
            adam_steps: 0,
            average_steps: 0,
            best: None,
            stopped: false,
        }
    }
}

/// The epoch with the best validation Dice.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Best {
    pub(super) epoch: usize,
    pub(super) dice: f64,
}

/// Weights by name.
pub(super) type Named = Vec<(String, Tensor)>;

pub(super) fn save(
    path: &Path,
    state: &State,
    network: &Network,
    adam: &Adam,
    average: Option<&Average>,
    best: Option<&Named>,
) -> Result<(), Error> {
    let mut tensors = named(network.variables());
    tensors.extend(adam.moments());
    tensors.extend(average.map(Average::tensors).unwrap_or_default());
    if let Some(best) = best {
        tensors.extend(best.iter().map(|(name, tensor)| (best_name(name), tensor.shallow_clone())));
    }
    weights::write(path, tensors, state)
}

fn best_name(name: &str) -> String {
    format!("best.{name}")
}

/// Reads a checkpoint, checks that it belongs to this training, and sets weights and moments from it.
pub(super) fn load(
    path: &Path,
    identity: &Identity,
    network: &Network,
    adam: &mut Adam,
    average: Option<&mut Average>,
) -> Result<(State, Option<Named>), Error> {
    let mut file = WeightsFile::open(path)?;
    let state: State = file.description()?;
    let found = &state.identity;
    for (same, what) in [
        (found.settings == identity.settings, "other settings"),
        (found.seed == identity.seed, "another seed"),
        (found.slices == identity.slices, "other slices"),
        (found.validation == identity.validation, "other validation slices"),
    ] {
        if !same {
            return Err(Error::OtherTraining { path: path.to_owned(), what });
        }
    }
    let mut targets = named(network.variables());
    targets.extend(adam.moments());
    targets.extend(average.as_deref().map(Average::tensors).unwrap_or_default());
    let best = state.best.map(|_| copies(network.variables())).transpose()?;
    for (name, tensor) in best.iter().flatten() {
        targets.push((best_name(name), tensor.shallow_clone()));
    }
    file.fill(targets)?;
    adam.set_steps(state.adam_steps);
    if let Some(average) = average {
        average.set_steps(state.average_steps);
    }
    Ok((state, best))
}
