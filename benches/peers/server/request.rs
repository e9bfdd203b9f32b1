//! The lines that come in and go out.

use std::path::PathBuf;

use qunet_quality::Border;
use serde::{Deserialize, Serialize};

/// One line of input.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Keep the pixels of a file under a name.
    Load(Load),
    /// Forget them.
    Drop { name: String },
    /// Time a kernel on them.
    Run(Run),
}

/// A file of bare pixels in the machine's own byte order, the last axis the fastest.
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
    Bool,
}

/// `runs` timings of `repeat` calls each.
#[derive(Deserialize)]
pub(crate) struct Run {
    pub(crate) array: String,
    pub(crate) roi: Option<String>,
    pub(crate) kernel: Kernel,
    pub(crate) threads: usize,
    pub(crate) runs: usize,
    pub(crate) repeat: usize,
}

/// What can be timed.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kernel {
    /// Variance of the 4-neighbour Laplacian of an image.
    VarianceOfLaplacian { border: Border },
    /// Inverse PSNR of an image, with replicated edges.
    InversePsnr { window: usize },
    /// Mean, variance and maximum of an image within the ROI, or of all of it.
    RegionStatistics,
    /// Every metric of every slice of a stack.
    ScoreVolume,
    /// No more than reading every byte of a stack: the floor for whatever looks at all pixels.
    PlainRead,
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
