use std::fmt;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use indicatif::ProgressStyle;
use serde::Serialize;

use super::record::EpochRecord;
use crate::error::levels as heads;

/// Something in a training that is worth telling, besides its epochs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
#[non_exhaustive]
pub enum TrainEvent {
    /// A checkpoint was found, and training goes on after this epoch.
    Resumed {
        /// The checkpoint.
        path: PathBuf,
        /// The last epoch that was finished.
        epoch: usize,
    },
    /// Heads that have found nothing for some epochs; see [`CollapseGuard`](super::CollapseGuard).
    Collapsed {
        /// The epoch after which it was noticed.
        epoch: usize,
        /// The heads' levels.
        levels: Vec<usize>,
        /// `warm_up`, `restart` or `none`.
        remedy: &'static str,
    },
    /// Heads of the finished network that find nothing on any training slice with foreground.
    EmptyInEvaluation {
        /// The heads' levels.
        levels: Vec<usize>,
        /// Those that still find nothing after the statistics of batch normalisation were taken anew; all of them
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

impl fmt::Display for TrainEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resumed { path, epoch } => {
                write!(f, "going on after epoch {epoch} of {}", path.display())
            }
            Self::Collapsed { epoch, levels, remedy } => {
                let heads = heads(levels);
                write!(f, "after epoch {epoch} {heads} found nothing on slices with foreground: ")?;
                f.write_str(match *remedy {
                    "warm_up" => "warming up with balanced cross-entropy",
                    "restart" => "drawing all weights anew",
                    _ => "left as it is",
                })
            }
            Self::EmptyInEvaluation { levels, left } => {
                write!(
                    f,
                    "the trained network's {} finds nothing on slices with foreground",
                    heads(levels)
                )?;
                if left.is_empty() {
                    f.write_str("; it does with statistics of batch normalisation taken anew")
                } else if left == levels {
                    f.write_str("; annotate more lesions, or lower the learning rate")
                } else {
                    write!(f, "; with statistics taken anew {} still does not", heads(left))
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

/// Told of every epoch; answers whether to go on. Any closure of the shape of
/// [`epoch`](TrainObserver::epoch) is one.
pub trait TrainObserver {
    /// An epoch is over, and saved where there is a checkpoint; `Break` ends the training with
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    fn epoch(&mut self, record: &EpochRecord) -> ControlFlow<()>;

    /// Something else happened.
    fn event(&mut self, event: &TrainEvent) {
        let _ = event;
    }
}

impl<F: FnMut(&EpochRecord) -> ControlFlow<()>> TrainObserver for F {
    fn epoch(&mut self, record: &EpochRecord) -> ControlFlow<()> {
        self(record)
    }
}

/// Says nothing and lets the training go on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl TrainObserver for Silent {
    fn epoch(&mut self, _record: &EpochRecord) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Writes every epoch and event as a line of JSON; a writer that fails ends the training.
#[derive(Debug)]
pub struct JsonLines<W>(pub W);

impl<W: Write> JsonLines<W> {
    fn line(&mut self, value: &impl Serialize) -> std::io::Result<()> {
        serde_json::to_writer(&mut self.0, value)?;
        self.0.write_all(b"\n")?;
        self.0.flush()
    }
}

impl<W: Write> TrainObserver for JsonLines<W> {
    fn epoch(&mut self, record: &EpochRecord) -> ControlFlow<()> {
        match self.line(record) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }

    fn event(&mut self, event: &TrainEvent) {
        // The next epoch ends the training if the writer is gone.
        let _ = self.line(event);
    }
}

/// Draws a progress bar on stderr, with the loss of the last head; events are lines above it.
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

impl TrainObserver for ProgressBar {
    fn epoch(&mut self, record: &EpochRecord) -> ControlFlow<()> {
        self.0.set_length(record.epochs as u64);
        self.0.set_position(record.epoch as u64);
        let loss = record.head_losses.last().copied().unwrap_or(f64::NAN);
        let dice = record.validation_dice.map_or(String::new(), |dice| format!(", Dice {dice:.3}"));
        self.0.set_message(format!("loss {loss:.3}{dice}"));
        if record.epoch == record.epochs {
            self.0.finish();
        }
        ControlFlow::Continue(())
    }

    fn event(&mut self, event: &TrainEvent) {
        self.0.println(event.to_string());
    }
}
