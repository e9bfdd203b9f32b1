//! The lines that come in and go out.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{quality, segmetrics};

/// One line of input.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Keep the array of a file under a name.
    Load(Load),
    /// Forget it.
    Drop { name: String },
    /// Time a kernel on arrays.
    Run(Run),
}

/// A file of bare numbers in the machine's own byte order, the last axis the fastest.
#[derive(Deserialize)]
pub(crate) struct Load {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Dtype {
    U8,
    U16,
    I16,
    F32,
    F64,
    Bool,
}

/// `runs` timings of `repeat` calls each.
#[derive(Deserialize)]
pub(crate) struct Run {
    /// Names of what the kernel takes, in its order.
    pub(crate) arrays: Vec<String>,
    pub(crate) kernel: Kernel,
    pub(crate) threads: usize,
    pub(crate) runs: usize,
    pub(crate) repeat: usize,
}

/// What can be timed.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kernel {
    /// No more than reading every byte: the floor for whatever looks at all pixels.
    PlainRead,
    /// Image quality.
    Quality(quality::Kernel),
    /// Segmentation metrics.
    Segmetrics(segmetrics::Kernel),
}

/// One line of output.
#[derive(Default, Serialize)]
pub(crate) struct Answer {
    /// What the kernel found; null where the metric is undefined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) values: Option<Vec<Option<f64>>>,
    /// Nanoseconds per call, one number for each run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nanoseconds: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

impl Answer {
    pub(crate) fn failed(why: &anyhow::Error) -> Self {
        Self { error: Some(format!("{why:#}")), ..Self::default() }
    }
}
