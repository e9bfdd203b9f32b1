use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// What can go wrong with a network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting out of range.
    #[error("{field} is {value}: {rule}")]
    Parameter {
        /// The setting, with those that it lies within: `optimizer.beta1`.
        field: String,
        /// Its value.
        value: String,
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
        /// [`Channels::input`](crate::Channels::input) of the network.
        expected: usize,
    },
    /// A head that the network does not have.
    #[error("there is no head L{level}; this network has {}", levels(available))]
    NoSuchLevel {
        /// The level wanted.
        level: usize,
        /// Those there are.
        available: Vec<usize>,
    },
    /// A single head where two are compared.
    #[error(
        "two heads are needed for a disagreement and there is {} alone; build a U-net++ with a head per level and \
         predict all of its heads",
        levels(available)
    )]
    OneHead {
        /// The levels there are.
        available: Vec<usize>,
    },
    /// A training that this machine cannot hold.
    #[error(
        "training on {batch} slices of {} x {} pixels at once needs at least {} of memory, and {} are available; lower \
         the batch size, the size of the input or the width of the network",
        size.0, size.1, gibibytes(*needed), gibibytes(*available)
    )]
    Memory {
        /// Slices at once.
        batch: usize,
        /// Their height and width.
        size: (usize, usize),
        /// Bytes needed at least.
        needed: u64,
        /// Bytes there are.
        available: u64,
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
    /// A pixel that is NaN or infinite.
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
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: WeightsProblem,
    },
    /// A checkpoint of a training with other settings or other slices.
    #[error(
        "{path} is the checkpoint of a training with {what}; delete it to start again, or give \
         the settings, seed and slices of that training"
    )]
    OtherTraining {
        /// The checkpoint.
        path: PathBuf,
        /// `other settings`, `another seed`, `other slices` or `other validation slices`.
        what: &'static str,
    },
    /// LibTorch refused an operation.
    #[error("LibTorch failed while {doing}: {}", first_line(cause))]
    Torch {
        /// What was being done.
        doing: &'static str,
        /// What LibTorch answered.
        cause: tch::TchError,
    },
    /// An image, a mask or a file.
    #[error(transparent)]
    Stack(#[from] qunet_stack::Error),
}

/// What is wrong with a weights file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsProblem {
    /// The file cannot be opened or read.
    #[error("{0}")]
    Io(std::io::Error),
    /// The file is shorter than its header describes, or longer.
    #[error("it is {found} bytes long and its header describes {expected}; was it copied whole?")]
    Length {
        /// Bytes there are.
        found: u64,
        /// Bytes there should be.
        expected: u64,
    },
    /// The header is larger than any network's.
    #[error("its header claims {bytes} bytes; is it safetensors at all?")]
    HeaderSize {
        /// What the first eight bytes claim.
        bytes: u64,
    },
    /// The header is not that of a safetensors file.
    #[error("its header is broken: {0}")]
    Header(serde_json::Error),
    /// A tensor is missing.
    #[error("it has no `{name}`")]
    Missing {
        /// The tensor's name.
        name: String,
    },
    /// A tensor of another shape.
    #[error("`{name}` is {found:?} and the network's is {expected:?}")]
    Shape {
        /// The tensor's name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape of the network's.
        expected: Vec<usize>,
    },
    /// A tensor of a number type that is not read.
    #[error("`{name}` holds {found}; f16, bf16, f32 and f64 are read")]
    NumberType {
        /// The tensor's name.
        name: String,
        /// Its type.
        found: String,
    },
    /// A tensor that the network has no place for.
    #[error("it has `{name}`, which the network does not have")]
    Surplus {
        /// The tensor's name.
        name: String,
    },
    /// A weight that is NaN or infinite.
    #[error("`{name}` holds a number that is not finite")]
    NotFinite {
        /// The tensor's name.
        name: String,
    },
    /// Weights without a description.
    #[error(
        "it does not describe its network; build the network from its configuration and load the weights into it"
    )]
    Undescribed,
    /// A description that this version does not read.
    #[error(
        "its description is not of this version ({0}); build the network from its configuration, load the weights \
         into it and save it again, or start the training again"
    )]
    Description(serde_json::Error),
    /// LibTorch's own complaint.
    #[error("{}", first_line(.0))]
    Torch(tch::TchError),
}

impl From<std::io::Error> for WeightsProblem {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<tch::TchError> for WeightsProblem {
    fn from(error: tch::TchError) -> Self {
        Self::Torch(error)
    }
}

impl Error {
    /// Puts the name of a group of settings before the field at fault.
    pub(crate) fn within(self, group: &str) -> Self {
        match self {
            Self::Parameter { field, value, rule } => {
                Self::Parameter { field: format!("{group}.{field}"), value, rule }
            }
            other => other,
        }
    }
}

/// Bytes in the unit of memory.
fn gibibytes(bytes: u64) -> String {
    format!("{:.1} GiB", bytes as f64 / (1_u64 << 30) as f64)
}

/// Heads by name.
pub(crate) fn levels(levels: &[usize]) -> String {
    levels.iter().map(|level| format!("L{level}")).collect::<Vec<_>>().join(", ")
}

/// LibTorch's message without the C++ stack that follows it.
fn first_line(error: &tch::TchError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Gives a LibTorch result the context of our error.
pub(crate) trait While<T> {
    fn while_doing(self, doing: &'static str) -> Result<T, Error>;
}

impl<T> While<T> for Result<T, tch::TchError> {
    fn while_doing(self, doing: &'static str) -> Result<T, Error> {
        self.map_err(|cause| Error::Torch { doing, cause })
    }
}

/// Refuses a setting that breaks its rule.
pub(crate) fn require(
    field: &str,
    value: impl Display + Copy,
    holds: bool,
    rule: &'static str,
) -> Result<(), Error> {
    if holds {
        return Ok(());
    }
    Err(Error::Parameter { field: field.to_owned(), value: value.to_string(), rule })
}

/// Refuses a number outside a range.
pub(crate) fn count_in(
    field: &str,
    value: usize,
    range: RangeInclusive<usize>,
    rule: &'static str,
) -> Result<(), Error> {
    require(field, value, range.contains(&value), rule)
}

/// Refuses 0.
pub(crate) fn at_least_one(field: &str, value: usize) -> Result<(), Error> {
    count_in(field, value, 1..=usize::MAX, "it must be at least 1")
}

/// Refuses what is not a number above 0.
pub(crate) fn positive(field: &str, value: f64) -> Result<(), Error> {
    require(field, value, value > 0.0 && value.is_finite(), "it must be positive")
}

/// Refuses what is not a number of 0 or more.
pub(crate) fn not_negative(field: &str, value: f64) -> Result<(), Error> {
    let holds = value >= 0.0 && value.is_finite();
    require(field, value, holds, "it must be finite and not negative")
}
