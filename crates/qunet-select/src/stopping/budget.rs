use serde::{Deserialize, Serialize};

use super::{RoundSummary, StopReason};
use crate::Error;
use crate::error::require;

/// What may be annotated in all; the tightest limit counts, and without any there is none.
///
/// ```
/// use qunet_select::Budget;
///
/// let budget = Budget { slices: Some(12), fraction: Some(0.1), ..Budget::default() };
/// assert_eq!(budget.allowed(66), 6); // a tenth of 66 slices, rounded down
/// assert_eq!(budget.left(66, 4), 2);
/// assert_eq!(budget.left(66, 9), 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    /// Slices, at least 1.
    pub slices: Option<usize>,
    /// Share of all slices, in (0, 1]; rounded down, but never to less than one slice.
    pub fraction: Option<f64>,
    /// Foreground pixels, at least 1: what outlining costs. It ends a campaign after the round in
    /// which it is reached, for nobody knows before how much a slice holds.
    pub foreground: Option<u64>,
}

impl Budget {
    pub(super) fn check(&self) -> Result<(), Error> {
        let one = "it must be at least 1";
        let slices = self.slices.unwrap_or(1);
        require(slices > 0, "budget.slices", slices as f64, one)?;
        let share = self.fraction.unwrap_or(1.0);
        let holds = share > 0.0 && share <= 1.0;
        require(holds, "budget.fraction", share, "a share of the slices lies in (0, 1]")?;
        let foreground = self.foreground.unwrap_or(1);
        require(foreground > 0, "budget.foreground", foreground as f64, one)
    }

    /// How many of `total` slices may be annotated in all.
    #[must_use]
    pub fn allowed(&self, total: usize) -> usize {
        let share = self.fraction.map_or(total, |share| ((share * total as f64) as usize).max(1));
        self.slices.unwrap_or(total).min(share).min(total)
    }

    /// How many more slices may be annotated.
    #[must_use]
    pub fn left(&self, total: usize, annotated: usize) -> usize {
        self.allowed(total).saturating_sub(annotated)
    }

    pub(super) fn spent(&self, round: &RoundSummary) -> Option<StopReason> {
        let allowed = self.allowed(round.total_slices);
        if round.annotated_slices >= allowed {
            let annotated = round.annotated_slices;
            return Some(StopReason::BudgetSpent { annotated, allowed });
        }
        let allowed = self.foreground?;
        let annotated = round.annotated_foreground;
        (annotated >= allowed).then_some(StopReason::ForegroundSpent { annotated, allowed })
    }
}
