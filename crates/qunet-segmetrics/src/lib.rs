#![doc = include_str!("../README.md")]

mod aggregate;
mod agreement;
mod boundary;
mod counts;
mod error;
mod evaluation;
mod extent;
mod objects;
mod overlap;
mod policy;
mod probability;
mod report;

pub use aggregate::{
    Alternative, Bootstrap, Interval, IntervalMethod, PairedCases, PairedDifference, SignedRank,
    SignedRankOptions, Summary, Unmatched, Zeros,
};
pub use agreement::{Agreement, head_agreement};
pub use boundary::{
    BorderConnectivity, BoundaryOptions, ImageEdge, Quantile, SurfaceDistances,
    SurfaceElementDistances, boundary_iou, boundary_width,
};
pub use counts::{ConfusionCounts, ConfusionMatrix, Counting};
pub use error::{Error, Result};
pub use evaluation::{Evaluation, SliceScores};
pub use objects::{
    Connectivity, LesionScores, ObjectOverlap, ObjectOverlaps, Objects, PanopticQuality,
};
pub use overlap::{OverlapMetric, OverlapScores, OverlapSummary, PerMetric};
pub use policy::EmptyPolicy;
pub use probability::{CalibrationError, ScoredPixels, ThresholdCounts};
pub use report::{ClassSummary, MetricSummary, MetricValues, Report, ReportBuilder, ReportRow};
