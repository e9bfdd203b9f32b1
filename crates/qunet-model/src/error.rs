use std::path::PathBuf;

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
    /// An input the network's four poolings cannot halve.
    #[error("{side} {value} is not a multiple of 16; resize or pad the slice")]
    NotDivisible {
        /// `height` or `width`.
        side: &'static str,
        /// Its length in pixels.
        value: i64,
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
    /// The loss became NaN or infinite; the weights are those of the last finite step.
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
    #[error("{path} does not hold the weights of this network: {}", first_line(source))]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What LibTorch said.
        source: tch::TchError,
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
