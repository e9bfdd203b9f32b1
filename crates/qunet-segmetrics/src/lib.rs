#![doc = include_str!("../README.md")]

mod agreement;
mod boundary;
mod counts;
mod error;
mod evaluation;
mod overlap;
mod policy;
mod probability;
mod summary;

pub use agreement::{Agreement, head_agreement};
pub use boundary::{
    BorderConnectivity, BoundaryOptions, ImageEdge, Quantile, SurfaceDistances,
    SurfaceElementDistances, boundary_iou, boundary_width,
};
pub use counts::{ConfusionCounts, ConfusionMatrix, Counting};
pub use error::{Error, Result};
pub use evaluation::{Evaluation, SliceScores};
pub use overlap::{OverlapMetric, OverlapScores, OverlapSummary, PerMetric};
pub use policy::EmptyPolicy;
pub use probability::{CalibrationError, ScoredPixels, ThresholdCounts};
pub use summary::Summary;
