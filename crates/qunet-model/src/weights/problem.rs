/// What is wrong with a file of weights.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsProblem {
    /// The file cannot be opened or read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The file is shorter than its header says, or longer.
    #[error("it is {found} bytes long and its header speaks of {expected}; was it copied whole?")]
    Length {
        /// Bytes there are.
        found: u64,
        /// Bytes there should be.
        expected: u64,
    },
    /// The header is larger than any network's.
    #[error("its header claims {bytes} bytes; is it safetensors at all?")]
    HeaderSize {
        /// What the first eight bytes say.
        bytes: u64,
    },
    /// The header is not what safetensors have.
    #[error("its header is broken: {0}")]
    Header(#[source] serde_json::Error),
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
    #[error("it has `{name}`, which the network has not")]
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
    /// Weights without a configuration.
    #[error("it does not say which network they are of; build that network and load them into it")]
    Undescribed,
    /// Weights of the other architecture.
    #[error("it is of the other architecture (U-net or U-net++)")]
    Architecture,
    /// LibTorch's own complaint.
    #[error("{}", .0.to_string().lines().next().unwrap_or_default())]
    Torch(#[from] tch::TchError),
}
