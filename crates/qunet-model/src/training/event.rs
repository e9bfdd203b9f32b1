//! What a training reports.

use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;

use indicatif::ProgressStyle;
use serde::{Deserialize, Serialize};

use crate::error::levels as heads;
use crate::observer::Observer;

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
    /// How much of it was spent on fetching and augmenting slices.
    pub data_seconds: f64,
}

/// Something that happened in a training.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
#[non_exhaustive]
pub enum TrainEvent {
    /// A checkpoint was found, and training resumes after this epoch.
    Resumed {
        /// The checkpoint.
        path: PathBuf,
        /// The last epoch that was finished.
        epoch: usize,
    },
    /// An epoch is over, and saved where there is a checkpoint.
    Epoch(EpochRecord),
    /// Heads that have found nothing for some epochs; see [`CollapseGuard`](crate::CollapseGuard).
    Collapsed {
        /// The epoch after which it was noticed.
        epoch: usize,
        /// The heads' levels.
        levels: Vec<usize>,
        /// What is done about it.
        remedy: Remedy,
    },
    /// Heads of the finished network that find nothing on any training slice with foreground.
    EmptyInEvaluation {
        /// The heads' levels.
        levels: Vec<usize>,
        /// Those that still find nothing after the statistics of batch normalisation were recomputed; all of them
        /// where nothing was done.
        left: Vec<usize>,
    },
    /// The validation Dice is the best so far; these weights are kept.
    Best {
        /// The epoch.
        epoch: usize,
        /// Its validation Dice.
        dice: f64,
    },
    /// The validation Dice has not risen for the configured number of epochs.
    StoppedEarly {
        /// The last epoch.
        epoch: usize,
        /// The epoch whose weights are kept.
        best: usize,
    },
}

/// What is done about collapsed heads before the next epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Remedy {
    /// Nothing.
    None,
    /// A cross-entropy in which foreground and background weigh the same is added for some epochs.
    WarmUp,
    /// All weights are drawn again, and a warm-up follows.
    Restart,
}

impl fmt::Display for EpochRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loss = self.head_losses.last().copied().unwrap_or(f64::NAN);
        write!(f, "loss {loss:.3}")?;
        self.validation_dice.map_or(Ok(()), |dice| write!(f, ", Dice {dice:.3}"))
    }
}

impl fmt::Display for TrainEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resumed { path, epoch } => {
                write!(f, "resuming after epoch {epoch} of {}", path.display())
            }
            Self::Epoch(record) => {
                write!(f, "epoch {} of {}: {record}", record.epoch, record.epochs)
            }
            Self::Collapsed { epoch, levels, remedy } => {
                let heads = heads(levels);
                write!(f, "after epoch {epoch} {heads} found nothing on slices with foreground: ")?;
                f.write_str(match remedy {
                    Remedy::WarmUp => "warming up with balanced cross-entropy",
                    Remedy::Restart => "drawing all weights again",
                    Remedy::None => "left unchanged",
                })
            }
            Self::EmptyInEvaluation { levels, left } => {
                let found = heads(levels);
                write!(f, "the trained network's {found} finds nothing on slices with foreground")?;
                if left.is_empty() {
                    f.write_str("; it does with recomputed statistics of batch normalisation")
                } else if left == levels {
                    f.write_str("; annotate more lesions, or lower the learning rate")
                } else {
                    write!(f, "; with recomputed statistics {} still does not", heads(left))
                }
            }
            Self::Best { epoch, dice } => {
                write!(f, "epoch {epoch} has the best validation Dice, {dice:.3}")
            }
            Self::StoppedEarly { epoch, best } => {
                write!(f, "stopped after epoch {epoch}; the weights are those of epoch {best}")
            }
        }
    }
}

/// Draws a progress bar on stderr, with the loss of the last head; other events are lines above it.
#[derive(Debug)]
pub struct ProgressBar(indicatif::ProgressBar);

impl ProgressBar {
    /// A bar with a name before it.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        let style =
            ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} epochs, {eta} left, {msg}");
        let bar = indicatif::ProgressBar::new(0).with_prefix(name);
        // The template is a constant of ours; a bar of the default style serves as well.
        Self(style.map(|style| bar.clone().with_style(style)).unwrap_or(bar))
    }
}

impl Observer<TrainEvent> for ProgressBar {
    fn notify(&mut self, event: &TrainEvent) -> ControlFlow<()> {
        let TrainEvent::Epoch(record) = event else {
            self.0.println(event.to_string());
            return ControlFlow::Continue(());
        };
        self.0.set_length(record.epochs as u64);
        self.0.set_position(record.epoch as u64);
        self.0.set_message(record.to_string());
        if record.epoch == record.epochs {
            self.0.finish();
        }
        ControlFlow::Continue(())
    }
}
