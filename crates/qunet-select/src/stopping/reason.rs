use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a campaign ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "stopped", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum StopReason {
    /// Every slice is annotated.
    AllAnnotated {
        /// How many there are.
        slices: usize,
    },
    /// As many slices are annotated as the budget allows.
    BudgetSpent {
        /// Slices annotated.
        annotated: usize,
        /// Slices allowed.
        allowed: usize,
    },
    /// As much foreground is annotated as the budget allows.
    ForegroundSpent {
        /// Pixels annotated.
        annotated: u64,
        /// Pixels allowed.
        allowed: u64,
    },
    /// That was the last round allowed.
    MaxRounds {
        /// How many there were.
        rounds: usize,
    },
    /// The mean agreement of the heads no longer moves.
    AgreementSettled {
        /// The largest change that counts as none.
        change: f64,
        /// For how many rounds it has held.
        rounds: usize,
    },
    /// The prediction no longer changes.
    PredictionSettled {
        /// The largest 1 - kappa that counts as none.
        change: f64,
        /// For how many rounds it has held.
        rounds: usize,
    },
    /// The strategy asks for no further slice.
    NothingSelected,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllAnnotated { slices } => write!(f, "all {slices} slices are annotated"),
            Self::BudgetSpent { annotated, allowed } => {
                write!(f, "the budget is spent: {annotated} of {allowed} slices are annotated")
            }
            Self::ForegroundSpent { annotated, allowed } => {
                write!(f, "the budget is spent: {annotated} of {allowed} foreground pixels")
            }
            Self::MaxRounds { rounds } => write!(f, "round {rounds} was the last one allowed"),
            Self::AgreementSettled { change, rounds } => {
                write!(
                    f,
                    "the agreement of the heads moved by at most {change} for {rounds} round(s)"
                )
            }
            Self::PredictionSettled { change, rounds } => {
                write!(f, "1 - kappa of the predictions was at most {change} for {rounds} round(s)")
            }
            Self::NothingSelected => f.write_str("the strategy asks for no further slice"),
        }
    }
}
