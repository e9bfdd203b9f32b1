use std::fmt;

use qunet_select::StopReason;
use serde::Serialize;

use super::Campaign;
use crate::Error;
use crate::event::Observer;

/// How far a campaign is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// The current round, from 1.
    pub round: usize,
    /// Annotated slices in all stacks.
    pub annotated: usize,
    /// Slices that may be annotated in all.
    pub allowed: usize,
    /// Slices in all stacks.
    pub slices: usize,
    /// Mean agreement of the heads after each round that was queried.
    pub agreement: Vec<Option<f64>>,
    /// What comes next.
    pub next: Next,
}

/// The next step of a campaign.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Next {
    /// Draw on these slices, and ingest.
    Annotate {
        /// Stack and slice of each, best first.
        waiting: Vec<String>,
    },
    /// Train on what is annotated.
    Train,
    /// Let the trained network ask for more.
    Query,
    /// Segment all stacks: the campaign is over.
    Predict {
        /// Why it is over.
        reason: StopReason,
    },
    /// Nothing: it is over, and all stacks are segmented.
    Done {
        /// Why it is over.
        reason: StopReason,
    },
}

impl Campaign {
    /// How far the campaign is, and what comes next.
    #[must_use]
    pub fn status(&self) -> Status {
        let manifest = &self.manifest;
        let summaries = manifest.rounds.iter().filter_map(|round| round.query.as_ref());
        Status {
            round: manifest.rounds.len(),
            annotated: manifest.annotated(),
            allowed: manifest.config.rules().budget.allowed(manifest.slices()),
            slices: manifest.slices(),
            agreement: summaries.map(|query| query.summary.mean_agreement).collect(),
            next: self.next(),
        }
    }

    /// Does what comes next until an annotator is needed or the campaign is over; what is waited
    /// for then, or [`Next::Done`].
    ///
    /// # Errors
    /// As [`Campaign::train`], [`Campaign::query`] and [`Campaign::predict`].
    pub fn go(&mut self, observer: &mut dyn Observer) -> Result<Next, Error> {
        loop {
            match self.next() {
                Next::Train => {
                    self.train(observer)?;
                }
                Next::Query => {
                    self.query(observer)?;
                }
                Next::Predict { .. } => {
                    self.predict(observer)?;
                }
                next @ (Next::Annotate { .. } | Next::Done { .. }) => return Ok(next),
            }
        }
    }

    fn next(&self) -> Next {
        let manifest = &self.manifest;
        let waiting = manifest.waiting();
        if let Some(reason) = manifest.ended {
            return match manifest.segmentations.is_empty() {
                true => Next::Predict { reason },
                false => Next::Done { reason },
            };
        }
        if !waiting.is_empty() {
            let waiting = waiting.into_iter().map(|id| manifest.call(id)).collect();
            return Next::Annotate { waiting };
        }
        match manifest.rounds.last() {
            Some(round) if round.training.is_some() => Next::Query,
            _ => Next::Train,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { round, annotated, allowed, slices, .. } = self;
        writeln!(f, "round {round}: {annotated} of {slices} slices annotated, {allowed} allowed")?;
        for (agreement, round) in self.agreement.iter().zip(1..) {
            let agreement = agreement.map_or("-".to_owned(), |mean| format!("{mean:.3}"));
            writeln!(f, "  mean agreement of the heads after round {round}: {agreement}")?;
        }
        match &self.next {
            Next::Annotate { waiting } => {
                write!(
                    f,
                    "next: annotate and ingest {} slice(s): {}",
                    waiting.len(),
                    waiting.join(", ")
                )
            }
            Next::Train => f.write_str("next: train"),
            Next::Query => f.write_str("next: query"),
            Next::Predict { reason } => write!(f, "{reason}; next: predict"),
            Next::Done { reason } => write!(f, "done: {reason}"),
        }
    }
}
