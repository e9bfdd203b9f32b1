#![doc = include_str!("../README.md")]

mod aggregate;
mod agreement;
mod bits;
mod boundary;
mod centerline;
mod counts;
mod error;
mod evaluation;
mod label_quality;
mod lines;
mod objects;
mod overlap;
mod parallel;
mod policy;
mod probability;
mod report;
mod shape;
mod vectorised;
mod volume;

pub use aggregate::{
    Alternative, Bootstrap, Interval, IntervalMethod, PairedCases, PairedDifference, SignedRank,
    SignedRankOptions, Summary, Unmatched, Zeros,
};
pub use agreement::{Agreement, head_agreement};
pub use boundary::{
    BorderConnectivity, BoundaryOptions, ImageEdge, Quantile, SurfaceDistances,
    SurfaceElementDistances, boundary_iou, boundary_width,
};
pub use centerline::{CenterlineDice, skeleton};
pub use counts::{Average, ConfusionCounts, ConfusionMatrix, Counting};
pub use error::{Error, Result};
pub use evaluation::{Evaluation, SliceScores};
pub use label_quality::{LabelQuality, LabelScore};
pub use objects::{
    Connectivity, LesionScores, ObjectOverlap, ObjectOverlaps, ObjectStats, Objects,
    PanopticQuality,
};
pub use overlap::{OverlapMetric, OverlapScores, OverlapSummary, PerMetric, SoftOverlap};
pub use policy::EmptyPolicy;
pub use probability::{
    CalibrationBin, CalibrationError, ProbabilityHistogram, ScoredPixels, ThresholdCounts,
};
pub use report::{ClassSummary, MetricSummary, MetricValues, Report, ReportBuilder, ReportRow};
