use std::fmt;

use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

/// Why a slice was taken into the initial set S0 or left out of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// In S0; rank 1 is the best quality.
    Kept {
        /// 1-based rank by quality among the kept slices.
        rank: usize,
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
    /// Too close to a kept slice in the plane of region CoV and region mean.
    NearDuplicate {
        /// The kept slice it looks like.
        of: SliceId,
        /// Their distance, both axes scaled to [0, 1] over the stack, or over all stacks.
        distance: f64,
    },
    /// Too close along z to a kept slice of its stack.
    TooNear {
        /// The nearest kept slice, of two the lower number.
        of: SliceId,
        /// Their distance, in the unit of the gap asked for.
        distance: f64,
    },
    /// Good enough, but enough slices of its stack are kept.
    OverQuota {
        /// The largest number of slices of one stack asked for.
        quota: usize,
    },
    /// Good enough, but the set was full.
    OverCap {
        /// The largest number of slices asked for.
        cap: usize,
    },
    /// A metric is undefined on this slice.
    Degenerate {
        /// Which one.
        reason: Degenerate,
    },
}

/// What makes a slice unfit to be judged.
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

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept { rank } => write!(f, "kept, quality rank {rank}"),
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
            Self::OverCap { cap } => write!(f, "over the cap of {cap}"),
            Self::Degenerate { reason } => f.write_str(match reason {
                Degenerate::Constant => "degenerate: constant slice",
                Degenerate::NoSignal => "degenerate: no pixel above zero",
                Degenerate::EmptyRegion => "degenerate: region of interest empty or all zero",
            }),
        }
    }
}

/// The verdict on one slice.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SliceVerdict {
    /// Which slice.
    pub id: SliceId,
    /// Taken or left, and why.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl SliceVerdict {
    /// Whether the slice is in the set.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        matches!(self.verdict, Verdict::Kept { .. })
    }
}
