//! What became of every candidate, and why.

use std::collections::BTreeMap;
use std::fmt;

use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

use crate::{CandidateId, Column};

/// What a strategy decided about one candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SliceVerdict {
    /// Which slice.
    pub id: CandidateId,
    /// Picked or left, and why.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl SliceVerdict {
    /// Whether the slice is picked.
    #[must_use]
    pub fn is_picked(&self) -> bool {
        matches!(self.verdict, Verdict::Picked { .. })
    }
}

/// Why a candidate is picked, or why it is left.
///
/// ```
/// use qunet_select::Verdict;
///
/// let verdict = Verdict::Agrees { quality_index: 0.75, threshold: 0.5 };
/// assert_eq!(verdict.to_string(), "the heads agree: Q 0.7500 is not below 0.5000");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// Asked for.
    Picked {
        /// 1-based rank; 1 was picked first.
        rank: usize,
        /// Distance along z to the nearest slice of its stack that was annotated or picked before;
        /// `None` where there was none.
        spacing: Option<f64>,
        /// Why.
        #[serde(flatten)]
        reason: Reason,
    },
    /// Annotated already.
    Annotated,
    /// Could have been picked, but others came first.
    NotReached,
    /// A number that the strategy needs is undefined here.
    Undefined {
        /// The column it is missing from.
        column: Column,
    },
    /// The heads agree: Q is not below q0.
    Agrees {
        /// The slice's quality index Q.
        quality_index: f64,
        /// q0; where no elbow was found, the lowest Q of all.
        threshold: f64,
    },
    /// Blurriness is not below its limit.
    Blurred {
        /// The slice's blurriness.
        blurriness: f64,
        /// The limit it had to stay below.
        limit: f64,
    },
    /// Inverse PSNR is not below its limit.
    LowContrast {
        /// The slice's inverse PSNR.
        inverse_psnr: f64,
        /// The limit it had to stay below.
        limit: f64,
    },
    /// Too close to a picked or annotated slice in the plane of region CoV and region mean.
    NearDuplicate {
        /// The slice it resembles.
        of: SliceId,
        /// Their distance, both axes scaled to [0, 1] over the stack, or over all stacks.
        distance: f64,
    },
    /// Too close along z to a picked or annotated slice of its stack.
    TooNear {
        /// The nearest such slice, of two the lower number.
        of: SliceId,
        /// Their distance, in the unit of the gap asked for.
        distance: f64,
    },
    /// Good enough, but enough slices of its stack are picked.
    OverQuota {
        /// The most slices of one stack.
        quota: usize,
    },
    /// A quality metric is undefined on this slice.
    Degenerate {
        /// Which one.
        reason: Degenerate,
    },
}

/// What makes a slice unfit to be judged by its quality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Degenerate {
    /// The Laplacian is the same everywhere: blurriness is infinite.
    Constant,
    /// No pixel above zero: inverse PSNR is undefined.
    NoSignal,
    /// The region of interest is empty, or holds no pixel above zero.
    EmptyRegion,
}

/// Why a strategy picked a slice, with the numbers that decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Reason {
    /// Drawn at random.
    Drawn {
        /// Number of slices it was drawn from.
        among: usize,
        /// Foreground expected in it, where that was asked for.
        foreground: Option<f64>,
    },
    /// The middle of one of several equal parts.
    Spaced {
        /// Which part, from 1.
        part: usize,
        /// Number of parts.
        parts: usize,
    },
    /// Its score.
    Score {
        /// Which score.
        column: Column,
        /// The score.
        score: f64,
        /// Its place among all candidates by this score alone, from 1.
        place: usize,
    },
    /// The slice farthest from all that are annotated or picked.
    Farthest {
        /// Distance in feature space to the nearest of them; `None` for a first slice, which is
        /// the one nearest to the mean.
        distance: Option<f64>,
        /// That nearest slice.
        from: Option<CandidateId>,
    },
    /// The most typical slice of its cluster.
    Typical {
        /// 1 / mean distance to its neighbours within the cluster; `None` where it has none, or
        /// all are equal to it.
        typicality: Option<f64>,
        /// Slices in the cluster.
        cluster_size: usize,
    },
    /// The product of score, distance and spacing.
    Product {
        /// Which score.
        column: Column,
        /// The score.
        score: f64,
        /// Distance in feature space to the nearest annotated or picked slice.
        distance: Option<f64>,
        /// The product that was the highest.
        product: f64,
    },
    /// It is near to what is uncertain and far from what is drawn.
    Coverage {
        /// Which score.
        column: Column,
        /// The score.
        score: f64,
        /// Distance along z to the nearest annotated or picked slice.
        distance: f64,
        /// By how much it lowers the sum of need times distance over the slices of its stack.
        gain: f64,
    },
    /// Image quality: the step S0.
    ImageQuality {
        /// B / limit(B) + P / limit(P), lower = better.
        quality: f64,
        /// Its place by quality among the slices that pass the thresholds, from 1.
        place: usize,
        /// Blurriness B.
        blurriness: f64,
        /// Inverse PSNR P.
        inverse_psnr: f64,
    },
    /// The heads disagree: Algorithm 1.
    HeadDisagreement {
        /// Quality index Q, in [0, 1]; lower = less agreement.
        quality_index: f64,
        /// Disagreement area in pixels.
        disagreement_area: f64,
    },
    /// Numbers of a strategy of one's own, by name.
    Own {
        /// The numbers.
        numbers: BTreeMap<String, f64>,
    },
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Picked { rank, spacing, reason } => {
                write!(f, "picked, rank {rank}: {reason}")?;
                write_spacing(f, *spacing)
            }
            Self::Annotated => f.write_str("annotated already"),
            Self::NotReached => f.write_str("not reached: others came first"),
            Self::Undefined { column } => write!(f, "{column} is undefined"),
            Self::Agrees { quality_index, threshold } => {
                write!(f, "the heads agree: Q {quality_index:.4} is not below {threshold:.4}")
            }
            Self::Blurred { blurriness, limit } => {
                write!(f, "blurred: {blurriness:.3e} is not below {limit:.3e}")
            }
            Self::LowContrast { inverse_psnr, limit } => {
                write!(f, "low contrast: {inverse_psnr:.3e} is not below {limit:.3e}")
            }
            Self::NearDuplicate { of, distance } => {
                write!(f, "near duplicate of slice {of} at distance {distance:.4}")
            }
            Self::TooNear { of, distance } => {
                write!(f, "too near slice {of} along z, at distance {distance}")
            }
            Self::OverQuota { quota } => write!(f, "over the quota of {quota} of its stack"),
            Self::Degenerate { reason } => write!(f, "degenerate: {reason}"),
        }
    }
}

impl fmt::Display for Degenerate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Constant => "constant slice",
            Self::NoSignal => "no pixel above zero",
            Self::EmptyRegion => "region of interest empty or all zero",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drawn { among, .. } => write!(f, "drawn from {among}"),
            Self::Spaced { parts: 1, .. } => f.write_str("middle of all"),
            Self::Spaced { part, parts } => write!(f, "middle of part {part} of {parts}"),
            Self::Score { column, score, place } => {
                write!(f, "{column} {score:.4}, place {place}")
            }
            Self::Farthest { distance: Some(distance), .. } => {
                write!(f, "farthest, at distance {distance:.4}")
            }
            Self::Farthest { distance: None, .. } => f.write_str("nearest to the mean"),
            Self::Typical { cluster_size, .. } => {
                write!(f, "most typical of {cluster_size} slices")
            }
            Self::Product { column, score, product, .. } => {
                write!(f, "{column} {score:.4}, product {product:.4}")
            }
            Self::Coverage { column, score, gain, .. } => {
                write!(f, "{column} {score:.4}, brings the rest {gain:.1} nearer")
            }
            Self::ImageQuality { quality, place, blurriness, inverse_psnr } => write!(
                f,
                "quality cost {quality:.4}, place {place}; blurriness {blurriness:.3e}, inverse PSNR \
                 {inverse_psnr:.3e}"
            ),
            Self::HeadDisagreement { quality_index, disagreement_area } => {
                write!(f, "Q {quality_index:.4}, disagreement area {disagreement_area:.1} pixels")
            }
            Self::Own { numbers } => write!(f, "{numbers:?}"),
        }
    }
}

/// The end of a line about a picked slice.
pub(crate) fn write_spacing(f: &mut fmt::Formatter<'_>, spacing: Option<f64>) -> fmt::Result {
    match spacing {
        Some(spacing) => write!(f, "; {spacing} along z from the nearest"),
        None => Ok(()),
    }
}
