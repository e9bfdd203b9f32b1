use serde::{Deserialize, Serialize};

/// One epoch of a training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EpochRecord {
    /// 1-based.
    pub epoch: usize,
    /// How many there will be.
    pub epochs: usize,
    /// Mean loss of each head over the epoch's steps, L1 first.
    pub head_losses: Vec<f64>,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// Length of the gradient of the last step, before it was clipped.
    pub gradient_norm: f64,
    /// Heads, by level, that found nothing on any slice with foreground: collapsed, if it lasts.
    pub empty_heads: Vec<usize>,
    /// Dice of the last head on the validation slices, pooled over their pixels and the mean over the classes; `None`
    /// without such slices or where neither side has any foreground.
    pub validation_dice: Option<f64>,
    /// How long it took.
    pub seconds: f64,
    /// How much of it went into fetching and augmenting slices.
    pub data_seconds: f64,
}
