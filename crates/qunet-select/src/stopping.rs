//! How much may be annotated, and when another round is no longer worth it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::require;

/// When a campaign ends; a rule that is `None` never ends it.
///
/// ```
/// use qunet_select::{Budget, RoundSummary, StopReason, StoppingRules};
///
/// let rules = StoppingRules { max_rounds: Some(2), ..StoppingRules::default() };
/// let round = |round, annotated_slices| RoundSummary {
///     round,
///     annotated_slices,
///     total_slices: 100,
///     annotated_foreground: 900,
///     mean_agreement: Some(0.8),
///     prediction_kappa: None,
///     estimated_dice: None,
/// };
/// assert_eq!(rules.decide(&[round(1, 5)])?, None);
/// let reason = rules.decide(&[round(1, 5), round(2, 10)])?;
/// assert_eq!(reason, Some(StopReason::MaxRounds { rounds: 2 }));
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoppingRules {
    /// What may be annotated in all.
    pub budget: Budget,
    /// The most rounds of annotation, the initial set being the first.
    pub max_rounds: Option<usize>,
    /// The mean agreement of the heads over all slices that are not annotated no longer moves.
    pub settled_agreement: Option<Settled>,
    /// The prediction no longer changes: 1 - Cohen's kappa with that of the round before stays
    /// small (Bloodgood and Vijay-Shanker, 2009).
    pub settled_prediction: Option<Settled>,
    /// The estimated Dice of the slices that nobody annotated is at least this, in (0, 1].
    pub estimated_dice: Option<f64>,
    /// That estimate no longer rises.
    pub settled_estimate: Option<Settled>,
}

/// When a number counts as settled: it hardly changes any more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// The largest change from one round to the next that counts as none, > 0.
    pub change: f64,
    /// In how many rounds running, at least 1.
    pub rounds: usize,
}

/// The numbers of a finished round.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoundSummary {
    /// Which round, from 1.
    pub round: usize,
    /// Slices annotated up to now, in all stacks.
    pub annotated_slices: usize,
    /// Slices in all stacks.
    pub total_slices: usize,
    /// Foreground pixels annotated up to now.
    pub annotated_foreground: u64,
    /// Mean agreement of the heads over the slices that are not annotated, in [0, 1]; `None`
    /// where it is undefined on all of them.
    pub mean_agreement: Option<f64>,
    /// Cohen's kappa, in [-1, 1], between this round's prediction and the one before; `None` in
    /// the first round, and where it is undefined.
    pub prediction_kappa: Option<f64>,
    /// Estimated mean Dice of the slices that nobody annotated, in [0, 1]; `None` where no
    /// annotated slice was held back to estimate it by.
    #[serde(default)]
    pub estimated_dice: Option<f64>,
}

impl StoppingRules {
    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        self.budget.check()?;
        let rounds = self.max_rounds.unwrap_or(1);
        require(rounds > 0, "max_rounds", rounds, "it must be at least 1")?;
        let dice = self.estimated_dice.unwrap_or(1.0);
        require(dice > 0.0 && dice <= 1.0, "estimated_dice", dice, "it must lie in (0, 1]")?;
        let settled = [self.settled_agreement, self.settled_prediction, self.settled_estimate];
        for settled in settled.into_iter().flatten() {
            let change = settled.change;
            let positive = change > 0.0 && change.is_finite();
            require(positive, "settled.change", change, "it must be positive")?;
            let rounds = settled.rounds;
            require(rounds > 0, "settled.rounds", rounds, "it must be at least 1")?;
        }
        Ok(())
    }

    /// Why the campaign ends after the last of these rounds; `None` where it goes on, as it does
    /// without any round. Spent budgets come before the limit of rounds, that before settling.
    ///
    /// # Errors
    /// As [`StoppingRules::check`].
    pub fn decide(&self, rounds: &[RoundSummary]) -> Result<Option<StopReason>, Error> {
        self.check()?;
        let Some(last) = rounds.last() else { return Ok(None) };
        if last.annotated_slices >= last.total_slices {
            return Ok(Some(StopReason::AllAnnotated { slices: last.total_slices }));
        }
        if let Some(reason) = self.budget.spent(last) {
            return Ok(Some(reason));
        }
        if self.max_rounds.is_some_and(|most| last.round >= most) {
            return Ok(Some(StopReason::MaxRounds { rounds: last.round }));
        }
        let reached = |least: &f64| last.estimated_dice.is_some_and(|dice| dice >= *least);
        if let Some(least) = self.estimated_dice.filter(reached) {
            return Ok(Some(StopReason::DiceReached { least }));
        }
        let moved = changes(rounds, |round| round.mean_agreement);
        let moved: Vec<_> = moved.into_iter().map(|change| change.map(f64::abs)).collect();
        if let Some(rule) = self.settled_agreement.filter(|rule| rule.holds(&moved)) {
            return Ok(Some(StopReason::AgreementSettled {
                change: rule.change,
                rounds: rule.rounds,
            }));
        }
        let unlike: Vec<_> =
            rounds.iter().map(|round| round.prediction_kappa.map(|kappa| 1.0 - kappa)).collect();
        if let Some(rule) = self.settled_prediction.filter(|rule| rule.holds(&unlike)) {
            let (change, rounds) = (rule.change, rule.rounds);
            return Ok(Some(StopReason::PredictionSettled { change, rounds }));
        }
        let gained = changes(rounds, |round| round.estimated_dice);
        let estimate = self.settled_estimate.filter(|rule| rule.holds(&gained));
        Ok(estimate
            .map(|rule| StopReason::EstimateSettled { change: rule.change, rounds: rule.rounds }))
    }
}

impl Settled {
    /// Whether the last changes are all small; an unknown one is not.
    fn holds(self, changes: &[Option<f64>]) -> bool {
        let Some(start) = changes.len().checked_sub(self.rounds) else { return false };
        changes[start..].iter().all(|change| change.is_some_and(|change| change <= self.change))
    }
}

/// By how much a number rose into each round; unknown for the first.
fn changes(rounds: &[RoundSummary], number: fn(&RoundSummary) -> Option<f64>) -> Vec<Option<f64>> {
    let risen = |pair: &[RoundSummary]| Some(number(&pair[1])? - number(&pair[0])?);
    std::iter::once(None).chain(rounds.windows(2).map(risen)).collect()
}

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
    fn check(&self) -> Result<(), Error> {
        let one = "it must be at least 1";
        let slices = self.slices.unwrap_or(1);
        require(slices > 0, "budget.slices", slices, one)?;
        let share = self.fraction.unwrap_or(1.0);
        let holds = share > 0.0 && share <= 1.0;
        require(holds, "budget.fraction", share, "a share of the slices lies in (0, 1]")?;
        let foreground = self.foreground.unwrap_or(1);
        require(foreground > 0, "budget.foreground", foreground, one)
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

    fn spent(&self, round: &RoundSummary) -> Option<StopReason> {
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
    /// The estimated Dice of the slices that nobody annotated is good enough.
    DiceReached {
        /// The Dice that is.
        least: f64,
    },
    /// That estimate no longer rises.
    EstimateSettled {
        /// The largest rise that counts as none.
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
            Self::DiceReached { least } => {
                write!(f, "the estimated Dice of the slices nobody annotated is {least} or more")
            }
            Self::EstimateSettled { change, rounds } => {
                write!(f, "the estimated Dice rose by at most {change} for {rounds} round(s)")
            }
            Self::NothingSelected => f.write_str("the strategy asks for no further slice"),
        }
    }
}
