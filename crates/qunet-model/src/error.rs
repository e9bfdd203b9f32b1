use std::ops::RangeInclusive;
use std::path::PathBuf;

use crate::weights::WeightsProblem;

/// What can go wrong with a network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting out of range.
    #[error("{field} is {value}: {rule}")]
    Parameter {
        /// The setting.
        field: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        rule: &'static str,
    },
    /// An input the network's poolings cannot halve.
    #[error("{side} {value} is not a multiple of {divisor}; resize or pad the slice")]
    NotDivisible {
        /// `height` or `width`.
        side: &'static str,
        /// Its length in pixels.
        value: i64,
        /// What it must be a multiple of.
        divisor: i64,
    },
    /// An input with another number of channels than the network takes.
    #[error("the input has {found} channels and the network takes {expected}")]
    Channels {
        /// Channels of the input.
        found: usize,
        /// `input_channels` of the network's configuration.
        expected: usize,
    },
    /// A head that the network does not have.
    #[error("there is no head L{level}; this network has {}", levels(available))]
    NoSuchLevel {
        /// The level asked for.
        level: usize,
        /// Those there are.
        available: Vec<usize>,
    },
    /// Training or prediction without slices.
    #[error("no slices to {purpose}; give at least one")]
    NoSlices {
        /// What they were wanted for.
        purpose: &'static str,
    },
    /// An image and a mask that do not lie on one grid.
    #[error("the mask is {mask:?} pixels but its image is {image:?} (height, width)")]
    ShapeMismatch {
        /// Height and width of the image.
        image: (usize, usize),
        /// Height and width of the mask.
        mask: (usize, usize),
    },
    /// A pixel that is no number.
    #[error(
        "pixel {index:?} (height, width) of image {image} is not finite; clean the slice first"
    )]
    NotFinite {
        /// Which image of those given, from 0.
        image: usize,
        /// Row and column.
        index: (usize, usize),
    },
    /// A label that the network has no class for.
    #[error(
        "label {label} at {index:?} (height, width) of mask {mask} is none of the {classes} classes; \
         255 marks pixels to ignore"
    )]
    UnknownLabel {
        /// Which mask of those given, from 0.
        mask: usize,
        /// Row and column.
        index: (usize, usize),
        /// The label.
        label: u8,
        /// How many classes there are, the background included.
        classes: usize,
    },
    /// The loss or its gradient became NaN or infinite; the weights are those of the last finite step.
    #[error(
        "the loss is {loss} in epoch {epoch}, step {step}; lower the learning rate \
         (now {learning_rate})"
    )]
    NonFiniteLoss {
        /// The loss.
        loss: f64,
        /// 1-based epoch.
        epoch: usize,
        /// 1-based step within the epoch.
        step: usize,
        /// The learning rate in force.
        learning_rate: f64,
    },
    /// The observer asked to stop.
    #[error("stopped after epoch {epoch}")]
    Interrupted {
        /// The last epoch that was finished.
        epoch: usize,
    },
    /// Weights that do not fit the network, or a broken file.
    #[error("{path} does not hold the weights of this network: {problem}")]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: WeightsProblem,
    },
    /// A checkpoint of a training with other settings or other slices.
    #[error(
        "{path} belongs to another training: its {what} differ; delete it to begin anew, or give \
         the settings and slices it was begun with"
    )]
    OtherTraining {
        /// The checkpoint.
        path: PathBuf,
        /// `settings`, `slices` or `validation slices`.
        what: &'static str,
    },
    /// LibTorch refused an operation.
    #[error("LibTorch failed while {doing}: {}", first_line(source))]
    Torch {
        /// What was being done.
        doing: &'static str,
        /// What LibTorch said.
        source: tch::TchError,
    },
    /// An image, a mask or a file.
    #[error(transparent)]
    Stack(#[from] qunet_stack::Error),
}

/// Heads by name.
pub(crate) fn levels(levels: &[usize]) -> String {
    levels.iter().map(|level| format!("L{level}")).collect::<Vec<_>>().join(", ")
}

/// What LibTorch said, without the C++ stack that follows it.
fn first_line(error: &tch::TchError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Gives a LibTorch result the context of our error.
pub(crate) trait While<T> {
    fn while_doing(self, doing: &'static str) -> Result<T, Error>;
}

impl<T> While<T> for Result<T, tch::TchError> {
    fn while_doing(self, doing: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::Torch { doing, source })
    }
}

/// Refuses a setting that does not hold.
pub(crate) fn real(
    field: &'static str,
    value: f64,
    holds: bool,
    rule: &'static str,
) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::Parameter { field, value, rule }) }
}

/// Refuses a number outside a range.
pub(crate) fn count_in(
    field: &'static str,
    value: usize,
    range: RangeInclusive<usize>,
    rule: &'static str,
) -> Result<(), Error> {
    real(field, value as f64, range.contains(&value), rule)
}
