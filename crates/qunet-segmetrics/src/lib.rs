//! Numbers about two segmentations: how far a prediction and the truth overlap, how far their
//! surfaces are apart, which lesions were found, what a probability is worth, and what all this
//! says over many volumes.
//!
//! # Overview
//!
//! * **Overlap.** [`ConfusionCounts`] are the TP, FP, FN and TN of two masks or of one class of two
//!   label maps, and add up; every metric of them is a method, the paper's five are an
//!   [`OverlapMetric`] each and [`OverlapScores`] together. [`Counting`] has a region and a label to
//!   ignore. [`ConfusionMatrix`] is all classes at once, with their [`Average`]s. [`SoftOverlap`]
//!   needs no threshold. [`EmptyPolicy`] says what 0/0 is.
//! * **Surfaces.** [`SurfaceDistances`] gives HD, HDp by both definitions, ASSD, MASD and surface
//!   Dice (NSD) in 1D to 3D with anisotropic spacing, from exact distances;
//!   [`SurfaceElementDistances`] weights them by contour length or surface area.
//!   [`BoundaryOptions`] say what a border is ([`BorderConnectivity`], [`ImageEdge`]) and how a
//!   percentile is read ([`Quantile`]). [`boundary_iou`] compares inner borders of a
//!   [`boundary_width`].
//! * **Objects.** [`Objects`] are connected components under a [`Connectivity`], with their
//!   [`ObjectStats`]. [`ObjectOverlaps`] says which of two masks overlap ([`ObjectOverlap`]);
//!   [`LesionScores`] and [`PanopticQuality`] follow. [`CenterlineDice`] compares the [`skeleton`]s of
//!   vessels.
//! * **Probabilities.** [`ScoredPixels`] of a map, or a [`ProbabilityHistogram`] of many, give
//!   ROC-AUC, average precision, Brier score, log loss, the [`ThresholdCounts`] of a curve, and
//!   calibration ([`CalibrationBin`], [`CalibrationError`]). [`LabelQuality`] gives a [`LabelScore`] to
//!   masks that a model contradicts. [`head_agreement`] is the [`Agreement`] of a network's last two
//!   heads.
//! * **Many cases.** [`Evaluation`] has the [`SliceScores`] of slices, their mean
//!   ([`OverlapSummary`], [`PerMetric`]) and pooled scores. [`ReportBuilder`] makes a [`Report`] of any
//!   metrics of many volumes and classes ([`ReportRow`], [`MetricValues`], [`ClassSummary`],
//!   [`MetricSummary`]). [`Summary`] describes a series, [`Bootstrap`] gives its mean an [`Interval`]
//!   by an [`IntervalMethod`]. [`PairedCases`] and [`PairedDifference`] compare two methods on the same
//!   cases ([`Unmatched`] ones refused or left out) by a [`SignedRank`] test with
//!   [`SignedRankOptions`] ([`Alternative`], [`Zeros`]).
//!
//! # Example: one slice, then many
//!
//! ```
//! use ndarray::array;
//! use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, Evaluation, SurfaceDistances};
//!
//! let prediction = array![[true, true, false], [false, false, false]];
//! let truth = array![[true, false, false], [true, false, false]];
//! let counts = ConfusionCounts::from_masks(&prediction, &truth)?;
//! assert_eq!(counts.dice(EmptyPolicy::Undefined), Some(0.5));
//!
//! // Surfaces, in mm.
//! let spacing = [0.7, 0.7];
//! let surfaces = SurfaceDistances::between(&prediction, &truth, &spacing, Default::default())?;
//! assert_eq!(surfaces.hausdorff(), Some(0.7));
//!
//! // A table of slices, their mean, and the scores pooled over all pixels.
//! let evaluation = Evaluation::new([(17, counts)], EmptyPolicy::Undefined);
//! print!("{evaluation}");
//! # Ok::<(), qunet_segmetrics::Error>(())
//! ```
//!
//! # Conventions
//!
//! The order of arguments is always `(prediction, truth)`. Masks are `bool` arrays of any dimension
//! and memory layout; counts are exact integers, and an array without pixels counts as zeros.
//! Undefined is `None`, never NaN; a summary leaves undefined values out and counts them.
//! [`head_agreement`] binarises with `probability > threshold`, and leaves it to the caller what it
//! means that both heads are empty. The definitions follow S. Roychowdhury, *QU-net++: Image Quality
//! Detection Framework for Segmentation of Medical 3D Image Stacks*, 2021, sections II-C and III.
//!
//! A mean and its interval, where little is given:
//!
//! | defined values | mean | interval | signed-rank test of differences |
//! |---|---|---|---|
//! | none | - | - | - |
//! | one | the value | of no length | p = 1 unless it is 0 |
//! | all equal | the value | of no length | - where they are 0 |
//!
//! Scores of objects, where there are none (- is what the [`EmptyPolicy`] says):
//!
//! | predicted objects | true objects | precision | recall | F1 | SQ | RQ, PQ |
//! |---|---|---|---|---|---|---|
//! | none | none | - | - | - | - | - |
//! | none | some | - | 0 | 0 | - | 0 |
//! | some | none | 0 | - | 0 | - | 0 |
//!
//! # Features
//!
//! | Feature | Gives |
//! |---|---|
//! | `parallel` (default) | surface distances of 2^19 pixels or more use the threads of the rayon pool that they are called in; `rayon::ThreadPool::install` chooses another. The numbers are the same bit by bit for any number of threads, and without the feature |

mod aggregate;
mod agreement;
mod arrays;
mod boundary;
mod centerline;
mod counts;
mod error;
mod evaluation;
mod label_quality;
mod objects;
mod overlap;
mod policy;
mod probability;
mod report;
mod sums;

pub use aggregate::{
    Alternative, Bootstrap, Interval, IntervalMethod, PairedCases, PairedDifference, SignedRank,
    SignedRankOptions, Summary, Unmatched, Zeros, holm,
};
pub use agreement::{Agreement, head_agreement};
pub use boundary::{
    BorderConnectivity, BoundaryOptions, ImageEdge, Quantile, SurfaceDistances,
    SurfaceElementDistances, boundary_iou, boundary_width,
};
pub use centerline::{CenterlineDice, skeleton};
pub use counts::{ConfusionCounts, ConfusionMatrix, Counting};
pub use error::{Error, Result};
pub use evaluation::{Evaluation, SliceScores};
pub use label_quality::{LabelQuality, LabelScore};
pub use objects::{LesionScores, ObjectOverlap, ObjectOverlaps, PanopticQuality};
pub use overlap::{Average, OverlapMetric, OverlapScores, OverlapSummary, PerMetric, SoftOverlap};
pub use policy::EmptyPolicy;
pub use probability::{
    CalibrationBin, CalibrationError, ProbabilityHistogram, ScoredPixels, ThresholdCounts,
};
pub use qunet_grid::{Connectivity, ObjectStats, Objects};
pub use report::{ClassSummary, MetricSummary, MetricValues, Report, ReportBuilder, ReportRow};
